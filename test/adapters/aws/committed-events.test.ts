import { describe, expect, test } from 'vitest';
import { PolledEvents } from '../../../adapters/aws/committed-events.ts';
import type { CommittedEvent } from '../../../core/api/committed-events.ts';
import type { HoldfastEvent } from '../../../core/event/event.ts';

/** A log that is looked at whenever the test lets time pass. */
function polled() {
  const log: HoldfastEvent[] = [];
  const sleepers = new Set<() => void>();
  const warnings: unknown[] = [];
  let looks = 0;
  let fails = false;
  const look = () => {
    looks++;
    if (fails) throw new Error('throttled');
  };
  const events = new PolledEvents({
    reader: {
      events: async (id, { afterSeq = 0, limit }) => {
        look();
        return log.filter(({ executionId, seq }) => executionId === id && seq > afterSeq).slice(0, limit);
      },
      feed: async (cursor, limit) => {
        look();
        const found = log.slice(cursor, cursor + limit);
        return { events: found, cursor: cursor + found.length };
      },
    },
    positions: { newest: async () => log.length },
    clock: {
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          const wake = () => {
            sleepers.delete(wake);
            resolve();
          };
          sleepers.add(wake);
          signal?.addEventListener('abort', () => {
            sleepers.delete(wake);
            reject(signal.reason as Error);
          });
        }),
    },
    logger: { warn: (...all) => void warnings.push(all) },
  });
  const tick = async () => {
    for (const wake of sleepers) wake();
    await new Promise(setImmediate);
  };
  const append = (executionId: string) => {
    const seq = log.filter((event) => event.executionId === executionId).length + 1;
    log.push({ executionId, seq, atMs: 0, type: 'task.started' });
  };
  const listen = (of?: { executionId: string; afterSeq: number }) => {
    const told: CommittedEvent[] = [];
    const stop = events.onCommitted((batch) => void told.push(...batch), of);
    return { told, stop, seqs: () => told.map(({ event }) => event.seq) };
  };
  return {
    append,
    listen,
    tick,
    sleepers,
    warnings,
    looks: () => looks,
    fail: (is: boolean) => void (fails = is),
  };
}

describe('events that are looked for', () => {
  test('are told once and in order, of one execution after a number', async () => {
    const { append, listen, tick } = polled();
    for (let count = 0; count < 3; count++) append('a');
    const { seqs, stop } = listen({ executionId: 'a', afterSeq: 2 });
    await tick();
    expect(seqs()).toEqual([3]);
    append('b');
    append('a');
    append('a');
    await tick();
    await tick();
    expect(seqs()).toEqual([3, 4, 5]);
    stop();
  });

  test('are told of all executions from now on, with their cursors', async () => {
    const { append, listen, tick } = polled();
    append('a');
    const { told, stop } = listen();
    await tick();
    append('b');
    append('a');
    await tick();
    expect(told.map(({ event, cursor }) => `${event.executionId} ${cursor}`)).toEqual(['b 2', 'a 3']);
    stop();
  });

  test('come without a pause while there are many', async () => {
    const { append, listen, tick, looks } = polled();
    for (let count = 0; count < 250; count++) append('a');
    const { told, stop } = listen({ executionId: 'a', afterSeq: 0 });
    await tick();
    expect(told).toHaveLength(250);
    expect(looks()).toBe(3);
    stop();
  });

  test('are looked for again after a look that failed', async () => {
    const { append, listen, tick, fail, warnings } = polled();
    fail(true);
    const { seqs, stop } = listen({ executionId: 'a', afterSeq: 0 });
    append('a');
    await tick();
    expect(warnings).not.toEqual([]);
    fail(false);
    await tick();
    expect(seqs()).toEqual([1]);
    stop();
  });

  test('are not looked for when nobody listens, and leave no timer behind', async () => {
    const { append, listen, tick, sleepers, looks } = polled();
    const first = listen({ executionId: 'a', afterSeq: 0 });
    await tick();
    first.stop();
    await tick();
    expect(sleepers.size).toBe(0);
    const before = looks();
    append('a');
    await tick();
    expect(looks()).toBe(before);
    expect(first.told).toEqual([]);
  });

  test('are told to nobody who stopped while they were looked for', async () => {
    const { append, listen, tick } = polled();
    append('a');
    const { told, stop } = listen({ executionId: 'a', afterSeq: 0 });
    stop();
    await tick();
    expect(told).toEqual([]);
  });
});
