import { BundleRefused, type RefusalReason } from './refusal.ts';

const MAJOR_TYPES = [
  'an unsigned integer',
  'a negative integer',
  'a byte string',
  'a text string',
  'an array',
  'a map',
  'a tag',
  'a simple value or float',
];
const TWO_32 = 2 ** 32;
const BREAK = 0xff;
const INDEFINITE_ARRAY = 0x9f;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads deterministic CBOR (RFC 8949, section 4.2.1) step by step, and nothing else: whoever calls says which type comes
 * next, so that depth is bounded by the caller's code. Every refusal names the field and the byte.
 */
export class CborReader {
  readonly bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.bytes.length;
  }

  refuse(message: string, offset = this.#offset, reason: RefusalReason = 'malformed'): BundleRefused {
    return new BundleRefused(reason, message, { offset });
  }

  /** The major type of the next item, 0 to 7; what there is at the end has none. */
  peekMajor(what: string): number {
    return this.#initial(what) >> 5;
  }

  unsigned(what: string): number {
    const at = this.#offset;
    const value = this.#head(0, what);
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    throw this.refuse(`${what} is above 2^53 - 1`, at, 'unsupported');
  }

  /** An integer up to 2^64 - 1, in decimal. */
  decimal(what: string): string {
    const at = this.#offset;
    const value = this.#head(0, what);
    if (value <= Number.MAX_SAFE_INTEGER) return String(value);
    return String(new DataView(this.bytes.buffer, this.bytes.byteOffset).getBigUint64(at + 1));
  }

  /** The length of a definite array. */
  array(what: string): number {
    return this.#head(4, what);
  }

  arrayOf(length: number, what: string): void {
    const at = this.#offset;
    const came = this.#head(4, what);
    if (came !== length) throw this.refuse(`${what} has ${came} elements, not ${length}`, at);
  }

  /** A view of the bytes, not a copy. */
  byteString(what: string, bytesMax: number): Uint8Array {
    return this.#string(2, what, bytesMax);
  }

  text(what: string, bytesMax: number): string {
    const at = this.#offset;
    try {
      return utf8.decode(this.#string(3, what, bytesMax));
    } catch (error) {
      if (error instanceof BundleRefused) throw error;
      throw this.refuse(`${what} is not UTF-8`, at);
    }
  }

  boolean(what: string): boolean {
    const byte = this.#initial(what);
    if (byte !== 0xf4 && byte !== 0xf5) throw this.refuse(`${what} is neither true nor false`);
    this.#offset++;
    return byte === 0xf5;
  }

  startIndefiniteArray(what: string): void {
    if (this.#initial(what) !== INDEFINITE_ARRAY) {
      throw this.refuse(`${what} does not start with an indefinite-length array (0x9f)`);
    }
    this.#offset++;
  }

  /** Whether the indefinite array ends here; its break is then read. */
  tryBreak(what: string): boolean {
    if (this.#initial(what) !== BREAK) return false;
    this.#offset++;
    return true;
  }

  end(what: string): void {
    if (!this.isAtEnd)
      throw this.refuse(`${what} is followed by ${this.bytes.length - this.#offset} more bytes`);
  }

  #string(major: number, what: string, bytesMax: number): Uint8Array {
    const at = this.#offset;
    const sizeBytes = this.#head(major, what);
    if (sizeBytes > bytesMax) {
      throw this.refuse(`${what} has ${sizeBytes} bytes, above the limit of ${bytesMax}`, at, 'too-large');
    }
    const left = this.bytes.length - this.#offset;
    if (sizeBytes > left) {
      throw this.refuse(`${what} is cut off: ${left} of ${sizeBytes} bytes are there`, at);
    }
    const start = this.#offset;
    this.#offset += sizeBytes;
    return this.bytes.subarray(start, this.#offset);
  }

  #initial(what: string): number {
    const byte = this.bytes[this.#offset];
    if (byte === undefined) throw this.refuse(`the bytes end where ${what} was due`);
    return byte;
  }

  /** The value of the head; not exact above 2^53. */
  #head(major: number, what: string): number {
    const initial = this.#initial(what);
    const info = initial & 31;
    if (initial >> 5 === major && info < 24) {
      this.#offset++;
      return info;
    }
    return this.#longHead(major, initial, what);
  }

  #longHead(major: number, initial: number, what: string): number {
    const at = this.#offset;
    const info = initial & 31;
    if (initial === BREAK) throw this.refuse(`${what} was due, a break came`, at);
    if (initial >> 5 !== major) {
      throw this.refuse(`${what} is ${MAJOR_TYPES[initial >> 5]}, not ${MAJOR_TYPES[major]}`, at);
    }
    if (info === 31) throw this.refuse(`${what} has an indefinite length`, at);
    if (info > 27) throw this.refuse(`${what} has the reserved additional information ${info}`, at);
    const width = 1 << (info - 24);
    if (at + width >= this.bytes.length) throw this.refuse(`${what} is cut off within its head`, at);
    let value = 0;
    for (let place = 1; place <= width; place++) value = value * 256 + this.bytes[at + place]!;
    if (value < (width === 1 ? 24 : width === 8 ? TWO_32 : 256 ** (width / 2))) {
      throw this.refuse(`${what} has a head of ${width + 1} bytes where fewer do`, at);
    }
    this.#offset = at + 1 + width;
    return value;
  }
}
