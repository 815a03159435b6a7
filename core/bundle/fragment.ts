import {
  BLOCK_FLAGS,
  BLOCK_TYPES,
  type Bundle,
  BUNDLE_FLAGS,
  type CanonicalBlock,
  hasFlag,
  payloadOf,
  withPayload,
} from './bundle.ts';
import { headBytes } from './cbor-writer.ts';
import { encodedBytes } from './encode.ts';
import { BundleRefused } from './refusal.ts';

/** Without these a fragment could neither expire nor be kept from looping: they go with every one, whatever their flags. */
const ALWAYS_REPLICATED: readonly number[] = [BLOCK_TYPES.bundleAge, BLOCK_TYPES.hopCount];
const NO_BYTES = new Uint8Array(0);

export interface Split {
  first: Bundle;
  /** Undefined when the whole bundle fits into the first. */
  rest: Bundle | undefined;
}

/**
 * Splits a bundle, or a fragment, so that the first part has at most `firstBytesMax` bytes when encoded: what a contact
 * has left (RFC 9171, section 5.8). Undefined when not even one byte of payload fits. Payloads are views.
 * Throws `BundleRefused` when it must not be fragmented.
 */
export function splitBundle(bundle: Bundle, firstBytesMax: number): Split | undefined {
  if (encodedBytes(bundle) <= firstBytesMax) return { first: bundle, rest: undefined };
  const { flags } = bundle.primary;
  if (hasFlag(flags, BUNDLE_FLAGS.mustNotFragment)) {
    throw new BundleRefused(
      'too-large',
      `The bundle has more than ${firstBytesMax} bytes and must not be fragmented`,
      {
        fix: 'Wait for a contact with more volume.',
      },
    );
  }
  const payload = payloadOf(bundle);
  const roomBytes = payloadRoom(
    firstBytesMax - encodedBytes(part(bundle, 0, NO_BYTES, bundle.blocks)) + headBytes(0),
  );
  if (!(roomBytes > 0)) return undefined;
  const first = part(bundle, 0, payload.subarray(0, roomBytes), bundle.blocks);
  const rest = part(bundle, roomBytes, payload.subarray(roomBytes), bundle.blocks.filter(isReplicated));
  return { first, rest };
}

/** The bundle in parts of at most `bytesMax` bytes each. Throws `BundleRefused` (too-large) when that is impossible. */
export function fragmentBundle(bundle: Bundle, bytesMax: number): Bundle[] {
  const parts: Bundle[] = [];
  for (let left: Bundle | undefined = bundle; left; ) {
    const split: Split | undefined = splitBundle(left, bytesMax);
    if (split === undefined) {
      throw new BundleRefused('too-large', `No fragment of the bundle fits into ${bytesMax} bytes`, {
        fix: `Allow ${roomyBytes(left)} bytes.`,
      });
    }
    parts.push(split.first);
    left = split.rest;
  }
  return parts;
}

/** What does for any fragment: the one with the largest offset, as if it had all blocks. */
const roomyBytes = (bundle: Bundle): number =>
  encodedBytes(part(bundle, payloadOf(bundle).length, NO_BYTES, bundle.blocks)) + 1;

const isReplicated = ({ type, flags }: CanonicalBlock): boolean =>
  type === BLOCK_TYPES.payload || hasFlag(flags, BLOCK_FLAGS.replicate) || ALWAYS_REPLICATED.includes(type);

/** The fragment that starts `skipBytes` into the payload. */
function part(
  { primary, blocks }: Bundle,
  skipBytes: number,
  data: Uint8Array,
  taken: Bundle['blocks'],
): Bundle {
  const { offset, totalBytes } = primary.fragment ?? { offset: 0, totalBytes: blocks.at(-1)!.data.length };
  const fragment = { offset: offset + skipBytes, totalBytes };
  const flags = primary.fragment ? primary.flags : primary.flags + BUNDLE_FLAGS.isFragment;
  const fragmented = { ...primary, flags, fragment };
  return withPayload({ primary: fragmented, blocks: taken }, data);
}

/** How much payload fits into so many bytes together with its own head. */
function payloadRoom(bytes: number): number {
  if (bytes <= headBytes(0)) return 0;
  const least = bytes - headBytes(bytes);
  const most = bytes - headBytes(least);
  return most + headBytes(most) <= bytes ? most : least;
}
