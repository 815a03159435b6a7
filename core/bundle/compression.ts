import { InvalidInput, PayloadTooLarge } from '../errors.ts';
import type { Compression } from '../ports/compression.ts';
import { BUNDLE_FLAGS, type Bundle, hasFlag, PAYLOAD_NUMBER, payloadOf, withPayload } from './bundle.ts';
import { COMPRESSION } from './extensions.ts';
import { blockValue, findBlock, withBlock, withoutBlock } from './known-blocks.ts';
import { BundleRefused } from './refusal.ts';
import { encryptedNumbers, isSecurityBlock } from './security/abstract-block.ts';

/**
 * The bundle with its payload compressed, and a block that says so; as it is where that would not make it smaller.
 * Before anything protects it: ciphertext doesn't shrink. Throws `BundleRefused` (malformed) for protected bundles and
 * fragments.
 */
export async function compressPayload(bundle: Bundle, compression: Compression): Promise<Bundle> {
  if (bundle.blocks.some(isSecurityBlock) || hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment)) {
    throw new BundleRefused('malformed', 'The bundle is protected or fragmented already', {
      fix: 'Compress first, then protect, then fragment.',
    });
  }
  if (findBlock(bundle, COMPRESSION)) return bundle;
  const payload = payloadOf(bundle);
  const compressed = await compression.compress(payload);
  const marked = withBlock(bundle, COMPRESSION, { algorithm: 'zstd', originalBytes: payload.length });
  const costBytes = findBlock(marked, COMPRESSION)!.data.length + BLOCK_OVERHEAD_BYTES;
  return compressed.length + costBytes < payload.length ? withPayload(marked, compressed) : bundle;
}

/** Of the compression block beside its data, with a CRC-32C. */
const BLOCK_OVERHEAD_BYTES = 13;

/**
 * The bundle with its payload as it was before `compressPayload`; as it is without a compression block.
 * Throws `BundleRefused`: too-large above `payloadBytesMax`, corrupt, malformed while encrypted or fragmented.
 */
export async function decompressPayload(
  bundle: Bundle,
  compression: Compression,
  payloadBytesMax: number,
): Promise<Bundle> {
  const block = blockValue(bundle, COMPRESSION);
  if (block === undefined) return bundle;
  if (
    encryptedNumbers(bundle).has(PAYLOAD_NUMBER) ||
    hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment)
  ) {
    throw new BundleRefused('malformed', 'The compressed payload is encrypted or fragmented', {
      fix: 'Reassemble first, then decrypt, then decompress.',
    });
  }
  const { originalBytes } = block;
  if (originalBytes > payloadBytesMax) {
    throw new BundleRefused(
      'too-large',
      `The payload has ${originalBytes} bytes uncompressed, above ${payloadBytesMax}`,
    );
  }
  const payload = await decompressed(payloadOf(bundle), compression, originalBytes);
  return withPayload(withoutBlock(bundle, COMPRESSION), payload);
}

async function decompressed(bytes: Uint8Array, compression: Compression, originalBytes: number) {
  try {
    const payload = await compression.decompress(bytes, originalBytes);
    if (payload.length === originalBytes) return payload;
    throw new BundleRefused(
      'corrupt',
      `The payload decompresses to ${payload.length} bytes, not ${originalBytes}`,
    );
  } catch (error) {
    if (error instanceof PayloadTooLarge || error instanceof InvalidInput) {
      throw new BundleRefused(
        'corrupt',
        `The payload does not decompress to its ${originalBytes} bytes: ${error.message}`,
      );
    }
    throw error;
  }
}
