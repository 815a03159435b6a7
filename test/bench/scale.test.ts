import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Account, NEW, RAISED } from '../../bench/scale/quotas.ts';
import { Bucket, Places } from '../../bench/scale/resources.ts';
import { type Load, simulate } from '../../bench/scale/simulation.ts';
import { usesOf } from '../../bench/scale/uses.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';

describe('a token bucket', () => {
  test('never gives more than its burst and what has come since, and keeps nobody waiting without need', () => {
    const asked = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 50 })), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 500 }),
        asked,
        (rate, burst, asks) => {
          const bucket = new Bucket({ rate, burst });
          let [nowMs, taken] = [0, 0];
          for (const [pauseMs, amount] of asks) {
            nowMs += pauseMs;
            const waitMs = bucket.take(nowMs, amount);
            taken += amount;
            const allowed = burst + (rate / 1000) * (nowMs + waitMs);
            expect(taken).toBeLessThanOrEqual(allowed + 1e-6);
            if (waitMs > 0 && pauseMs === 0 && taken === amount) expect(amount).toBeGreaterThan(burst);
          }
          expect(bucket.seen.taken).toBe(taken);
        },
      ),
    );
  });
});

describe('places', () => {
  test('are never more than there are, go to who came first, and are given up after a while', () => {
    const stays = fc.array(fc.tuple(fc.nat(300), fc.nat(200)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), stays, (count, comers) => {
        const timeline = new VirtualTime();
        const places = new Places(count, 250);
        const served: number[] = [];
        let [inside, gone] = [0, 0];
        comers.forEach(([atMs, stayMs], number) =>
          timeline.after(atMs, () =>
            places.ask(
              timeline.nowMs,
              () => {
                inside++;
                expect(inside).toBeLessThanOrEqual(count);
                expect(timeline.nowMs - atMs).toBeLessThanOrEqual(250);
                served.push(number);
                timeline.after(stayMs, () => {
                  inside--;
                  places.leave(timeline.nowMs);
                });
              },
              () => gone++,
            ),
          ),
        );
        timeline.run();
        const byArrival = served.toSorted((a, b) => comers[a]![0] - comers[b]![0] || a - b);
        expect(served).toEqual(byArrival);
        expect(served.length + gone).toBe(comers.length);
        expect(places.gaveUp).toBe(gone);
      }),
    );
  });
});

const fan: Load = {
  executions: 1,
  tasksEach: 5000,
  shape: 'fan',
  joins: false,
  isOneTree: true,
  attemptMs: 10,
};

/** Nothing is short. */
const PLENTY: Account = {
  rates: Object.fromEntries(
    Object.keys(NEW.rates).map((name) => [name, { rate: 1e9, burst: 1e9 }]),
  ) as Account['rates'],
  concurrency: 1e9,
  shards: 4,
};
const only = (rates: Partial<Account['rates']>): Account => ({
  ...PLENTY,
  rates: { ...PLENTY.rates, ...rates },
});

describe('the simulation', () => {
  test('runs every task, and the same way each time', () => {
    const load = { ...fan, executions: 3, tasksEach: 400, joins: true };
    const first = simulate(load, NEW);
    expect(first.tasksPerSecond * first.seconds).toBeCloseTo(1200, 6);
    expect(simulate(load, NEW)).toEqual(first);
  });

  test('takes as long as a chain takes by itself where nothing is short', () => {
    const chain: Load = { ...fan, shape: 'chain', tasksEach: 100 };
    const { route, run, complete } = usesOf({ attemptMs: 10, parents: 1, lasts: 0 });
    const taskMs = route.ms + run.ms + complete.ms + 3 * 29;
    const { seconds, waits } = simulate(chain, PLENTY);
    expect(seconds * 1000).toBeGreaterThan(100 * taskMs);
    expect(seconds * 1000).toBeLessThan(100 * taskMs + 1000);
    expect(Object.values(waits).every((wait) => wait.waits === 0)).toBe(true);
  });

  test.each([
    ['writes of one partition', only({ keyWrites: NEW.rates.keyWrites }), 1000],
    ['reads of one partition', only({ keyReads: NEW.rates.keyReads }), 3000],
  ] as const)('is held to the %s, however much of the rest there is', (_, account, rate) => {
    const { route, complete } = usesOf({ attemptMs: 10, parents: 0, lasts: fan.tasksEach });
    const each = rate === 1000 ? route.writes + complete.writes + 1 : route.reads + complete.reads;
    const { tasksPerSecond } = simulate(fan, account);
    // What was saved up before it began goes on top.
    expect(tasksPerSecond).toBeLessThan((rate / each) * 1.25);
    expect(tasksPerSecond).toBeGreaterThan((rate / each) * 0.75);
  });

  test('loses no task to machines that gave up, and takes longer for it', () => {
    const { gaveUp, isStuck, seconds, tasksPerSecond } = simulate(
      { ...fan, tasksEach: 4200 },
      { ...PLENTY, concurrency: 3 },
    );
    expect(gaveUp).toBeGreaterThan(100);
    expect(isStuck).toBe(false);
    // The first look for lost tasks.
    expect(seconds).toBeGreaterThan(6 * 60);
    expect(tasksPerSecond * seconds).toBeCloseTo(4200, 6);
  });

  test('gives up on what more than a tenth of all tasks is lost to', () => {
    const outcome = simulate(fan, { ...PLENTY, concurrency: 2 });
    expect(outcome.isStuck).toBe(true);
    expect(outcome.gaveUp).toBeGreaterThan(500);
  });

  test('loses nothing where executions, or their tasks, wait for places', () => {
    const crowd = { ...fan, executions: 30, tasksEach: 200 };
    const few = { ...NEW, concurrency: 40 };
    for (const limits of [
      { workflowsAtOnce: 1, tasksAtOnceEach: 30 },
      { workflowsAtOnce: 10, tasksAtOnceEach: 3 },
    ])
      expect(simulate({ ...crowd, ...limits }, few)).toMatchObject({ gaveUp: 0, isStuck: false });
  });

  test('gains by quotas that were raised', () => {
    const load: Load = {
      ...fan,
      executions: 200,
      tasksEach: 100,
      joins: true,
      isOneTree: false,
      workflowsAtOnce: 40,
    };
    expect(simulate(load, RAISED).seconds).toBeLessThan(simulate(load, NEW).seconds / 2);
  });
});
