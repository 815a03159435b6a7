/** Whatever bytes come: a bundle or `BundleRefused`, soon, and in memory bounded by what came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUNDLE_FLAGS, type Bundle, payloadOf } from '../../../core/bundle/bundle.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { COMPRESSION, CUSTODY, LABEL, PRECEDENCE } from '../../../core/bundle/extensions.ts';
import { checkArrival } from '../../../core/bundle/hop.ts';
import {
  BUNDLE_AGE,
  type BlockKind,
  blockValue,
  HOP_COUNT,
  PREVIOUS_NODE,
  withBlock,
} from '../../../core/bundle/known-blocks.ts';
import { Reassembler } from '../../../core/bundle/reassembly.ts';
import { BundleRefused } from '../../../core/bundle/refusal.ts';
import { decryptBlocks, encryptBlocks } from '../../../core/bundle/security/confidentiality.ts';
import { addIntegrity, verifyIntegrity } from '../../../core/bundle/security/integrity.ts';
import { decodeStatusReport, reportOn, STATUS_REASONS } from '../../../core/bundle/status-report.ts';
import { bundlesOf, hex, NOW_DTN_MS, NOW_MS, sample } from './samples.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3000);
const KEY = new Uint8Array(32).fill(3);
const KINDS: BlockKind<unknown>[] = [
  PREVIOUS_NODE,
  BUNDLE_AGE,
  HOP_COUNT,
  PRECEDENCE,
  LABEL,
  CUSTODY,
  COMPRESSION,
];
const LIMITS = { bundleBytesMax: 1e6, clockSkewMsMax: 1000, lifetimeMsMax: 1e9 };

/** True when it went well, false when it was refused; anything else is thrown. */
function tried(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof BundleRefused) return false;
    throw error;
  }
}

/** All that a node does with what comes. */
function takeAll(bytes: Uint8Array): boolean {
  let bundle: Bundle | undefined;
  if (!tried(() => (bundle = decodeBundle(bytes)))) return false;
  expect(hex(encodeBundle(bundle!))).toBe(hex(bytes));
  tried(() => checkArrival(bundle!, { sizeBytes: bytes.length, nowMs: NOW_MS, limits: LIMITS }));
  for (const kind of KINDS) tried(() => blockValue(bundle!, kind));
  tried(() => verifyIntegrity(bundle!, { keyOf: () => KEY, required: [1] }));
  tried(() => decryptBlocks(bundle!, { keyOf: () => KEY }));
  tried(() => decodeStatusReport(payloadOf(bundle!)));
  tried(() =>
    new Reassembler({ wholeBytesMax: 1e6, sourceBytesMax: 1e6, heldBytesMax: 1e6 }).add(bundle!, NOW_MS),
  );
  return true;
}

/** One of everything. Without CRCs, so that mutations get beyond them. */
function rich(): Bundle[] {
  let bundle = sample({ crc: 'none', flags: BUNDLE_FLAGS.reportDeletion });
  bundle = withBlock(bundle, PREVIOUS_NODE, 'dtn://node/');
  bundle = withBlock(bundle, BUNDLE_AGE, 77_000);
  bundle = withBlock(bundle, HOP_COUNT, { limit: 30, count: 3 });
  bundle = withBlock(bundle, PRECEDENCE, 'immediate');
  bundle = withBlock(bundle, LABEL, { level: 3, compartments: ['a', 'b'], releasability: ['c'] });
  bundle = withBlock(bundle, CUSTODY, { custodian: 'ipn:3.4.5', transfer: 99 });
  const signed = addIntegrity(bundle, { targets: [0, 1, 6], source: 'ipn:1.0', key: KEY });
  const targets = [1, 6, 8].map((number) => ({ number, iv: new Uint8Array(12).fill(number) }));
  const sealed = encryptBlocks(signed, { source: 'ipn:1.0', key: KEY, targets });
  const { deleted, reason } = { deleted: 'deleted', reason: STATUS_REASONS.lifetimeExpired } as const;
  const creation = { dtnMs: NOW_DTN_MS, sequence: 1 };
  const report = reportOn(bundle, {
    status: deleted,
    reason,
    dtnMs: 1,
    node: 'ipn:4.0',
    creation,
    lifetimeMs: 9,
  })!;
  return [bundle, signed, sealed, report];
}

/** A change of bytes: overwrite, insert, delete, or repeat a stretch. */
const changes = fc.array(
  fc.tuple(fc.constantFrom('set', 'insert', 'delete', 'repeat'), fc.nat(), fc.nat(255), fc.nat(12)),
  {
    minLength: 1,
    maxLength: 6,
  },
);

function mutated(
  bytes: Uint8Array,
  list: readonly (readonly [string, number, number, number])[],
): Uint8Array {
  const out = [...bytes];
  for (const [how, seed, byte, length] of list) {
    const place = seed % (out.length + 1);
    if (how === 'set') out[Math.min(place, out.length - 1)] = byte;
    else if (how === 'insert') out.splice(place, 0, byte);
    else if (how === 'delete') out.splice(place, length);
    else out.splice(place, 0, ...out.slice(place, place + length));
  }
  return Uint8Array.from(out);
}

/** Heads that say the most, where the reader looks for lengths and numbers. */
const evil = fc.constantFrom(
  ...[
    '9bffffffffffffffff',
    '5bffffffffffffffff',
    '7bffffffffffffffff',
    '1bffffffffffffffff',
    '9f',
    '5f',
    'ff',
    'bf',
    'c0',
    'f6',
    'fb7ff8000000000000',
    '9a00100000',
    '3b7fffffffffffffff',
  ].map((text) => Buffer.from(text, 'hex')),
);

describe('any bytes', () => {
  it('are a bundle or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        takeAll(bytes);
        tried(() => decodeStatusReport(bytes));
      }),
      { numRuns: RUNS },
    );
  });

  it('after the start of a bundle are so too', () => {
    const start = encodeBundle(sample({ crc: 'none' })).slice(0, -32);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(start.length), (bytes, at) => {
        takeAll(Uint8Array.of(...start.subarray(0, at), ...bytes));
      }),
      { numRuns: RUNS },
    );
  });

  it('made of a bundle by changes are so too, and some are still bundles', () => {
    const seeds = rich().map(encodeBundle);
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(fc.constantFrom(...seeds), changes, (bytes, list) => {
        if (takeAll(mutated(bytes, list))) taken++;
        else refused++;
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(RUNS / 100);
  });

  it('with evil heads in any place are so too', () => {
    const seeds = rich().map(encodeBundle);
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.nat(), evil, fc.boolean(), (bytes, seed, head, replaces) => {
        const at = seed % bytes.length;
        takeAll(Uint8Array.of(...bytes.subarray(0, at), ...head, ...bytes.subarray(at + (replaces ? 1 : 0))));
      }),
      { numRuns: RUNS },
    );
  });

  it('of all forms of bundles with one byte changed are so too', () => {
    fc.assert(
      fc.property(bundlesOf(), fc.nat(), fc.nat(255), (bundle, seed, byte) => {
        const bytes = encodeBundle(bundle);
        bytes[seed % bytes.length] = byte;
        takeAll(bytes);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('nesting', () => {
  it('is refused at its first level, however deep it goes', () => {
    for (const byte of [0x81, 0x9f, 0xa1, 0xc1, 0xd8]) {
      expect(tried(() => decodeBundle(new Uint8Array(1 << 20).fill(byte)))).toBe(false);
      expect(tried(() => decodeStatusReport(new Uint8Array(1 << 20).fill(byte)))).toBe(false);
    }
  });
});
