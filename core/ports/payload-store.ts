/** Keeps payloads too large to travel inline, by the SHA-256 of their bytes. */
export interface PayloadStore {
  /** Durable when it resolves to the reference `sha256:<hex>`. Idempotent. */
  put(bytes: Uint8Array): Promise<string>;
  /** The bytes, or undefined when unknown. Rejects with `PayloadCorrupt` when they don't match their hash. */
  get(ref: string): Promise<Uint8Array | undefined>;
}
