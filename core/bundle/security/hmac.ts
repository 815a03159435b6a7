import { hmac } from '@noble/hashes/hmac.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

const HASHES = { 256: sha256, 384: sha384, 512: sha512 };

/** Bits of SHA-2. */
export type HmacBits = keyof typeof HASHES;

/** The state after the key of a variant, for as long as the caller keeps that key: half the work for small texts. */
interface Keyed {
  /** What the key was: a caller may have written another into the same array. */
  key: Uint8Array;
  bits: HmacBits;
  state: ReturnType<typeof hmac.create>;
}
const keyed = new WeakMap<Uint8Array, Keyed>();

/** HMAC (RFC 2104) with SHA-2. */
export function hmacSha2(bits: HmacBits, key: Uint8Array, text: Uint8Array): Uint8Array {
  let known = keyed.get(key);
  if (known === undefined || known.bits !== bits || !isEqual(known.key, key)) {
    known = { key: key.slice(), bits, state: hmac.create(HASHES[bits], key) };
    keyed.set(key, known);
  }
  return known.state.clone().update(text).digest();
}

/** In a time that doesn't depend on where they differ. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let place = 0; place < a.length; place++) difference |= a[place]! ^ b[place]!;
  return difference === 0;
}
