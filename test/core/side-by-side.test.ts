import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachOf, sideBySide } from '../../core/side-by-side.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';

interface Seen {
  begun: number[];
  ended: number[];
  most: number;
}

/** Each item takes so many milliseconds; those of less than none fail after as many. */
async function run(items: number[], atOnce: number): Promise<Seen & { failure: unknown }> {
  const clock = new VirtualClock();
  const seen: Seen = { begun: [], ended: [], most: 0 };
  const work = eachOf(items, atOnce, async (ms, at) => {
    seen.begun.push(at);
    seen.most = Math.max(seen.most, seen.begun.length - seen.ended.length);
    await clock.sleep(Math.abs(ms));
    seen.ended.push(at);
    if (ms < 0) throw new Error(`item ${at}`);
  });
  const failure = await clock.drive(
    work.then(
      () => undefined,
      (error: Error) => error.message,
    ),
  );
  return { ...seen, failure };
}

test('does each thing once, in their order, at most so many at a time', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 8 }), async (items, atOnce) => {
      const { begun, ended, most, failure } = await run(items, atOnce);
      expect(begun).toEqual([...items.keys()]);
      expect(ended.toSorted((a, b) => a - b)).toEqual(begun);
      expect([most, failure]).toEqual([Math.min(atOnce, items.length), undefined]);
    }),
  );
});

test('begins the next when any has ended, and waits for no slowest one', async () => {
  const { begun, ended } = await run([100, 10, 10, 10], 2);
  expect([begun, ended]).toEqual([
    [0, 1, 2, 3],
    [1, 2, 3, 0],
  ]);
});

test('fails with the first failure when those under way have ended, and begins no more', async () => {
  const { begun, ended, failure } = await run([30, -10, -20, 5, 5], 3);
  expect([begun, ended, failure]).toEqual([[0, 1, 2], [1, 2, 0], 'item 1']);
});

test('fails where one throws before it waits, and begins no more', async () => {
  const begun: number[] = [];
  const work = sideBySide([1, 2], (item) => {
    begun.push(item);
    throw new Error('at once');
  });
  await expect(work).rejects.toThrow('at once');
  expect(begun).toEqual([1]);
});
