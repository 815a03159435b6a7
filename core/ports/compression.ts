/** Compresses whole byte strings with zstd (RFC 8878). */
export interface Compression {
  compress(bytes: Uint8Array): Promise<Uint8Array>;
  /**
   * Rejects with `PayloadTooLarge` when the result would have more than `bytesMax` bytes, and with `InvalidInput` for
   * what is not zstd or is cut off. Neither takes more memory than `bytesMax` and a fixed window.
   */
  decompress(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
}
