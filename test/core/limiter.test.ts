import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Limiter } from '../../core/limiter.ts';

test('runs everything once, in turn, and never more at once than it may', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(4), { maxLength: 40 }),
      async (most, turns) => {
        const limiter = new Limiter(most);
        const begun: number[] = [];
        let [running, peak] = [0, 0];
        const ends = turns.map(() => Promise.withResolvers<void>());
        const starts = turns.map((length, at) =>
          limiter.start(async () => {
            begun.push(at);
            peak = Math.max(peak, ++running);
            for (let turn = 0; turn < length; turn++) await Promise.resolve();
            running--;
            ends[at]!.resolve();
          }),
        );
        await Promise.all([...starts, ...ends.map(({ promise }) => promise)]);
        expect(begun).toEqual(turns.map((_, at) => at));
        expect(peak).toBeLessThanOrEqual(most);
        expect(running).toBe(0);
      },
    ),
  );
});

test('lets the next begin only when one has ended', async () => {
  const limiter = new Limiter(1);
  const first = Promise.withResolvers<void>();
  let hasBegun = false;
  await limiter.start(() => first.promise);
  const second = limiter.start(async () => {
    hasBegun = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasBegun).toBe(false);
  first.resolve();
  await second;
  expect(hasBegun).toBe(true);
});
