import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';
import type { Compression } from '../../core/ports/compression.ts';

const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);

/** 8 MiB: what decompression may ask for beside its output, whatever a frame says. */
const WINDOW_LOG_MAX = 23;

/** Up to here the work is done sooner than it is handed to another thread: 0.1 ms, not 1. */
const AT_ONCE_BYTES = 16_384;

/** Zstandard as Node has it; more than a little is done off the main thread. */
export class ZstdCompression implements Compression {
  readonly #level: number;

  /** @param level 1 to 19; 3, zstd's own default, unless given. */
  constructor(level = 3) {
    this.#level = level;
  }

  async compress(bytes: Uint8Array): Promise<Uint8Array> {
    const params = {
      [constants.ZSTD_c_compressionLevel]: this.#level,
      [constants.ZSTD_c_windowLog]: Math.min(WINDOW_LOG_MAX, 21),
    };
    const isLittle = bytes.length <= AT_ONCE_BYTES;
    return asBytes(isLittle ? zstdCompressSync(bytes, { params }) : await compressAsync(bytes, { params }));
  }

  async decompress(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
    const params = { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX };
    try {
      // Node takes no limit of 0.
      const limit = { maxOutputLength: Math.max(1, bytesMax), chunkSize: 16_384, params };
      const isLittle = Math.max(bytes.length, bytesMax) <= AT_ONCE_BYTES;
      const output = asBytes(
        isLittle ? zstdDecompressSync(bytes, limit) : await decompressAsync(bytes, limit),
      );
      if (output.length <= bytesMax) return output;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') {
        throw new InvalidInput(
          `${bytes.length} bytes are no zstd frame: ${(error as Error).message}`,
          'Send it again.',
          {
            cause: error,
          },
        );
      }
    }
    throw new PayloadTooLarge(
      `${bytes.length} bytes decompress to more than ${bytesMax}`,
      'Raise the limit if so much is expected.',
    );
  }
}

const asBytes = (buffer: Buffer): Uint8Array =>
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
