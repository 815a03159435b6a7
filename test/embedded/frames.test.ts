import { expect, test } from 'vitest';
import { chunksOf } from '../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../core/node/frames.ts';
import { LinkDown } from '../../core/ports/link-client.ts';
import { type BundleTraffic, createTakeFrame, type FramesOptions, say } from '../../embedded/frames.ts';

const FROM = 'edge-1';
const bundle = new Uint8Array(200_000).fill(7);

/** What is asked of it, until it is let go. */
class Held {
  readonly begun: string[] = [];
  readonly #waiting: (() => void)[] = [];

  async wait(what: string): Promise<void> {
    this.begun.push(what);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  letGo(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function taking(options: Partial<FramesOptions> = {}) {
  const sent: Frame[] = [];
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const traffic: BundleTraffic = {
    arrived: async (_, __, bundleId) => ({ type: 'accepted', bundleIds: [bundleId] }),
    answered: async () => undefined,
  };
  const take = createTakeFrame({
    traffic,
    links: { send: async (_, __, bytes) => void sent.push(decodeFrame(bytes)) },
    clock: { now: () => 0 },
    logger: { error: note, warn: note },
    ...options,
  });
  return { sent, logged, take: (frame: Frame) => take(FROM, 'primary', encodeFrame(frame)), raw: take };
}

test('echoes probes, and answers for a bundle once all of it has come', async () => {
  const { take, raw, sent } = taking();
  await take({ type: 'probe', sequence: 12 });
  const [first, second] = chunksOf('b', bundle);
  await raw(FROM, 'primary', second!);
  expect(sent).toEqual([{ type: 'echo', sequence: 12 }]);
  await raw(FROM, 'primary', first!);
  expect(sent.slice(1)).toEqual([{ type: 'accepted', bundleIds: ['b'] }]);
});

test('hands on what a neighbour says of itself and of its links, and tells who listens of everything', async () => {
  const [heard, reported]: string[][] = [[], []];
  const { take, sent } = taking({
    heard: (_, __, { type }) => heard!.push(type),
    report: async (_, __, { type }) => void reported!.push(type),
  });
  await take({ type: 'health', channels: [] });
  for (const type of ['gone', 'echo'] as const)
    await take(type === 'gone' ? { type } : { type, sequence: 1 });
  expect(heard).toEqual(['health', 'gone', 'echo']);
  expect(reported).toEqual(['health']);
  expect(sent).toEqual([]);
});

test('refuses what is no frame, and takes the next', async () => {
  const { take, raw, sent, logged } = taking();
  await raw(FROM, 'primary', new Uint8Array([1, 2, 3]));
  await take({ type: 'probe', sequence: 1 });
  expect(logged).toEqual(['a frame is refused']);
  expect(sent).toHaveLength(1);
});

test('deals with so much of a neighbour at once, and lets the rest wait', async () => {
  const held = new Held();
  const traffic: BundleTraffic = {
    async arrived(_, __, bundleId) {
      await held.wait(bundleId);
      return undefined;
    },
    answered: async () => undefined,
  };
  const { raw, take } = taking({ traffic, atOnceMax: 2 });
  const all = ['a', 'b', 'c'].map((id) => raw(FROM, 'primary', [...chunksOf(id, bundle.subarray(9))][0]!));
  const rest = ['a', 'b', 'c'].map((id) => raw(FROM, 'primary', [...chunksOf(id, bundle.subarray(9))][1]!));
  await Promise.all([...all, ...rest.slice(0, 2)]);
  // Neither a probe nor another neighbour waits for them.
  await take({ type: 'probe', sequence: 1 });
  for (const chunk of chunksOf('d', bundle)) await raw('edge-2', 'primary', chunk);
  expect(held.begun).toEqual(['a', 'b', 'd']);
  held.letGo();
  await rest[2];
  expect(held.begun).toEqual(['a', 'b', 'd', 'c']);
});

test('goes on after a failure of what it hands on', async () => {
  const traffic: BundleTraffic = {
    arrived: () => Promise.reject(new Error('full')),
    answered: async () => undefined,
  };
  const { raw, take, sent, logged } = taking({ traffic, atOnceMax: 1 });
  for (const id of ['a', 'b']) for (const chunk of chunksOf(id, bundle)) await raw(FROM, 'primary', chunk);
  await take({ type: 'accepted', bundleIds: ['x'] });
  expect(logged).toEqual(['a frame could not be taken', 'a frame could not be taken']);
  expect(sent).toEqual([]);
});

test('says whether anything leads there, and fails for what is wrong besides', async () => {
  const frame: Frame = { type: 'gone' };
  const over = (send: () => Promise<void>) => say({ send }, FROM, 'primary', frame);
  expect(await over(async () => undefined)).toBe(true);
  expect(await over(() => Promise.reject(new LinkDown('down', 'wait')))).toBe(false);
  await expect(over(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
