import type { CrcType } from './crc.ts';
import { type Eid, NULL_ENDPOINT } from './eid.ts';

/** Bundle processing control flags (RFC 9171, section 4.2.3). */
export const BUNDLE_FLAGS = {
  isFragment: 0x00_0001,
  isAdministrative: 0x00_0002,
  mustNotFragment: 0x00_0004,
  acknowledgementRequested: 0x00_0020,
  statusTimeRequested: 0x00_0040,
  reportReception: 0x00_4000,
  reportForwarding: 0x01_0000,
  reportDelivery: 0x02_0000,
  reportDeletion: 0x04_0000,
} as const;

/** Block processing control flags (RFC 9171, section 4.2.4). */
export const BLOCK_FLAGS = {
  replicate: 0x01,
  reportIfUnprocessed: 0x02,
  deleteBundleIfUnprocessed: 0x04,
  removeIfUnprocessed: 0x10,
} as const;

/** Block types of RFC 9171, section 4.3.2 and RFC 9172, section 3; those of Holdfast are in `extensions.ts`. */
export const BLOCK_TYPES = {
  payload: 1,
  previousNode: 6,
  bundleAge: 7,
  hopCount: 10,
  integrity: 11,
  confidentiality: 12,
} as const;

/** The number that targets of security blocks give for the primary block. */
export const PRIMARY_NUMBER = 0;
export const PAYLOAD_NUMBER = 1;

/** When a bundle was made, and which of that source's bundles of that moment it is. */
export interface CreationTimestamp {
  /** DTN time: milliseconds since 2000-01-01T00:00:00Z without leap seconds; 0 when the source had no clock. */
  dtnMs: number;
  sequence: number;
}

export interface PrimaryBlock {
  /** Sum of `BUNDLE_FLAGS`. */
  flags: number;
  crc: CrcType;
  destination: Eid;
  source: Eid;
  reportTo: Eid;
  creation: CreationTimestamp;
  lifetimeMs: number;
  /** Of a fragment only: where its payload starts in the whole, and the size of the whole. */
  fragment?: { offset: number; totalBytes: number };
}

export interface CanonicalBlock {
  type: number;
  /** Unique in the bundle; 1 is the payload. */
  number: number;
  /** Sum of `BLOCK_FLAGS`. */
  flags: number;
  crc: CrcType;
  /** The block-type-specific data; ciphertext where a confidentiality block targets it. */
  data: Uint8Array;
}

/** A bundle of version 7 (RFC 9171). Values: functions that change one return another. */
export interface Bundle {
  primary: PrimaryBlock;
  /** As sent; the payload is the last. */
  blocks: readonly CanonicalBlock[];
}

export interface NewBundle {
  source: Eid;
  destination: Eid;
  creation: CreationTimestamp;
  lifetimeMs: number;
  payload: Uint8Array;
  /** `dtn:none` unless given. */
  reportTo?: Eid;
  /** 0 unless given. */
  flags?: number;
  /** Of all blocks; CRC-32C unless given. */
  crc?: CrcType;
}

/** A bundle of a payload alone; `withBlock` adds to it, `encodeBundle` checks it. */
export function newBundle(options: NewBundle): Bundle {
  const { crc = 'crc32c', flags = 0, reportTo = NULL_ENDPOINT } = options;
  const { source, destination, creation, lifetimeMs, payload } = options;
  return {
    primary: { flags, crc, destination, source, reportTo, creation, lifetimeMs },
    blocks: [{ type: BLOCK_TYPES.payload, number: PAYLOAD_NUMBER, flags: 0, crc, data: payload }],
  };
}

export const payloadOf = (bundle: Bundle): Uint8Array => bundle.blocks.at(-1)!.data;

export const withPayload = (bundle: Bundle, data: Uint8Array): Bundle => ({
  ...bundle,
  blocks: [...bundle.blocks.slice(0, -1), { ...bundle.blocks.at(-1)!, data }],
});

export const hasFlag = (flags: number, flag: number): boolean => (flags & flag) !== 0;

/** The lowest block number that is free for an extension block. */
export function freeNumber(bundle: Bundle): number {
  const taken = new Set(bundle.blocks.map((block) => block.number));
  let number = PAYLOAD_NUMBER + 1;
  while (taken.has(number)) number++;
  return number;
}
