import { describe, expect, test } from 'vitest';
import { InvalidInput, StoreUnavailable } from '../../core/errors.ts';
import type { Timer } from '../../core/ports/timers.ts';
import { createRemind, type TimerMessage } from '../../lambdas/remind/remind.ts';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { MINUTE_MS, openLostWork } from './lost-work.ts';

const NOW_MS = 1_000_000;
const at = (ms: number) => new Date(ms).toISOString();
const timer = (taskId: string, ms: number): Timer => ({
  timestamp: at(ms),
  ref: { executionId: 'e1', taskId, run: 2, hops: 7, detached: true },
});

let ids = 0;
const message = (read: Timer | (() => Timer)): TimerMessage => ({
  id: `m${++ids}`,
  read: typeof read === 'function' ? read : () => read,
});

function host({ refuses = () => false }: { refuses?: (taskId: string) => boolean } = {}) {
  const started: unknown[][] = [];
  const set: Timer[] = [];
  const logged: [level: string, text: string, fields?: Record<string, unknown>][] = [];
  const refuse = (taskId: string) => {
    if (refuses(taskId)) throw new StoreUnavailable('throttled', 'Try again in a moment.');
  };
  const remind = createRemind({
    clock: { now: () => NOW_MS },
    dispatcher: {
      start: async (...call) => {
        refuse(call[2].taskId as string);
        started.push(call);
      },
    },
    timers: {
      set: async (one) => {
        refuse(one.ref.taskId);
        set.push(one);
      },
    },
    logger: {
      warn: (text, fields) => void logged.push(['warn', text, fields]),
      error: (text, fields) => void logged.push(['error', text, fields]),
    },
  });
  return { remind, started, set, logged };
}

describe('remind', () => {
  test('has a task taken up on the Express lane when its time has come, to the millisecond', async () => {
    const { remind, started, set } = host();
    const messages = [timer('a', NOW_MS), timer('b', NOW_MS - MINUTE_MS)].map(message);
    expect(await remind(messages)).toEqual({ failedIds: [] });
    expect(started).toEqual([
      ['task', 'e1/a', { executionId: 'e1', taskId: 'a', run: 2, hops: 7 }],
      ['task', 'e1/b', { executionId: 'e1', taskId: 'b', run: 2, hops: 7 }],
    ]);
    expect(set).toEqual([]);
  });

  test('sets it again, as it came, when its time has not come', async () => {
    const { remind, started, set } = host();
    const early = [timer('a', NOW_MS + 1), timer('b', NOW_MS + 90 * MINUTE_MS)];
    expect(await remind(early.map(message))).toEqual({ failedIds: [] });
    expect([started, set]).toEqual([[], early]);
  });

  test('gives back to the queue what fails, and nothing else of its batch', async () => {
    const { remind, started, set, logged } = host({ refuses: (taskId) => taskId.startsWith('bad') });
    const messages = [
      timer('bad-due', NOW_MS),
      timer('due', NOW_MS),
      timer('bad-early', NOW_MS + 1),
      timer('early', NOW_MS + 1),
    ].map(message);
    const { failedIds } = await remind(messages);
    expect(failedIds.toSorted()).toEqual([messages[0]!.id, messages[2]!.id]);
    expect([started.length, set.length]).toEqual([1, 1]);
    expect(logged.map(([level]) => level)).toEqual(['warn', 'warn']);
  });

  test('gives back what is no timer, with what to do in the log', async () => {
    const { remind, started, logged } = host();
    const poison = message(() => {
      throw new InvalidInput('The message is no timer: it must be an object.', 'Delete it.');
    });
    expect(await remind([poison, message(timer('a', NOW_MS))])).toEqual({ failedIds: [poison.id] });
    expect(started).toHaveLength(1);
    expect(logged).toEqual([
      [
        'error',
        'a message is no timer',
        expect.objectContaining({ messageId: poison.id, fix: 'Delete it.' }),
      ],
    ]);
  });

  test('does nothing of an empty batch', async () => {
    const { remind } = host();
    expect(await remind([])).toEqual({ failedIds: [] });
  });
});

describe('A time limit that messages keep', () => {
  const ref = { executionId: 'e1', taskId: 't0', run: 1, hops: 0 };

  /** A task that waits for at most 40 minutes, and its timer; what remind starts is asked of Route at once. */
  async function waiting({ aheadMs = 0 } = {}) {
    const work = await openLostWork({
      name: 'limits',
      tasks: [{ id: 't0', type: 'approval', timeout: '40m' }],
    });
    await work.run([seed(0, { type: 'approval' })]);
    await work.route(ref);
    const steps: unknown[] = [];
    const queue: Timer[] = [{ timestamp: at(40 * MINUTE_MS), ref: { ...ref, detached: true } }];
    const remind = createRemind({
      clock: { now: () => work.clock.now() + aheadMs },
      dispatcher: {
        start: async (_machine, _name, input) => void steps.push(await work.route(input as never)),
      },
      timers: { set: async (one) => void queue.push(one) },
      logger: { warn: () => undefined, error: () => undefined },
    });
    const deliver = () => remind(queue.splice(0).map(message));
    return { ...work, steps, queue, deliver };
  }

  test('has a task healed that still waits then, and no earlier', async () => {
    const { clock, steps, queue, deliver } = await waiting();
    for (let hop = 0; hop < 2; hop++) {
      await clock.advance(15 * MINUTE_MS);
      await deliver();
    }
    expect([steps, queue.length]).toEqual([[], 1]);
    await clock.advance(10 * MINUTE_MS);
    await deliver();
    expect(steps).toMatchObject([{ action: 'heal', failure: { error: 'States.Timeout' } }]);
    expect(queue).toEqual([]);
  });

  test('comes twice, or after the end, in vain', async () => {
    const { clock, store, steps, queue, deliver } = await waiting();
    queue.push(queue[0]!);
    await store.executions.changeTask(ask('e1', 't0', { from: ['WAITING'], set: { status: 'SUCCEEDED' } }));
    await clock.advance(40 * MINUTE_MS);
    await deliver();
    expect(steps).toEqual([{ action: 'end' }, { action: 'end' }]);
    expect((await store.executions.task(ref))?.status).toBe('SUCCEEDED');
  });

  test('that comes early by a clock that is ahead waits in the machine for the rest', async () => {
    const { clock, steps, deliver } = await waiting({ aheadMs: 300 });
    await clock.advance(40 * MINUTE_MS - 300);
    await deliver();
    expect(steps).toMatchObject([{ action: 'park', timestamp: at(40 * MINUTE_MS) }]);
  });
});
