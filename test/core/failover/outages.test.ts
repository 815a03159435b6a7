import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawOutages, isCut, longestLifeMs } from '../../../bench/network/outage-schedule.ts';
import { runOutages } from '../../../bench/network/outages.ts';
import { SeededRandom } from '../../../core/simulator/seeded-random.ts';

describe('random outages', () => {
  it('lose no FLASH bundle while a channel lives, are found in three intervals, and switch within the damping bound', async () => {
    let outages = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
        const run = await runOutages(seed);
        outages += run.outages;
        expect(run.lost).toBe(0);
        expect(run.acknowledged + run.expiredWithoutChannel).toBe(run.flash);
        expect(run.foundWithinIntervals).toBeLessThanOrEqual(3);
        expect(run.switches).toBeLessThanOrEqual(run.switchesMax);
      }),
      // Links lose frames by chance: one in a million bundles loses every try, and it may not be in a test.
      { numRuns: 100, seed: 1 },
    );
    expect(outages).toBeGreaterThan(100);
  });

  it('give the same run for the same seed', async () => {
    expect(await runOutages(11)).toEqual(await runOutages(11));
    expect(await runOutages(11)).not.toEqual(await runOutages(12));
  });

  it('are read alike by both who ask whether a channel lives', () => {
    const time = fc.double({ min: 0, max: 180_000, noNaN: true });
    fc.assert(
      fc.property(fc.nat(), time, time, (seed, one, other) => {
        const [fromMs, toMs] = [Math.min(one, other), Math.max(one, other)];
        for (const outages of drawOutages(['primary', 'mesh'], 180_000, new SeededRandom(seed))) {
          const overlapping = outages.some(({ startMs, endMs }) => startMs <= toMs && fromMs < endMs);
          expect(isCut(outages, fromMs, toMs)).toBe(overlapping);
          expect(longestLifeMs(outages, fromMs, toMs) === toMs - fromMs).toBe(
            !overlapping || fromMs === toMs,
          );
        }
      }),
    );
  });
});
