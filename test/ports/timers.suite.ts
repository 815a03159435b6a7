/** What every `Timers` keeps to, with what takes tasks up on that host. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json.ts';
import type { Timers } from '../../core/ports/timers.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';

export interface Started {
  machine: string;
  name: string;
  input: JsonObject;
  atMs: number;
}

export interface TimersUnderTest {
  timers: Timers;
  close(): void;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** A delay in whole seconds, and the hop. */
const LATE_MS_MAX = 2 * SECOND_MS;

/** `open`: on a clock that the suite moves, with a dispatcher that writes down what it is asked to start. */
export function timersSuite(
  name: string,
  open: (around: { clock: VirtualClock; started: Started[] }) => TimersUnderTest,
): void {
  describe(`${name} as Timers`, () => {
    let clock: VirtualClock;
    let started: Started[];
    let under: TimersUnderTest;
    beforeEach(() => {
      clock = new VirtualClock();
      started = [];
      under = open({ clock, started });
    });
    afterEach(() => under.close());

    const timer = (taskId: string, atMs: number) => ({
      timestamp: new Date(atMs).toISOString(),
      ref: { executionId: 'ex_1', taskId, run: 2, hops: 7 },
    });
    const timesOf = (taskId: string) =>
      started.filter(({ input }) => input.taskId === taskId).map(({ atMs }) => atMs);

    it.each([
      ['a moment', 300],
      ['a minute', MINUTE_MS],
      ['15 minutes', 15 * MINUTE_MS],
      ['half an hour', 30 * MINUTE_MS],
      ['half an hour and a moment', 30 * MINUTE_MS + 300],
      ['12 hours', 12 * HOUR_MS],
      ['30 days', 30 * 24 * HOUR_MS],
      ['a year', 365 * 24 * HOUR_MS],
    ])('have a task taken up that waits for %s, at its time and no earlier', async (_, ms) => {
      await clock.advance(12_345);
      const dueMs = clock.now() + ms;
      await under.timers.set(timer('a', dueMs));
      await clock.advance(ms + LATE_MS_MAX);
      expect(started).toMatchObject([
        {
          machine: 'task',
          name: 'ex_1/a',
          input: { executionId: 'ex_1', taskId: 'a', run: 2, hops: 7 },
        },
      ]);
      expect(started[0]!.atMs).toBeGreaterThanOrEqual(dueMs);
      expect(started[0]!.atMs).toBeLessThanOrEqual(dueMs + LATE_MS_MAX);
    });

    it('have a task taken up at once whose time is over', async () => {
      await clock.advance(HOUR_MS);
      await under.timers.set(timer('a', MINUTE_MS));
      await clock.advance(LATE_MS_MAX);
      expect(timesOf('a')).toHaveLength(1);
    });

    it('keep the times of tasks apart, and those of one task', async () => {
      await under.timers.set(timer('late', 3 * HOUR_MS));
      await under.timers.set(timer('soon', 20 * MINUTE_MS));
      await under.timers.set(timer('late', 2 * HOUR_MS));
      await clock.advance(4 * HOUR_MS);
      const hours = (taskId: string) => timesOf(taskId).map((ms) => Math.floor(ms / HOUR_MS));
      expect([hours('soon'), hours('late')]).toEqual([[0], [2, 3]]);
    });

    it('may be set again: the task is taken up at its time all the same', async () => {
      for (let times = 0; times < 3; times++) await under.timers.set(timer('a', HOUR_MS));
      await clock.advance(2 * HOUR_MS);
      expect(timesOf('a').length).toBeGreaterThanOrEqual(1);
      for (const atMs of timesOf('a')) expect(Math.abs(atMs - HOUR_MS)).toBeLessThanOrEqual(LATE_MS_MAX);
    });
  });
}
