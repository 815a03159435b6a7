import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { budgetOf, RETRY, retryAt, RetryBudget, retryOf } from '../../../core/link-health/retry.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';

const rich = () => new RetryBudget({ tokensMax: 1e6, perSuccess: 1, perSecond: 1e6 });
const last = { next: () => 1 - Number.EPSILON };

describe('a retry', () => {
  it('waits up to twice as long each time, up to its cap', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 1000].map((tries) => {
      const again = retryAt({ tries, deadlineMs: Infinity, tryMs: 0 }, 0, { random: last, budget: rich() });
      return 'atMs' in again ? Math.round(again.atMs) : NaN;
    });
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('comes within half a second, of flash and above', () => {
    const waits = PRECEDENCES.map((precedence) => {
      const settings = retryOf(precedence);
      const again = retryAt({ tries: 1000, deadlineMs: Infinity, tryMs: 0 }, 0, {
        random: last,
        budget: rich(),
        settings,
      });
      return 'atMs' in again ? Math.round(again.atMs) : NaN;
    });
    expect(waits).toEqual([500, 500, 5000, 5000, 5000, 5000]);
  });

  it('is spread over the whole of that time', () => {
    const random = new SeededRandom(7);
    const waits = Array.from({ length: 2000 }, () => {
      const again = retryAt({ tries: 20, deadlineMs: Infinity, tryMs: 0 }, 0, { random, budget: rich() });
      return 'atMs' in again ? again.atMs : NaN;
    });
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(Math.min(...waits)).toBeLessThan(50);
    expect(Math.abs(mean - RETRY.delayMsMax / 2)).toBeLessThan(100);
  });

  it('never ends past the deadline, and never begins before now', () => {
    const time = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(),
        time,
        time,
        time,
        fc.integer({ min: 1, max: 100 }),
        (seed, nowMs, lastsMs, tryMs, tries) => {
          const deadlineMs = nowMs + lastsMs;
          const budget = new RetryBudget(budgetOf('routine'));
          for (let taken = 0; taken < seed % 20; taken++) budget.take(nowMs);
          const again = retryAt({ tries, deadlineMs, tryMs }, nowMs, {
            random: new SeededRandom(seed),
            budget,
          });
          if ('atMs' in again) {
            expect(again.atMs).toBeGreaterThanOrEqual(nowMs);
            expect(again.atMs + tryMs).toBeLessThanOrEqual(deadlineMs);
          } else expect(again.refused).toBe('deadline');
        },
      ),
    );
  });

  it('gives the token back that it could not use', () => {
    const budget = new RetryBudget({ tokensMax: 1, perSuccess: 0, perSecond: 0.001 });
    const late = retryAt({ tries: 1, deadlineMs: 10, tryMs: 100 }, 0, { random: last, budget });
    expect(late).toMatchObject({ refused: 'deadline' });
    expect(budget.take(0)).toBe(0);
  });

  it('ends at the limit of tries', () => {
    const again = retryAt({ tries: RETRY.triesMax, deadlineMs: Infinity, tryMs: 0 }, 0, {
      random: last,
      budget: rich(),
    });
    expect(again).toMatchObject({ refused: 'tries' });
  });
});

describe('a retry budget', () => {
  it('lets through what was saved, then what time and successes earn', () => {
    const budget = new RetryBudget({ tokensMax: 2, perSuccess: 0.5, perSecond: 0.1 });
    expect([1, 2, 3, 4].map(() => budget.take(0))).toEqual([0, 0, 10_000, 20_000]);
    budget.succeeded();
    budget.succeeded();
    expect(budget.take(0)).toBe(20_000);
  });

  it('never lets through more than it had, was earned by successes and by time', () => {
    const steps = fc.array(fc.oneof(fc.constant('success' as const), fc.integer({ min: 0, max: 3000 })));
    fc.assert(
      fc.property(steps, (trace) => {
        const budget = new RetryBudget({ tokensMax: 5, perSuccess: 0.1, perSecond: 0.5 });
        let nowMs = 0;
        let successes = 0;
        const used: number[] = [];
        for (const step of trace) {
          if (step === 'success') {
            successes++;
            budget.succeeded();
          } else {
            nowMs += step;
            used.push(budget.take(nowMs));
          }
        }
        for (const atMs of used) {
          const until = used.filter((other) => other <= atMs).length;
          expect(until).toBeLessThanOrEqual(5 + successes * 0.1 + (atMs / 1000) * 0.5 + 1e-6);
        }
      }),
    );
  });

  it('refuses a budget that never earns anything', () => {
    expect(() => new RetryBudget({ tokensMax: 0, perSuccess: 0, perSecond: 1 })).toThrow(InvalidInput);
    expect(() => new RetryBudget({ tokensMax: 1, perSuccess: 0, perSecond: 0 })).toThrow(InvalidInput);
  });
});
