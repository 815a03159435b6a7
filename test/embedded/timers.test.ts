import { expect, test } from 'vitest';
import { createTimers } from '../../embedded/timers.ts';
import { timersSuite } from '../ports/timers.suite.ts';
import { VirtualClock } from './virtual-clock.ts';

timersSuite('createTimers', ({ clock, started }) => {
  const stopping = new AbortController();
  const dispatcher = {
    start: async (machine: string, name: string, input: object) =>
      void started.push({ machine, name, input: { ...input }, atMs: clock.now() }),
  };
  return {
    timers: createTimers({ dispatcher, clock, signal: stopping.signal }),
    close: () => stopping.abort(),
  };
});

test('timers end with their host, and one that is set again is one', async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const started: string[] = [];
  const timers = createTimers({
    dispatcher: { start: async (_, name) => void started.push(name) },
    clock,
    signal: stopping.signal,
  });
  const timer = {
    timestamp: new Date(5_000).toISOString(),
    ref: { executionId: 'ex_1', taskId: 'a', run: 1, hops: 0 },
  };
  await timers.set(timer);
  await timers.set({ ...timer, ref: { ...timer.ref, hops: 3 } });
  expect(clock.sleeping).toBe(1);
  stopping.abort();
  await clock.advance(10_000);
  expect([started, clock.sleeping]).toEqual([[], 0]);
});
