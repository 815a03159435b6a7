import type { ChunkFrame } from '../node/frames.ts';

/** Keeps parts of bundles until they are whole. */
export interface Chunks {
  /**
   * The encoded bundle when this was the last part that was missing, in whatever order and however often they come. Errors:
   * `FrameRefused` for what is no part of anything, or makes no intact whole, `StoreUnavailable`.
   */
  add(neighbour: string, channel: string, chunk: ChunkFrame): Promise<Uint8Array | undefined>;
}
