import { BLOCK_FLAGS, BLOCK_TYPES, type Bundle, type CanonicalBlock, freeNumber } from './bundle.ts';
import { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { type Eid, encodeEid, readEid } from './eid.ts';
import { BundleRefused } from './refusal.ts';
import { encryptedNumbers } from './security/abstract-block.ts';

/** How the data of one type of extension block is written and read; a bundle has at most one of it. */
export interface BlockKind<Value> {
  type: number;
  name: string;
  write(writer: CborWriter, value: Value): void;
  /** Throws `BundleRefused`. */
  read(reader: CborReader): Value;
}

/** Who sent the bundle here (RFC 9171, section 4.4.1). */
export const PREVIOUS_NODE: BlockKind<Eid> = {
  type: BLOCK_TYPES.previousNode,
  name: 'previous node',
  write: (writer, eid) => writer.raw(encodeEid(eid)),
  read: (reader) => readEid(reader, 'the previous node'),
};

/** Milliseconds from the bundle's creation until its last sending (section 4.4.2). */
export const BUNDLE_AGE: BlockKind<number> = {
  type: BLOCK_TYPES.bundleAge,
  name: 'bundle age',
  write: (writer, ageMs) => writer.unsigned(ageMs, 'the bundle age'),
  read: (reader) => reader.unsigned('the bundle age'),
};

export interface HopCount {
  /** 1 to 255. */
  limit: number;
  count: number;
}

/** Section 4.4.3. */
export const HOP_COUNT: BlockKind<HopCount> = {
  type: BLOCK_TYPES.hopCount,
  name: 'hop count',
  write(writer, { limit, count }) {
    if (!isHopLimit(limit))
      throw new BundleRefused('malformed', `the hop limit is ${limit}, not from 1 to 255`);
    writer.array(2);
    writer.unsigned(limit, 'the hop limit');
    writer.unsigned(count, 'the hop count');
  },
  read(reader) {
    reader.arrayOf(2, 'the hop count block');
    const at = reader.offset;
    const limit = reader.unsigned('the hop limit');
    if (!isHopLimit(limit)) throw reader.refuse(`the hop limit is ${limit}, not from 1 to 255`, at);
    return { limit, count: reader.unsigned('the hop count') };
  },
};

const isHopLimit = (limit: number): boolean => Number.isInteger(limit) && limit >= 1 && limit <= 255;

/** The block of a kind, or undefined. Throws `BundleRefused` when there are two. */
export function findBlock(bundle: Bundle, kind: BlockKind<unknown>): CanonicalBlock | undefined {
  let found: CanonicalBlock | undefined;
  for (const block of bundle.blocks) {
    if (block.type !== kind.type) continue;
    if (found) throw new BundleRefused('malformed', `The bundle has two ${kind.name} blocks`);
    found = block;
  }
  return found;
}

/**
 * What the block of a kind says, or undefined without one.
 * Throws `BundleRefused`: malformed, or `no-key` when it is encrypted. Offsets are into the block's data.
 */
export function blockValue<Value>(bundle: Bundle, kind: BlockKind<Value>): Value | undefined {
  const block = findBlock(bundle, kind);
  if (block === undefined) return undefined;
  if (encryptedNumbers(bundle).has(block.number)) {
    throw new BundleRefused('no-key', `The ${kind.name} block is encrypted`, {
      fix: 'Decrypt the bundle first.',
    });
  }
  const reader = new CborReader(block.data);
  const value = kind.read(reader);
  reader.end(`the ${kind.name} block`);
  return value;
}

/**
 * The bundle with a block of this kind and value, in place of the one it has or before the payload.
 * A new one is replicated in every fragment and has the CRC type of the payload.
 */
export function withBlock<Value>(bundle: Bundle, kind: BlockKind<Value>, value: Value): Bundle {
  const writer = new CborWriter();
  kind.write(writer, value);
  const data = writer.take();
  const present = findBlock(bundle, kind);
  if (present) {
    return {
      ...bundle,
      blocks: bundle.blocks.map((block) => (block === present ? { ...block, data } : block)),
    };
  }
  const payload = bundle.blocks.at(-1)!;
  const { replicate } = BLOCK_FLAGS;
  const block = { type: kind.type, number: freeNumber(bundle), flags: replicate, crc: payload.crc, data };
  return { ...bundle, blocks: [...bundle.blocks.slice(0, -1), block, payload] };
}

export const withoutBlock = (bundle: Bundle, kind: BlockKind<unknown>): Bundle => ({
  ...bundle,
  blocks: bundle.blocks.filter((block) => block.type !== kind.type),
});
