import { decode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_FLAGS, type Bundle } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { COMPRESSION, CUSTODY, LABEL, PRECEDENCE } from '../../../core/bundle/extensions.ts';
import {
  BUNDLE_AGE,
  type BlockKind,
  blockValue,
  findBlock,
  HOP_COUNT,
  PREVIOUS_NODE,
  withBlock,
  withoutBlock,
} from '../../../core/bundle/known-blocks.ts';
import { encryptBlocks } from '../../../core/bundle/security/confidentiality.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import { eids, hex, sample, unhex } from './samples.ts';

const names = fc
  .uniqueArray(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 8 })
  .map((list) => list.sort(byCodeUnit));
const byCodeUnit = (a: string, b: string) => (a < b ? -1 : 1);

const KINDS: [string, BlockKind<unknown>, fc.Arbitrary<unknown>][] = [
  ['previous node', PREVIOUS_NODE, eids],
  ['bundle age', BUNDLE_AGE, fc.maxSafeNat()],
  ['hop count', HOP_COUNT, fc.record({ limit: fc.integer({ min: 1, max: 255 }), count: fc.nat() })],
  ['precedence', PRECEDENCE, fc.constantFrom(...PRECEDENCES)],
  ['label', LABEL, fc.record({ level: fc.nat(255), compartments: names, releasability: names })],
  ['custody', CUSTODY, fc.record({ custodian: eids, transfer: fc.maxSafeNat() })],
  ['compression', COMPRESSION, fc.record({ algorithm: fc.constant('zstd'), originalBytes: fc.maxSafeNat() })],
];

const withData = (kind: BlockKind<unknown>, data: string): Bundle => {
  const bundle = sample();
  const block = { type: kind.type, number: 9, flags: 0, crc: 'none' as const, data: unhex(data) };
  return { ...bundle, blocks: [block, ...bundle.blocks] };
};

describe.each(KINDS)('the %s block', (_, kind, values) => {
  it('carries its value, over the wire too', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bundle = withBlock(sample(), kind, value);
        expect(blockValue(decodeBundle(encodeBundle(bundle)), kind)).toEqual(value);
        // Any CBOR decoder can read what is in it.
        expect(() => decode(findBlock(bundle, kind)!.data)).not.toThrow();
      }),
    );
  });

  it('is added once, in every fragment, and taken away', () => {
    const [first, second] = fc.sample(values, { numRuns: 2, seed: 7 });
    const bundle = withBlock(withBlock(sample(), kind, first), kind, second);
    expect(bundle.blocks).toHaveLength(2);
    expect(bundle.blocks[0]!.flags).toBe(BLOCK_FLAGS.replicate);
    expect(blockValue(bundle, kind)).toEqual(second);
    expect(withoutBlock(bundle, kind)).toEqual(sample());
    expect(blockValue(sample(), kind)).toBeUndefined();
  });

  it('refuses other data, naming it', () => {
    for (const data of [
      '',
      'f6',
      '60',
      '8000',
      '8300',
      '9fff',
      '1bffffffffffffffff',
      '820000',
      '19ffff00',
      'a0',
    ]) {
      expect(() => blockValue(withData(kind, data), kind), data).toThrow(
        expect.objectContaining({ name: 'BundleRefused' }),
      );
    }
  });

  it('refuses to be there twice, or to be read while it is encrypted', () => {
    const bundle = withBlock(sample(), kind, fc.sample(values, { numRuns: 1, seed: 7 })[0]);
    const twice = { ...bundle, blocks: [{ ...bundle.blocks[0]!, number: 9 }, ...bundle.blocks] };
    expect(() => blockValue(twice, kind)).toThrow(/two .* blocks/);
    const key = new Uint8Array(16).fill(1);
    const targets = [{ number: bundle.blocks[0]!.number, iv: new Uint8Array(12) }];
    const encrypted = encryptBlocks(bundle, { source: 'ipn:1.0', key, targets });
    expect(() => blockValue(encrypted, kind)).toThrow(/is encrypted/);
  });
});

describe('values that no block may have', () => {
  it.each<[BlockKind<unknown>, unknown]>([
    [HOP_COUNT, { limit: 0, count: 0 }],
    [HOP_COUNT, { limit: 256, count: 0 }],
    [HOP_COUNT, { limit: Number.NaN, count: 0 }],
    [BUNDLE_AGE, -1],
    [BUNDLE_AGE, Number.POSITIVE_INFINITY],
    [PRECEDENCE, 'urgent'],
    [LABEL, { level: 256, compartments: [], releasability: [] }],
    [LABEL, { level: 1, compartments: ['b', 'a'], releasability: [] }],
    [LABEL, { level: 1, compartments: ['a', 'a'], releasability: [] }],
    [LABEL, { level: 1, compartments: [], releasability: ['x'.repeat(129)] }],
    [LABEL, { level: 1, compartments: [], releasability: ['\ud800'] }],
    [
      LABEL,
      {
        level: 1,
        compartments: Array.from({ length: 65 }, (_, n) => String(n).padStart(3)),
        releasability: [],
      },
    ],
    [CUSTODY, { custodian: 'me', transfer: 1 }],
  ])('are refused when written (%#)', (kind, value) => {
    expect(() => withBlock(sample(), kind, value)).toThrow(
      expect.objectContaining({ name: 'BundleRefused' }),
    );
  });

  it('are refused when read', () => {
    const refuses = (kind: BlockKind<unknown>, data: string, message: RegExp) =>
      expect(() => blockValue(withData(kind, data), kind)).toThrow(message);
    refuses(HOP_COUNT, '820000', /hop limit is 0/);
    refuses(PRECEDENCE, '06', /precedence is 6/);
    refuses(LABEL, '8319010080 80'.replace(' ', ''), /level is 256/);
    refuses(LABEL, '8301826162616180', /ascending/);
    refuses(LABEL, `830199ffff${'40'.repeat(9)}`, /65535 names/);
    refuses(COMPRESSION, '820205', /algorithm is 2/);
  });

  it('keep the order of the wire', () => {
    const bundle = withBlock(withBlock(sample(), PRECEDENCE, 'flash'), CUSTODY, {
      custodian: 'ipn:1.0',
      transfer: 3,
    });
    expect(bundle.blocks.map(({ type, number }) => [type, number])).toEqual([
      [192, 2],
      [194, 3],
      [1, 1],
    ]);
    expect(hex(findBlock(bundle, PRECEDENCE)!.data)).toBe('01');
  });
});
