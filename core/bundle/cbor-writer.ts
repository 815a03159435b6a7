import { BundleRefused } from './refusal.ts';

const INITIAL_BYTES = 512;
/** A writer that once held a large bundle doesn't keep its memory. */
const KEPT_BYTES = 1 << 20;
const TWO_32 = 2 ** 32;

/** Bytes of the head that says a value or a length. */
export const headBytes = (value: number): number =>
  value < 24 ? 1 : value < 0x100 ? 2 : value < 0x1_0000 ? 3 : value < TWO_32 ? 5 : 9;

/** Writes deterministic CBOR (RFC 8949, section 4.2.1): the shortest heads, definite lengths. */
export class CborWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The buffer, whose first `length` bytes have been written; good until the next write. */
  get buffer(): Uint8Array {
    return this.#bytes;
  }

  /** A view of what has been written; good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written; the writer is empty again. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.reset();
    return taken;
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = new Uint8Array(INITIAL_BYTES);
  }

  /** A byte as it is: the start of an indefinite array (0x9f), a break (0xff), true (0xf5), false (0xf4). */
  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** An integer from 0 to 2^53 - 1; `what` names it in the refusal of anything else. */
  unsigned(value: number, what: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new BundleRefused('malformed', `${what} is ${value}`, {
        fix: 'Give a whole number from 0 to 2^53 - 1.',
      });
    }
    this.#head(0, value);
  }

  /** An integer up to 2^64 - 1. */
  unsignedBig(value: bigint): void {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      this.#head(0, Number(value));
      return;
    }
    this.#reserve(9);
    this.#bytes[this.#length++] = 0x1b;
    for (let shift = 56n; shift >= 0n; shift -= 8n) {
      this.#bytes[this.#length++] = Number((value >> shift) & 0xffn);
    }
  }

  array(length: number): void {
    this.#head(4, length);
  }

  byteString(bytes: Uint8Array): void {
    this.#head(2, bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#head(3, bytes.length);
    this.raw(bytes);
  }

  /** Bytes that are CBOR already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The low `width` bytes of a number below 2^32, the most significant first. */
  bigEndian(value: number, width: number): void {
    this.#reserve(width);
    for (let shift = (width - 1) * 8; shift >= 0; shift -= 8) {
      this.#bytes[this.#length++] = value >>> shift;
    }
  }

  #head(major: number, value: number): void {
    this.#reserve(9);
    const initial = major << 5;
    if (value < 24) {
      this.#bytes[this.#length++] = initial | value;
    } else if (value < 0x100) {
      this.#bytes[this.#length++] = initial | 24;
      this.#bytes[this.#length++] = value;
    } else if (value < 0x1_0000) {
      this.#bytes[this.#length++] = initial | 25;
      this.bigEndian(value, 2);
    } else if (value < TWO_32) {
      this.#bytes[this.#length++] = initial | 26;
      this.bigEndian(value, 4);
    } else {
      this.#bytes[this.#length++] = initial | 27;
      this.bigEndian(Math.floor(value / TWO_32), 4);
      this.bigEndian(value % TWO_32, 4);
    }
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
