/** Bundles larger than a frame, in parts that each fit into one. */
import { crc32c } from '../bundle/crc.ts';
import { BUNDLE_BYTES_MAX } from '../bundle/decode.ts';
import { type ChunkFrame, encodeFrame, FrameRefused } from './frames.ts';

/** Leaves room in a frame for the longest id. */
export const CHUNK_BYTES = 128_000;
/** Smaller ones would be many. */
const CHUNK_BYTES_MIN = 1024;
/** Counted for each bundle and part beside its bytes, so that a flood of tiny ones is bounded too. */
const OVERHEAD_BYTES = 256;

export interface ChunkLimits {
  /** Of one bundle. @default 64 MiB */
  wholeBytesMax?: number;
  /** Held of one neighbour's unfinished bundles. @default 128 MiB */
  neighbourBytesMax?: number;
  /** Held of all. @default 256 MiB */
  heldBytesMax?: number;
  /** An unfinished bundle that nothing more of came for so long is let go of. @default 15 min */
  patienceMs?: number;
}

interface Whole {
  key: string;
  neighbour: string;
  first: ChunkFrame;
  parts: Map<number, Uint8Array>;
  heldBytes: number;
  dueMs: number;
}

/** An encoded bundle as the frames that carry it, one where it fits. `chunkBytes`: less for a link on which something urgent must not wait for long. */
export function* chunksOf(
  bundleId: string,
  bytes: Uint8Array,
  chunkBytes = CHUNK_BYTES,
): Generator<Uint8Array, void> {
  const whole = { type: 'bundle', bundleId, totalBytes: bytes.length, crc: crc32c(bytes) } as const;
  const size = Math.min(CHUNK_BYTES, Math.max(CHUNK_BYTES_MIN, Math.floor(chunkBytes)));
  for (let index = 0; index * size < bytes.length; index++) {
    const data = bytes.subarray(index * size, (index + 1) * size);
    yield encodeFrame({ ...whole, chunkBytes: size, index, data });
  }
}

/**
 * Puts parts together, by neighbour and channel, in whatever order and however often they come. Bytes are copied: a
 * frame's own buffer is not kept.
 */
export class ChunkAssembler {
  readonly #limits: Required<ChunkLimits>;
  /** In the order of `dueMs`. */
  readonly #wholes = new Map<string, Whole>();
  readonly #heldByNeighbour = new Map<string, number>();
  #heldBytes = 0;

  constructor({
    wholeBytesMax = BUNDLE_BYTES_MAX,
    neighbourBytesMax = 2 * BUNDLE_BYTES_MAX,
    heldBytesMax = 4 * BUNDLE_BYTES_MAX,
    patienceMs = 15 * 60_000,
  }: ChunkLimits = {}) {
    this.#limits = { wholeBytesMax, neighbourBytesMax, heldBytesMax, patienceMs };
  }

  /** Bytes that unfinished bundles hold, with an allowance for each part. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * The encoded bundle when this was the last part that was missing. Throws `FrameRefused`: malformed, too-large,
   * flooding (what is held stays as it was), corrupt (all parts are let go of).
   */
  add(neighbour: string, channel: string, chunk: ChunkFrame, nowMs: number): Uint8Array | undefined {
    this.expire(nowMs);
    const count = checkedChunk(chunk, this.#limits.wholeBytesMax);
    if (count === 1) return intact(chunk, chunk.data.slice());
    const whole = this.#wholeOf(neighbour, channel, chunk);
    const isNew = whole.parts.size === 0;
    if (!whole.parts.has(chunk.index)) {
      const overhead = isNew ? 2 * OVERHEAD_BYTES + 4 * whole.key.length : OVERHEAD_BYTES;
      this.#hold(whole, chunk.data.length + overhead);
      whole.parts.set(chunk.index, chunk.data.slice());
    }
    whole.dueMs = nowMs + this.#limits.patienceMs;
    this.#wholes.delete(whole.key);
    if (whole.parts.size < count) {
      this.#wholes.set(whole.key, whole);
      return undefined;
    }
    this.#letGo(whole);
    return joinedChunks(whole.first, whole.parts);
  }

  /** Lets go of what nothing more came of; how many they were. */
  expire(nowMs: number): number {
    let count = 0;
    for (const whole of this.#wholes.values()) {
      if (whole.dueMs > nowMs) break;
      this.#wholes.delete(whole.key);
      this.#letGo(whole);
      count++;
    }
    return count;
  }

  #wholeOf(neighbour: string, channel: string, first: ChunkFrame): Whole {
    const { bundleId, totalBytes, crc, chunkBytes } = first;
    const key = JSON.stringify([neighbour, channel, bundleId, totalBytes, crc, chunkBytes]);
    const fresh = { key, neighbour, first, parts: new Map(), heldBytes: 0, dueMs: 0 };
    return this.#wholes.get(key) ?? { ...fresh, first: { ...first, data: NO_BYTES } };
  }

  #hold(whole: Whole, bytes: number): void {
    const { neighbourBytesMax, heldBytesMax } = this.#limits;
    const ofNeighbour = (this.#heldByNeighbour.get(whole.neighbour) ?? 0) + bytes;
    if (ofNeighbour > neighbourBytesMax || this.#heldBytes + bytes > heldBytesMax)
      throw new FrameRefused(
        'flooding',
        ofNeighbour > neighbourBytesMax
          ? `Unfinished bundles of ${whole.neighbour} would hold ${ofNeighbour} bytes, above ${neighbourBytesMax}.`
          : `Unfinished bundles would hold ${this.#heldBytes + bytes} bytes, above ${heldBytesMax}.`,
      );
    whole.heldBytes += bytes;
    this.#heldBytes += bytes;
    this.#heldByNeighbour.set(whole.neighbour, ofNeighbour);
  }

  #letGo({ neighbour, heldBytes }: Whole): void {
    this.#heldBytes -= heldBytes;
    const left = this.#heldByNeighbour.get(neighbour)! - heldBytes;
    if (left > 0) this.#heldByNeighbour.set(neighbour, left);
    else this.#heldByNeighbour.delete(neighbour);
  }
}

const NO_BYTES = new Uint8Array(0);

/** How many parts there are of the bundle. Throws `FrameRefused`: malformed, too-large. */
export function checkedChunk(
  { totalBytes, chunkBytes, index, data, bundleId }: ChunkFrame,
  wholeBytesMax = BUNDLE_BYTES_MAX,
): number {
  if (totalBytes > wholeBytesMax)
    throw new FrameRefused(
      'too-large',
      `The bundle ${bundleId} has ${totalBytes} bytes, above ${wholeBytesMax}.`,
    );
  const count = Math.ceil(totalBytes / chunkBytes);
  const due = Math.min(chunkBytes, totalBytes - index * chunkBytes);
  const isSound = chunkBytes >= CHUNK_BYTES_MIN && index < count && data.length === due;
  if (isSound) return count;
  throw new FrameRefused(
    'malformed',
    `Chunk ${index} of ${data.length} bytes is no part of ${totalBytes} bytes in chunks of ${chunkBytes}.`,
  );
}

/** The whole of all its parts, by their index. Throws `FrameRefused`: corrupt. */
export function joinedChunks(
  first: Pick<ChunkFrame, 'bundleId' | 'totalBytes' | 'chunkBytes' | 'crc'>,
  parts: ReadonlyMap<number, Uint8Array>,
): Uint8Array {
  const { totalBytes, chunkBytes } = first;
  const bytes = new Uint8Array(totalBytes);
  for (const [index, part] of parts) bytes.set(part, index * chunkBytes);
  return intact(first, bytes);
}

function intact({ bundleId, crc }: Pick<ChunkFrame, 'bundleId' | 'crc'>, bytes: Uint8Array): Uint8Array {
  const came = crc32c(bytes);
  if (came === crc) return bytes;
  throw new FrameRefused('corrupt', `The bundle ${bundleId} has the CRC ${came}, not ${crc}.`);
}
