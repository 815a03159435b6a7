import { type Bundle, BUNDLE_FLAGS, payloadOf, withPayload } from './bundle.ts';
import { canonicalEid } from './eid.ts';
import { expiryMs } from './expiry.ts';
import { BundleRefused } from './refusal.ts';

export interface ReassemblyLimits {
  /** Of one whole payload. */
  wholeBytesMax: number;
  /** Held of one source. */
  sourceBytesMax: number;
  /** Held of all together. */
  heldBytesMax: number;
}

/** Counted for each bundle, piece and block beside its bytes, so that a flood of tiny or empty fragments is bounded too. */
const OVERHEAD_BYTES = 256;

/** Bytes of the whole from `offset` on. */
interface Piece {
  offset: number;
  data: Uint8Array;
}

interface Whole {
  key: string;
  source: string;
  totalBytes: number;
  /** In order, never overlapping. */
  pieces: Piece[];
  coveredBytes: number;
  heldBytes: number;
  /** The fragment at 0, which has all extension blocks; without its payload. */
  head: Bundle | undefined;
  expiresMs: number;
}

const NO_BYTES = new Uint8Array(0);

/**
 * Puts fragments together (RFC 9171, section 5.9), in whatever order, overlapping or repeated. Where two overlap they have
 * to agree. Bytes are copied: a fragment's own buffer is not kept.
 */
export class Reassembler {
  readonly #limits: ReassemblyLimits;
  readonly #wholes = new Map<string, Whole>();
  readonly #heldBySource = new Map<string, number>();
  #heldBytes = 0;

  constructor(limits: ReassemblyLimits) {
    this.#limits = limits;
  }

  /** Bytes that unfinished bundles hold, with an allowance for each piece. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Takes a fragment; the whole bundle when this was the last that was missing. A bundle that is no fragment is returned.
   * Throws `BundleRefused`: malformed (disagrees with another), too-large, flooding, expired; what is held stays as it was.
   */
  add(bundle: Bundle, nowMs: number): Bundle | undefined {
    if (bundle.primary.fragment === undefined) return bundle;
    const expiresMs = expiryMs(bundle, nowMs);
    if (expiresMs <= nowMs)
      throw new BundleRefused('expired', `The fragment expired ${nowMs - expiresMs} ms ago`);
    const whole = this.#wholeOf(bundle, expiresMs);
    const added = missingPieces(whole, bundle.primary.fragment.offset, payloadOf(bundle));
    const isHead = bundle.primary.fragment.offset === 0 && whole.head === undefined;
    const isNew = !this.#wholes.has(whole.key);
    this.#hold(whole, heldBytesOf(added) + (isHead ? headBytesOf(bundle) : 0) + (isNew ? OVERHEAD_BYTES : 0));
    if (isHead) whole.head = copied(withPayload(bundle, NO_BYTES));
    for (const piece of added) insert(whole, piece);
    this.#wholes.set(whole.key, whole);
    if (whole.coveredBytes < whole.totalBytes || whole.head === undefined) return undefined;
    this.#release(whole);
    return joined(whole, whole.head);
  }

  /** Drops unfinished bundles whose lifetime is over; how many they were. */
  expire(nowMs: number): number {
    const over = [...this.#wholes.values()].filter((whole) => whole.expiresMs <= nowMs);
    for (const whole of over) this.#release(whole);
    return over.length;
  }

  #wholeOf({ primary }: Bundle, expiresMs: number): Whole {
    const { totalBytes } = primary.fragment!;
    const { wholeBytesMax } = this.#limits;
    if (totalBytes > wholeBytesMax) {
      throw new BundleRefused(
        'too-large',
        `The fragmented payload has ${totalBytes} bytes, above ${wholeBytesMax}`,
      );
    }
    const source = canonicalEid(primary.source);
    const key = `${source} ${primary.creation.dtnMs} ${primary.creation.sequence} ${totalBytes}`;
    const fresh = {
      key,
      source,
      totalBytes,
      pieces: [],
      coveredBytes: 0,
      heldBytes: 0,
      head: undefined,
      expiresMs,
    };
    return this.#wholes.get(key) ?? fresh;
  }

  #hold(whole: Whole, bytes: number): void {
    const { sourceBytesMax, heldBytesMax } = this.#limits;
    const ofSource = (this.#heldBySource.get(whole.source) ?? 0) + bytes;
    if (ofSource > sourceBytesMax || this.#heldBytes + bytes > heldBytesMax) {
      const what =
        ofSource > sourceBytesMax
          ? `${whole.source} hold ${ofSource}`
          : `all hold ${this.#heldBytes + bytes}`;
      throw new BundleRefused(
        'flooding',
        `Unfinished bundles of ${what} bytes with this fragment, above the limit`,
      );
    }
    whole.heldBytes += bytes;
    this.#heldBytes += bytes;
    this.#heldBySource.set(whole.source, ofSource);
  }

  #release(whole: Whole): void {
    this.#wholes.delete(whole.key);
    this.#heldBytes -= whole.heldBytes;
    const left = this.#heldBySource.get(whole.source)! - whole.heldBytes;
    if (left > 0) this.#heldBySource.set(whole.source, left);
    else this.#heldBySource.delete(whole.source);
  }
}

const heldBytesOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { data }) => sum + data.length + OVERHEAD_BYTES, 0);

const headBytesOf = ({ blocks }: Bundle): number =>
  blocks.slice(0, -1).reduce((sum, { data }) => sum + data.length + OVERHEAD_BYTES, OVERHEAD_BYTES);

/** What of a fragment isn't held yet. Throws when what is held says otherwise. */
function missingPieces({ pieces }: Whole, offset: number, data: Uint8Array): Piece[] {
  const missing: Piece[] = [];
  const end = offset + data.length;
  let at = offset;
  for (let place = placeOf(pieces, offset); at < end; place++) {
    const held = pieces[place];
    const gapEnd = Math.min(end, held?.offset ?? end);
    if (gapEnd > at) missing.push({ offset: at, data: data.subarray(at - offset, gapEnd - offset) });
    at = Math.max(at, gapEnd);
    if (held === undefined || at >= end) continue;
    const overlapEnd = Math.min(end, held.offset + held.data.length);
    for (; at < overlapEnd; at++) {
      if (held.data[at - held.offset] === data[at - offset]) continue;
      throw new BundleRefused(
        'malformed',
        `Two fragments of the bundle disagree about byte ${at} of the payload`,
      );
    }
  }
  return missing;
}

/** The place of the first piece that ends after an offset. */
function placeOf(pieces: readonly Piece[], offset: number): number {
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle]!;
    if (piece.offset + piece.data.length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

function insert(whole: Whole, { offset, data }: Piece): void {
  whole.pieces.splice(placeOf(whole.pieces, offset), 0, { offset, data: data.slice() });
  whole.coveredBytes += data.length;
}

const copied = (bundle: Bundle): Bundle => ({
  ...bundle,
  blocks: bundle.blocks.map((block) => ({ ...block, data: block.data.slice() })),
});

function joined({ pieces, totalBytes }: Whole, head: Bundle): Bundle {
  const payload = new Uint8Array(totalBytes);
  for (const { offset, data } of pieces) payload.set(data, offset);
  const { fragment: _, ...primary } = head.primary;
  const flags = primary.flags - BUNDLE_FLAGS.isFragment;
  return withPayload({ primary: { ...primary, flags }, blocks: head.blocks }, payload);
}
