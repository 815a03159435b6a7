import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK_BYTES, ChunkAssembler, chunksOf } from '../../../core/node/chunks.ts';
import { type ChunkFrame, decodeFrame, FRAME_BYTES_MAX, FrameRefused } from '../../../core/node/frames.ts';

const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) % 256);

const framesOf = (id: string, bytes: Uint8Array, chunkBytes?: number): ChunkFrame[] =>
  [...chunksOf(id, bytes, chunkBytes)].map((frame) => decodeFrame(frame) as ChunkFrame);

describe('chunks of a bundle', () => {
  test('are one frame where it fits, and never larger than a message', () => {
    const id = 'x'.repeat(1200);
    expect([...chunksOf(id, bytesOf(CHUNK_BYTES))]).toHaveLength(1);
    const frames = [...chunksOf(id, bytesOf(1_000_000))];
    expect(frames).toHaveLength(8);
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
  });

  test('come together in any order, however often each comes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 0, max: 4000 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (size, chunkBytes, order) => {
          const bytes = bytesOf(size);
          const frames = framesOf('b', bytes, chunkBytes);
          const assembler = new ChunkAssembler();
          const shuffled = order.map((at) => frames[at % frames.length]!);
          const seen = new Set<number>();
          let wholes = 0;
          for (const chunk of [...shuffled, ...frames]) {
            seen.add(chunk.index);
            const whole = assembler.add('n', 'primary', chunk, 0);
            expect(whole !== undefined).toBe(seen.size === frames.length);
            if (whole === undefined) continue;
            expect(whole).toEqual(bytes);
            seen.clear();
            wholes++;
          }
          expect(wholes).toBeGreaterThan(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('of neighbours, channels and other encodings are kept apart', () => {
    const assembler = new ChunkAssembler();
    const [first, second] = framesOf('b', bytesOf(3000), 2000) as [ChunkFrame, ChunkFrame];
    const [, other] = framesOf('b', bytesOf(3000).reverse(), 2000) as [ChunkFrame, ChunkFrame];
    expect(assembler.add('n', 'primary', first, 0)).toBeUndefined();
    expect(assembler.add('m', 'primary', second, 0)).toBeUndefined();
    expect(assembler.add('n', 'mesh', second, 0)).toBeUndefined();
    expect(assembler.add('n', 'primary', other, 0)).toBeUndefined();
    expect(assembler.add('n', 'primary', second, 0)).toEqual(bytesOf(3000));
  });

  test('leave nothing behind once they are together, or nothing more of them came', () => {
    const assembler = new ChunkAssembler({ patienceMs: 1000 });
    const frames = framesOf('b', bytesOf(5000), 2000);
    for (const chunk of frames) assembler.add('n', 'primary', chunk, 0);
    expect(assembler.heldBytes).toBe(0);
    assembler.add('n', 'primary', frames[0]!, 0);
    assembler.add('n', 'primary', frames[1]!, 900);
    expect(assembler.expire(1899)).toBe(0);
    expect(assembler.heldBytes).toBeGreaterThan(4000);
    expect(assembler.expire(1900)).toBe(1);
    expect(assembler.heldBytes).toBe(0);
  });

  test('refuses a flood, of one neighbour or of all, and goes on with what it holds', () => {
    const assembler = new ChunkAssembler({ neighbourBytesMax: 10_000, heldBytesMax: 15_000 });
    const begin = (neighbour: string, id: string) =>
      assembler.add(neighbour, 'primary', framesOf(id, bytesOf(3000), 2000)[0]!, 0);
    const flood = (neighbour: string) => {
      for (let at = 0; at < 1000; at++) begin(neighbour, `b${at}`);
    };
    expect(() => flood('n')).toThrow(/of n would hold \d+ bytes, above 10000/);
    expect(() => flood('m')).toThrow(/bundles would hold \d+ bytes, above 15000/);
    expect(assembler.heldBytes).toBeLessThanOrEqual(15_000);
    expect(assembler.add('n', 'primary', framesOf('b0', bytesOf(3000), 2000)[1]!, 0)).toEqual(bytesOf(3000));
  });

  test('refuses a whole that its chunks do not make, and forgets it', () => {
    const assembler = new ChunkAssembler();
    const [first, second] = framesOf('b', bytesOf(3000), 2000) as [ChunkFrame, ChunkFrame];
    assembler.add('n', 'primary', first, 0);
    const forged = { ...second, data: second.data.slice().reverse() };
    expect(() => assembler.add('n', 'primary', forged, 0)).toThrow('CRC');
    expect(assembler.heldBytes).toBe(0);
    assembler.add('n', 'primary', first, 0);
    expect(assembler.add('n', 'primary', second, 0)).toEqual(bytesOf(3000));
  });

  test('takes any numbers without throwing anything else or holding more than it may', () => {
    const number = fc.oneof(fc.nat({ max: 5 }), fc.nat(), fc.integer({ min: 0, max: 2 ** 50 }));
    const chunk = fc.record({
      type: fc.constant('bundle' as const),
      bundleId: fc.constantFrom('a', 'b'),
      totalBytes: number,
      crc: fc.nat(),
      chunkBytes: fc.oneof(number, fc.constant(1024)),
      index: number,
      data: fc.uint8Array({ maxLength: 1200 }),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 30 }), (chunks) => {
        const assembler = new ChunkAssembler({ neighbourBytesMax: 20_000 });
        for (const one of chunks) {
          try {
            assembler.add('n', 'primary', one, 0);
          } catch (error) {
            if (!(error instanceof FrameRefused)) throw error;
          }
          expect(assembler.heldBytes).toBeLessThanOrEqual(20_000);
        }
      }),
      { numRuns: 500 },
    );
  });
});
