/** What every `Clock` keeps to. */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports/clock.ts';

/** `advance` lets the clock's time go by, where a test owns it. */
export function clockSuite(
  name: string,
  open: () => { clock: Clock; advance?: (ms: number) => Promise<void> },
): void {
  describe(`${name} as a Clock`, () => {
    it.each([0, 1, 3, 20])('sleeps %i ms, and never less', async (ms) => {
      const { clock, advance } = open();
      const fromMs = clock.now();
      const slept = clock.sleep(ms);
      await advance?.(ms);
      await slept;
      expect(clock.now() - fromMs).toBeGreaterThanOrEqual(ms);
    });

    it('wakes the sleepers in the order of their times', async () => {
      const { clock, advance } = open();
      const woken: number[] = [];
      const sleeps = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
      await advance?.(30);
      await Promise.all(sleeps);
      expect(woken).toEqual([10, 20, 30]);
    });

    it('stops sleeping with the reason of the signal, before or during', async () => {
      const { clock } = open();
      const reason = new Error('shut down');
      await expect(clock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const slept = clock.sleep(60_000, controller.signal);
      controller.abort(reason);
      await expect(slept).rejects.toBe(reason);
    });
  });
}
