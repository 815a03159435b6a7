import { describe, expect, test } from 'vitest';
import { END } from '../../core/execution/steps.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskUpdate } from '../../core/ports/execution-store.ts';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { openLostWork } from './lost-work.ts';

const ref = { executionId: 'e1', taskId: 't0', run: 1, hops: 0, attempt: 1, sinceMs: 0 };
const timestamp = '2026-01-01T00:00:00.000Z';
const branches = { tasks: [{ id: 'a', type: 'http' }] };

/** A task that waits since ten seconds, and one that comes after it. */
async function waiting(type: string, input: JsonObject = {}, set: TaskUpdate = {}) {
  const tasks: JsonObject[] = [
    { id: 't0', type, input },
    { id: 't1', type: 'http', dependsOn: ['t0'] },
  ];
  const work = await openLostWork({ name: 'parks', tasks });
  await work.clock.advance(1000);
  await work.run([
    seed(0, { type, inner: true }),
    seed(1, { type: 'http', status: 'PENDING', remaining: 1 }),
  ]);
  const claimed = { status: 'WAITING', attempt: 1, startedMs: work.clock.now(), ...set } as const;
  await work.store.executions.changeTask(ask('e1', 't0', { from: ['READY'], attempt: 0, set: claimed }));
  await work.clock.advance(10_000);
  const task = () => work.store.executions.task(ref);
  const next = { executionId: 'e1', taskId: 't1', run: 1, hops: 1, sinceMs: 0 };
  return { ...work, task, next };
}

describe('Park of a task that waits for a signal', () => {
  const came = (payload: boolean, { store }: Awaited<ReturnType<typeof waiting>>) =>
    store.executions.putSignal(
      'e1',
      { id: 's1', name: 't0', payload, atMs: 0 },
      { atMs: 0, type: 'signal.received' },
    );

  test('leaves nothing behind while none has come', async () => {
    const { park, started, answered, task } = await waiting('signal');
    expect(await park({ ref })).toEqual(END);
    expect([started, answered]).toEqual([[], []]);
    expect(await task()).toMatchObject({ status: 'WAITING' });
  });

  test('waits within its machine for a time limit that is near', async () => {
    const { park } = await waiting('signal');
    const { attempt: _, ...until } = ref;
    expect(await park({ ref, timestamp })).toEqual({ action: 'until', timestamp, ref: until });
  });

  test('ends the task whose signal came before it, and goes on with the next', async () => {
    const work = await waiting('signal');
    await came(true, work);
    expect(await work.park({ ref, timestamp })).toEqual({ action: 'route', ref: work.next });
    expect(await work.task()).toMatchObject({ status: 'SUCCEEDED', output: { name: 't0', payload: true } });
  });

  test('lets an approval fail that was refused before it', async () => {
    const work = await waiting('approval');
    await came(false, work);
    expect(await work.park({ ref })).toEqual({ action: 'route', ref: work.next });
    expect(await work.task()).toMatchObject({ status: 'FAILED', failure: { error: 'Rejected' } });
  });

  test.each(['signal', 'approval'])('hands on the same when its answer was lost, of a %s', async (type) => {
    const work = await waiting(type);
    await came(type === 'signal', work);
    const first = await work.park({ ref });
    const ended = await work.task();
    expect(await work.park({ ref })).toEqual(first);
    expect(await work.task()).toEqual(ended);
  });

  test.each([
    ['has been claimed again', { attempt: 2 }],
    ['waits for another try', { dueMs: 60_000 }],
    ['was cancelled', { status: 'CANCELLED' as const }],
  ])('does nothing where the task %s', async (_, set) => {
    const work = await waiting('signal', {}, set);
    await came(true, work);
    const before = await work.task();
    expect(await work.park({ ref })).toEqual(END);
    expect(await work.task()).toEqual(before);
  });
});

describe('Park of a task that waits for a child', () => {
  const open = async () => {
    const work = await waiting('parallel', branches);
    await work.park({ ref });
    const { childId } = (await work.task())!;
    const ends = (status: 'SUCCEEDED' | 'FAILED', endedMs: number) =>
      work.store.executions.change({
        id: childId!,
        expect: { statuses: ['QUEUED'] },
        set: { status, endedMs, output: status === 'SUCCEEDED' ? 42 : undefined },
        atMs: endedMs,
        durability: 'durable',
      });
    return { ...work, childId: childId!, ends };
  };

  test('makes the child and starts it, the same one however often it is asked', async () => {
    const { park, started, childId, task } = await open();
    expect(await park({ ref })).toEqual(END);
    expect(started).toEqual([`workflow ${childId}/1`, `workflow ${childId}/1`]);
    expect(await task()).toMatchObject({ status: 'WAITING', childId });
  });

  test('ends the task whose child has succeeded, and goes on with the next', async () => {
    const { park, task, next, ends } = await open();
    await ends('SUCCEEDED', 500);
    expect(await park({ ref })).toEqual({ action: 'route', ref: next });
    expect(await task()).toMatchObject({ status: 'SUCCEEDED', output: 42 });
  });

  test('lets the task fail whose child failed while it waited', async () => {
    const { park, task, ends, clock } = await open();
    await ends('FAILED', clock.now());
    await park({ ref });
    expect(await task()).toMatchObject({ status: 'FAILED', failure: { error: 'ChildFailed' } });
  });

  test('runs a child again that failed in an earlier attempt', async () => {
    const { park, started, task, childId, ends } = await open();
    await ends('FAILED', 500);
    expect(await park({ ref })).toEqual(END);
    expect(started.at(-1)).toBe(`redrive ${childId}`);
    expect(await task()).toMatchObject({ status: 'WAITING' });
  });

  test('lets the task fail whose child is nothing that is stored', async () => {
    const { park, task } = await waiting('workflow', { workflow: 'missing' });
    await park({ ref });
    expect(await task()).toMatchObject({ status: 'FAILED', failure: { error: 'InvalidInput' } });
  });
});
