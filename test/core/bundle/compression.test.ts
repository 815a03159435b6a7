import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZstdCompression } from '../../../adapters/system/zstd.ts';
import { type Bundle, payloadOf, withPayload } from '../../../core/bundle/bundle.ts';
import { compressPayload, decompressPayload } from '../../../core/bundle/compression.ts';
import { decodeBundle } from '../../../core/bundle/decode.ts';
import { encodeBundle } from '../../../core/bundle/encode.ts';
import { COMPRESSION } from '../../../core/bundle/extensions.ts';
import { fragmentBundle } from '../../../core/bundle/fragment.ts';
import { blockValue, withBlock } from '../../../core/bundle/known-blocks.ts';
import { decryptBlocks, encryptBlocks } from '../../../core/bundle/security/confidentiality.ts';
import { sample } from './samples.ts';

const zstd = new ZstdCompression();
const MAX = 1 << 20;
const text = (sizeBytes: number) =>
  new TextEncoder().encode('one bundle after the other, '.repeat(sizeBytes / 28 + 1));
const KEY = new Uint8Array(32).fill(9);
const secret = { source: 'ipn:1.0', key: KEY, targets: [{ number: 1, iv: new Uint8Array(12) }] };

const claiming = (payload: Uint8Array, originalBytes: number): Bundle =>
  withBlock(sample({ payload }), COMPRESSION, { algorithm: 'zstd', originalBytes });

describe('a compressed payload', () => {
  it('comes back whole, and is never larger than before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.nat(5000).map(text)),
        async (payload) => {
          const bundle = sample({ payload });
          const compressed = await compressPayload(bundle, zstd);
          const bytes = encodeBundle(compressed);
          expect(bytes.length).toBeLessThanOrEqual(encodeBundle(bundle).length);
          expect(await decompressPayload(decodeBundle(bytes), zstd, MAX)).toEqual(bundle);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is compressed before it is encrypted, and not after', async () => {
    const bundle = sample({ payload: text(4000) });
    const sent = encryptBlocks(await compressPayload(bundle, zstd), secret);
    expect(encodeBundle(sent).length).toBeLessThan(400);
    await expect(decompressPayload(sent, zstd, MAX)).rejects.toThrow(/encrypted/);
    const opened = decryptBlocks(sent, { keyOf: () => KEY });
    expect(payloadOf(await decompressPayload(opened, zstd, MAX))).toEqual(payloadOf(bundle));
    await expect(compressPayload(encryptBlocks(bundle, secret), zstd)).rejects.toThrow(/protected/);
    await expect(compressPayload(fragmentBundle(bundle, 1000)[0]!, zstd)).rejects.toThrow(/fragmented/);
  });

  it('stays as it is where compression gains nothing, or was done', async () => {
    const noise = sample({ payload: randomBytes(2000) });
    expect(await compressPayload(noise, zstd)).toBe(noise);
    const compressed = await compressPayload(sample({ payload: text(4000) }), zstd);
    expect(await compressPayload(compressed, zstd)).toBe(compressed);
    expect(await decompressPayload(noise, zstd, MAX)).toBe(noise);
  });

  it('is refused when it claims more than may be, before any work', async () => {
    const bundle = claiming(zstdCompressSync(text(4000)), MAX + 1);
    await expect(decompressPayload(bundle, zstd, MAX)).rejects.toMatchObject({ reason: 'too-large' });
  });

  it('is refused when it becomes more or less than it claims, or is damaged', async () => {
    const frame = zstdCompressSync(text(4000));
    const { length } = text(4000);
    for (const [bytes, claimed] of [
      [frame, length - 1],
      [frame, length + 1],
      [frame, 0],
      [frame.subarray(0, -4), length],
      [text(100), 100],
    ] as const) {
      await expect(decompressPayload(claiming(bytes, claimed), zstd, MAX)).rejects.toMatchObject({
        reason: 'corrupt',
      });
    }
    expect(blockValue(claiming(frame, length), COMPRESSION)?.originalBytes).toBe(length);
  });

  it('fails to blow up: a bomb is stopped at the size that it claims', async () => {
    const bomb = zstdCompressSync(new Uint8Array(1 << 28));
    expect(bomb.length).toBeLessThan(20_000);
    const before = process.memoryUsage().rss;
    await expect(decompressPayload(claiming(bomb, 100_000), zstd, MAX)).rejects.toMatchObject({
      reason: 'corrupt',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  it('is refused with a window larger than is allowed', async () => {
    // Window_Descriptor 0xa0 (RFC 8878, section 3.1.1.1.2): 1 GiB; one empty last block.
    const frame = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00]);
    await expect(decompressPayload(claiming(frame, 10), zstd, MAX)).rejects.toMatchObject({
      reason: 'corrupt',
    });
    expect(payloadOf(withPayload(sample(), frame))).toBe(frame);
  });
});
