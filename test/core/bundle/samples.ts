/** Bundles for tests. */
import fc from 'fast-check';
import { type Bundle, BUNDLE_FLAGS, type CanonicalBlock, newBundle } from '../../../core/bundle/bundle.ts';
import { CRC_TYPES } from '../../../core/bundle/crc.ts';
import { BundleRefused } from '../../../core/bundle/refusal.ts';

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** What an act is refused with; any other error fails the test. */
export function refusal(act: () => unknown): BundleRefused {
  try {
    act();
  } catch (error) {
    if (error instanceof BundleRefused) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Unix time; the sample's creation is 1000 ms before. */
export const NOW_MS = 1_790_000_000_000;
export const NOW_DTN_MS = NOW_MS - 946_684_800_000;

export const sample = (overrides: Partial<Parameters<typeof newBundle>[0]> = {}): Bundle =>
  newBundle({
    source: 'ipn:1.7',
    destination: 'dtn://ground/tasks',
    reportTo: 'ipn:1.0',
    creation: { dtnMs: NOW_DTN_MS - 1000, sequence: 4 },
    lifetimeMs: 60_000,
    payload: new TextEncoder().encode('a message that takes its time'),
    ...overrides,
  });

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint32 = fc.nat(2 ** 32 - 1);
const safe = fc.oneof(fc.nat(30), fc.nat(70_000), fc.maxSafeNat());

export const eids: fc.Arbitrary<string> = fc.oneof(
  fc.constant('dtn:none'),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9._~-]{1,12}$/), fc.stringMatching(/^[!-~]{0,12}$/))
    .map(([node, service]) => `dtn://${node}/${service}`),
  fc.tuple(uint64, uint64).map(([node, service]) => `ipn:${node}.${service}`),
  fc.tuple(uint32, uint32, uint64).map(([allocator, node, service]) => `ipn:${allocator}.${node}.${service}`),
);

const crcs = fc.constantFrom(...CRC_TYPES);
const data = fc.uint8Array({ maxLength: 300 });

/** Any blocks that a decoder doesn't look into; their flags ask for no reports. */
const extensionBlocks: fc.Arbitrary<CanonicalBlock[]> = fc.uniqueArray(
  fc.record({
    type: fc.oneof(fc.integer({ min: 13, max: 255 }), fc.integer({ min: 256, max: 100_000 })),
    number: fc.oneof(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 31, max: Number.MAX_SAFE_INTEGER })),
    flags: safe.map((flags) => flags - (flags & 0x02)),
    crc: crcs,
    data,
  }),
  { selector: ({ number }) => number, maxLength: 6 },
);

/** Bundles that RFC 9171 allows, in all their forms. */
export const bundlesOf = (payloads: fc.Arbitrary<Uint8Array> = data): fc.Arbitrary<Bundle> =>
  fc
    .record({
      destination: eids,
      source: eids.filter((eid) => !eid.includes(':none') && !/^ipn:0\.(0\.)?0$/.test(eid)),
      reportTo: eids,
      creation: fc.record({ dtnMs: safe, sequence: safe }),
      lifetimeMs: safe,
      crc: crcs,
      payloadCrc: crcs,
      reports: fc.subarray([
        BUNDLE_FLAGS.reportReception,
        BUNDLE_FLAGS.reportForwarding,
        BUNDLE_FLAGS.reportDelivery,
        BUNDLE_FLAGS.reportDeletion,
      ]),
      other: fc.subarray([BUNDLE_FLAGS.acknowledgementRequested, BUNDLE_FLAGS.statusTimeRequested]),
      fragmentAt: fc.option(fc.tuple(fc.nat(100_000), fc.nat(1000)), { nil: undefined }),
      blocks: extensionBlocks,
      payload: payloads,
    })
    .map(({ blocks, payload, payloadCrc, fragmentAt, reports, other, ...rest }) => {
      const base = newBundle({ ...rest, payload });
      const flags = [...reports, ...other].reduce((sum, flag) => sum | flag, fragmentAt ? 1 : 0);
      const fragment = fragmentAt && {
        offset: fragmentAt[0],
        totalBytes: fragmentAt[0] + payload.length + fragmentAt[1],
      };
      const last = { ...base.blocks[0]!, crc: payloadCrc };
      return {
        primary: { ...base.primary, flags, ...(fragment && { fragment }) },
        blocks: [...blocks, last],
      };
    });
