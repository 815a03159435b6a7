import { createCipheriv, createHmac } from 'node:crypto';
import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_TYPES,
  type Bundle,
  PAYLOAD_NUMBER,
  PRIMARY_NUMBER,
  payloadOf,
} from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle, encodedBytes, encodePrimary } from '../../../core/bundle/encode.ts';
import { LABEL } from '../../../core/bundle/extensions.ts';
import { fragmentBundle } from '../../../core/bundle/fragment.ts';
import { withBlock } from '../../../core/bundle/known-blocks.ts';
import { BundleRefused } from '../../../core/bundle/refusal.ts';
import { Reassembler } from '../../../core/bundle/reassembly.ts';
import {
  decodeSecurityData,
  encodeSecurityData,
  SCOPE,
  SCOPE_ALL,
  type SecurityData,
} from '../../../core/bundle/security/abstract-block.ts';
import {
  decryptBlocks,
  encryptBlocks,
  encryptTogether,
} from '../../../core/bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity, withoutIntegrity } from '../../../core/bundle/security/integrity.ts';
import type { HmacBits } from '../../../core/bundle/security/hmac.ts';
import type { KeyLookup } from '../../../core/bundle/security/keys.ts';
import { hex, NOW_MS, refusal, sample } from './samples.ts';

const KEY = new Uint8Array(32).map((_, place) => place * 5 + 1);
const OTHER_KEY = KEY.map((byte) => byte ^ 1);
const iv = (number: number) => Uint8Array.from({ length: 12 }, (_, place) => (place === 11 ? number : place));
const SOURCE = 'ipn:1.0';
const keyOf: KeyLookup = ({ source }) => (source === SOURCE ? KEY : undefined);
const labelled = () => withBlock(sample(), LABEL, { level: 2, compartments: ['x'], releasability: ['y'] });
const LABEL_NUMBER = 2;
const overAll = { targets: [PRIMARY_NUMBER, PAYLOAD_NUMBER, LABEL_NUMBER], source: SOURCE, key: KEY };
const signed = (): Bundle => addIntegrity(labelled(), overAll);
const sealed = (): Bundle =>
  encryptBlocks(labelled(), {
    source: SOURCE,
    key: KEY,
    targets: [
      { number: 1, iv: iv(1) },
      { number: 2, iv: iv(2) },
    ],
  });
const ofType = (bundle: Bundle, type: number) => bundle.blocks.filter((block) => block.type === type);
const rewritten = (
  bundle: Bundle,
  type: number,
  change: (data: SecurityData) => Partial<SecurityData>,
): Bundle => ({
  ...bundle,
  blocks: bundle.blocks.map((block) => {
    if (block.type !== type) return block;
    const data = decodeSecurityData(block);
    return { ...block, data: encodeSecurityData({ ...data, ...change(data) }) };
  }),
});

/** A byte string as CBOR, by another encoder. */
const asByteString = (bytes: Uint8Array) => Buffer.from(encode(bytes));

describe('an integrity block', () => {
  it.each([256, 384, 512] as const)(
    'has the HMAC-SHA%i that another implementation computes, for every scope',
    (bits) => {
      for (let scope = 0; scope <= SCOPE_ALL; scope++) {
        const bundle = addIntegrity(labelled(), { ...overAll, bits: bits as HmacBits, scope });
        const [bib] = ofType(bundle, BLOCK_TYPES.integrity);
        const { results } = decodeSecurityData(bib!);
        const payload = bundle.blocks.at(-1)!;
        const text = [Buffer.of(scope)];
        if (scope & SCOPE.primaryBlock) text.push(Buffer.from(encodePrimary(bundle.primary)));
        if (scope & SCOPE.targetHeader) text.push(Buffer.of(1, 1, payload.flags));
        if (scope & SCOPE.securityHeader) text.push(Buffer.of(11, bib!.number, bib!.flags));
        text.push(asByteString(payload.data));
        const expected = createHmac(`sha${bits}`, KEY).update(Buffer.concat(text)).digest('hex');
        expect(hex(results[1]![0]![1] as Uint8Array)).toBe(expected);
      }
    },
  );

  it('takes the place of CRCs, travels, verifies, and leaves the rest as it was', () => {
    const bundle = decodeBundle(encodeBundle(signed()));
    expect(bundle.primary.crc).toBe('none');
    const verified = verifyIntegrity(bundle, { keyOf, required: [0, 1, 2] });
    expect(verified.map(({ target, source, bits }) => [target, source, bits])).toEqual(
      [0, 1, 2].map((target) => [target, SOURCE, 384]),
    );
    expect(payloadOf(withoutIntegrity(bundle))).toEqual(payloadOf(sample()));
  });

  it('fails for any bit that flips in what it protects', () => {
    const bytes = encodeBundle(signed());
    const verifyAt = (bit: number) => {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      return refusal(() => verifyIntegrity(decodeBundle(flipped), { keyOf, required: [0, 1, 2] }));
    };
    const reasons = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit++) reasons.add(verifyAt(bit).reason);
    expect(reasons).toContain('tampered');
  });

  it('fails with another key, and says whose HMAC over what', () => {
    expect(refusal(() => verifyIntegrity(signed(), { keyOf: () => OTHER_KEY })).message).toBe(
      'The HMAC of ipn:1.0 over the primary block does not match',
    );
  });

  it('fails when it is taken away, or nobody here has its key, if it is required', () => {
    const required = [PAYLOAD_NUMBER];
    expect(refusal(() => verifyIntegrity(labelled(), { keyOf, required })).reason).toBe('unprotected');
    expect(refusal(() => verifyIntegrity(signed(), { keyOf: () => undefined, required })).reason).toBe(
      'no-key',
    );
    expect(verifyIntegrity(signed(), { keyOf: () => undefined })).toEqual([]);
  });

  it('fails without its result, and with a shortened one', () => {
    const bare = rewritten(signed(), BLOCK_TYPES.integrity, ({ results }) => ({
      results: results.map(() => []),
    }));
    expect(refusal(() => verifyIntegrity(bare, { keyOf })).reason).toBe('tampered');
    const short = rewritten(signed(), BLOCK_TYPES.integrity, ({ results }) => ({
      results: results.map(() => [[1, new Uint8Array(0)] as const]),
    }));
    expect(refusal(() => verifyIntegrity(short, { keyOf })).reason).toBe('tampered');
  });

  it('goes by what a key says now, also where it was written over', () => {
    const key = KEY.slice();
    const before = addIntegrity(labelled(), { ...overAll, key });
    key.set(OTHER_KEY);
    expect(addIntegrity(labelled(), { ...overAll, key })).toEqual(
      addIntegrity(labelled(), { ...overAll, key: OTHER_KEY }),
    );
    expect(refusal(() => verifyIntegrity(before, { keyOf: () => key })).reason).toBe('tampered');
    key.set(KEY);
    expect(verifyIntegrity(before, { keyOf: () => key })).toHaveLength(3);
  });

  it('carries its key wrapped for who has the other key', () => {
    const wrappedBy = KEY.slice(0, 24);
    const bundle = addIntegrity(labelled(), { ...overAll, wrappedBy });
    const asked: unknown[] = [];
    verifyIntegrity(bundle, { keyOf: (use) => (asked.push(use), wrappedBy), required: [1] });
    expect(asked).toEqual([{ service: 'integrity', source: SOURCE, unwraps: true }]);
    expect(refusal(() => verifyIntegrity(bundle, { keyOf })).message).toMatch(/can't be unwrapped/);
  });

  it('refuses targets that RFC 9172 forbids', () => {
    const add = (bundle: Bundle, targets: number[]) =>
      refusal(() => addIntegrity(bundle, { ...overAll, targets })).message;
    expect(add(labelled(), [])).toMatch(/needs targets/);
    expect(add(labelled(), [9])).toMatch(/no block 9/);
    expect(add(signed(), [1])).toMatch(/has an integrity block already/);
    expect(add(signed(), [3])).toMatch(/is a security block/);
    expect(add(sealed(), [1])).toMatch(/is encrypted already/);
    expect(add(fragmentBundle(sample(), 80)[0]!, [1])).toMatch(/fragments/);
  });
});

describe('a confidentiality block', () => {
  it.each([16, 32])(
    'has the ciphertext and tag that another implementation computes with %i bytes of key',
    (bytes) => {
      for (let scope = 0; scope <= SCOPE_ALL; scope++) {
        const key = KEY.slice(0, bytes);
        const bundle = encryptBlocks(sample(), {
          source: SOURCE,
          key,
          scope,
          targets: [{ number: 1, iv: iv(1) }],
        });
        const [bcb] = ofType(bundle, BLOCK_TYPES.confidentiality);
        const aad = [Buffer.of(scope)];
        if (scope & SCOPE.primaryBlock) aad.push(Buffer.from(encodePrimary(bundle.primary)));
        if (scope & SCOPE.targetHeader) aad.push(Buffer.of(1, 1, 0));
        if (scope & SCOPE.securityHeader) aad.push(Buffer.of(12, bcb!.number, 1));
        const cipher = createCipheriv(bytes === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv(1));
        cipher.setAAD(Buffer.concat(aad));
        const ciphertext = Buffer.concat([cipher.update(payloadOf(sample())), cipher.final()]);
        expect(hex(payloadOf(bundle))).toBe(ciphertext.toString('hex'));
        expect(hex(decodeSecurityData(bcb!).results[0]![0]![1] as Uint8Array)).toBe(
          cipher.getAuthTag().toString('hex'),
        );
      }
    },
  );

  it('hides and gives back any payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(16, 32), (payload, bytes) => {
        const key = KEY.slice(0, bytes);
        const plain = sample({ payload, crc: 'none' });
        const sent = encodeBundle(
          encryptBlocks(plain, { source: SOURCE, key, targets: [{ number: 1, iv: iv(1) }] }),
        );
        expect(decryptBlocks(decodeBundle(sent), { keyOf: () => key, required: [1] })).toEqual(plain);
      }),
    );
  });

  it('goes with an integrity block over the same target, each with a vector of its own', () => {
    const both = encryptBlocks(signed(), {
      source: SOURCE,
      key: KEY,
      targets: [1, 2, 3].map((number) => ({ number, iv: iv(number) })),
    });
    expect(ofType(both, BLOCK_TYPES.confidentiality)).toHaveLength(3);
    expect(refusal(() => verifyIntegrity(both, { keyOf, required: [1] })).reason).toBe('unprotected');
    const opened = decryptBlocks(decodeBundle(encodeBundle(both)), { keyOf });
    expect(opened).toEqual(signed());
    expect(verifyIntegrity(opened, { keyOf, required: [0, 1, 2] })).toHaveLength(3);
  });

  it('fails for any bit that flips in what it protects', () => {
    const bytes = encodeBundle(sealed());
    const reasons = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      // The primary block's CRC finds what happens to it; all else is under the tags, or names no target any more.
      const open = () => decryptBlocks(decodeBundle(flipped), { keyOf, required: [1, 2] });
      reasons.add(refusal(open).reason);
    }
    expect(reasons).toContain('tampered');
  });

  it('stays where its key is not known, and fails if it is required there', () => {
    expect(decryptBlocks(sealed(), { keyOf: () => undefined })).toEqual(sealed());
    expect(refusal(() => decryptBlocks(sealed(), { keyOf: () => undefined, required: [1] })).reason).toBe(
      'no-key',
    );
    expect(refusal(() => decryptBlocks(sample(), { keyOf, required: [1] })).reason).toBe('unprotected');
    expect(refusal(() => decryptBlocks(sealed(), { keyOf: () => OTHER_KEY })).message).toMatch(
      /tag of ipn:1.0 over block 1/,
    );
    expect(refusal(() => decryptBlocks(sealed(), { keyOf: () => KEY.slice(0, 16) })).reason).toBe('no-key');
  });

  it('takes a tag at the end of the ciphertext', () => {
    const sent = encryptBlocks(sample(), { source: SOURCE, key: KEY, targets: [{ number: 1, iv: iv(1) }] });
    const [, tag] = decodeSecurityData(sent.blocks[0]!).results[0]![0]!;
    const moved = rewritten(sent, BLOCK_TYPES.confidentiality, () => ({ results: [[]] }));
    const payload = moved.blocks.at(-1)!;
    const joined = { ...payload, data: Uint8Array.of(...payload.data, ...(tag as Uint8Array)) };
    const opened = decryptBlocks({ ...moved, blocks: [moved.blocks[0]!, joined] }, { keyOf });
    expect(hex(payloadOf(opened))).toBe(hex(payloadOf(sample())));
    const cut = { ...moved, blocks: [moved.blocks[0]!, { ...payload, data: payload.data.slice(0, 10) }] };
    expect(refusal(() => decryptBlocks(cut, { keyOf })).reason).toBe('tampered');
  });

  it('survives fragments: they are refused one by one, and open when they are together', () => {
    const parts = fragmentBundle(sealed(), encodedBytes(sealed()) - 10);
    expect(parts.length).toBeGreaterThan(1);
    expect(refusal(() => decryptBlocks(parts[1]!, { keyOf })).message).toMatch(/fragments/);
    expect(refusal(() => verifyIntegrity(parts[0]!, { keyOf })).message).toMatch(/fragments/);
    const held = new Reassembler({ wholeBytesMax: 1e6, sourceBytesMax: 1e6, heldBytesMax: 1e6 });
    const whole = parts.map((part) => held.add(part, NOW_MS)).at(-1)!;
    expect(hex(payloadOf(decryptBlocks(whole, { keyOf })))).toBe(hex(payloadOf(sample())));
  });

  it('refuses targets that RFC 9172 forbids, and vectors that would break AES-GCM', () => {
    const add = (bundle: Bundle, targets: { number: number; iv: Uint8Array }[]) =>
      refusal(() => encryptBlocks(bundle, { source: SOURCE, key: KEY, targets })).message;
    expect(add(sample(), [])).toMatch(/no block to encrypt/);
    expect(add(sample(), [{ number: 0, iv: iv(1) }])).toMatch(/primary block is never encrypted/);
    expect(add(sealed(), [{ number: 3, iv: iv(3) }])).toMatch(/confidentiality block/);
    expect(add(sealed(), [{ number: 1, iv: iv(3) }])).toMatch(/encrypted already/);
    expect(add(signed(), [{ number: 1, iv: iv(1) }])).toMatch(/would stay readable/);
    expect(
      add(addIntegrity(labelled(), { ...overAll, targets: [2] }), [
        { number: 3, iv: iv(1) },
        { number: 1, iv: iv(2) },
      ]),
    ).toMatch(/integrity block of other targets/);
    expect(
      add(labelled(), [
        { number: 1, iv: iv(1) },
        { number: 2, iv: iv(1) },
      ]),
    ).toMatch(/same initialization vector/);
    expect(add(sample(), [{ number: 1, iv: new Uint8Array(11) }])).toMatch(/11 bytes, not 12/);
    const short = { source: SOURCE, key: KEY.slice(1), targets: [{ number: 1, iv: iv(1) }] };
    expect(refusal(() => encryptBlocks(sample(), short)).message).toMatch(/31 bytes, not 16 or 32/);
    expect(
      refusal(() => encryptBlocks(fragmentBundle(sample(), 80)[0]!, { ...short, key: KEY })).message,
    ).toMatch(/fragments/);
  });
});

describe('security blocks that lie', () => {
  const once = () => encryptTogether(sample(), { source: SOURCE, key: KEY, targets: [1], iv: iv(1) });
  const lies = (type: number, change: (data: SecurityData) => Partial<SecurityData>) => {
    const bundle = rewritten(type === BLOCK_TYPES.integrity ? signed() : once(), type, change);
    return refusal(() =>
      type === BLOCK_TYPES.integrity ? verifyIntegrity(bundle, { keyOf }) : decryptBlocks(bundle, { keyOf }),
    );
  };
  const { integrity, confidentiality } = BLOCK_TYPES;

  it('are refused with the reason', () => {
    expect(lies(integrity, () => ({ targets: [0, 1, 99] })).message).toMatch(/no block 99/);
    expect(lies(integrity, () => ({ context: 9 })).reason).toBe('unsupported');
    expect(lies(integrity, () => ({ targets: [0, 0, 1] })).message).toMatch(/target is given twice/);
    expect(lies(integrity, ({ results }) => ({ results: results.slice(1) })).message).toMatch(
      /2 elements, not 3/,
    );
    expect(lies(integrity, () => ({ parameters: [[1, 9]] })).message).toMatch(/SHA variant 9/);
    expect(lies(integrity, () => ({ parameters: [[1, KEY]] })).message).toMatch(/parameter 1 is no integer/);
    expect(
      lies(integrity, () => ({
        parameters: [
          [3, 0],
          [3, 1],
        ],
      })).message,
    ).toMatch(/id twice/);
    expect(lies(integrity, () => ({ parameters: [[77, 0]] })).reason).toBe('unsupported');
    expect(lies(confidentiality, () => ({ parameters: [[2, 3]] })).message).toMatch(
      /no initialization vector/,
    );
    expect(
      lies(confidentiality, ({ parameters }) => ({ parameters: [parameters[0]!, [2, 2]] })).message,
    ).toMatch(/variant 2/);
    expect(lies(confidentiality, () => ({ targets: [0] })).message).toMatch(
      /primary block is never encrypted/,
    );
    expect(lies(confidentiality, () => ({ targets: [2] })).message).toMatch(/is never encrypted/);
    expect(lies(confidentiality, () => ({ results: [[[1, 5]]] })).message).toMatch(/not 16 bytes/);
  });

  it('about one target twice are refused', () => {
    const { primary, blocks } = once();
    const twice = { primary, blocks: [{ ...blocks[0]!, number: 9 }, ...blocks] };
    expect(refusal(() => decryptBlocks(twice, { keyOf })).message).toMatch(/encrypted twice/);
  });

  it('never fail otherwise, whatever their bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(signed(), sealed()),
        fc.array(fc.tuple(fc.nat(), fc.nat(255))),
        (bundle, changes) => {
          const block = bundle.blocks[0]!;
          const data = block.data.slice();
          for (const [place, byte] of changes) data[place % data.length] = byte;
          const changed = { ...bundle, blocks: [{ ...block, data }, ...bundle.blocks.slice(1)] };
          for (const act of [
            () => verifyIntegrity(changed, { keyOf }),
            () => decryptBlocks(changed, { keyOf }),
          ]) {
            try {
              act();
            } catch (error) {
              expect(error).toBeInstanceOf(BundleRefused);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
