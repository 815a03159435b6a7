import { afterEach, expect, test } from 'vitest';
import { AcceleratedClock } from '../../../adapters/system/accelerated-clock.ts';

let clock: AcceleratedClock | undefined;
afterEach(() => clock?.stop());

const START_MS = Date.UTC(2008, 8, 20);

test('begins where it is told, and wakes sleepers in the order of their times, not before them', async () => {
  clock = new AcceleratedClock({ startMs: START_MS, factor: 1000 });
  expect(clock.now()).toBe(START_MS);
  const woken: number[] = [];
  await Promise.all([60_000, 20_000, 40_000].map((ms) => clock!.sleep(ms).then(() => woken.push(ms))));
  expect(woken).toEqual([20_000, 40_000, 60_000]);
  expect(clock.now()).toBeGreaterThanOrEqual(START_MS + 60_000);
});

test('goes no further at once than its step, however long the machine was busy', async () => {
  clock = new AcceleratedClock({ startMs: START_MS, factor: 1000, stepMsMax: 50 });
  const until = performance.now() + 30;
  while (performance.now() < until);
  const seen: number[] = [];
  for (let look = 0; look < 20; look++) {
    seen.push(clock.now());
    await new Promise((resolve) => setImmediate(resolve));
  }
  const steps = seen.slice(1).map((ms, at) => ms - seen[at]!);
  expect(Math.max(...steps)).toBeLessThanOrEqual(50);
});

test('rejects a sleep that is aborted, with the reason', async () => {
  clock = new AcceleratedClock({ startMs: START_MS, factor: 1 });
  const closing = new AbortController();
  const sleeping = clock.sleep(1e9, closing.signal);
  closing.abort(new Error('closed'));
  await expect(sleeping).rejects.toThrow('closed');
});
