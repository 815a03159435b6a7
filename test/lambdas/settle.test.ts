import { describe, expect, test } from 'vitest';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { openLostWork } from './lost-work.ts';

describe('Settle', () => {
  test('gives back the place of a task that ended without doing so, and lets in who waits for it', async () => {
    const work = await openLostWork({ name: 'lost', tasks: [{ id: 't0', type: 'http' }] });
    await work.run([seed(0, { type: 'http' })]);
    const place = { pools: ['tasks'], priority: 5, readyMs: 0, index: 0 };
    await work.slots.limit('tasks', 1);
    await work.slots.acquire({ ...place, holder: 'task/e1/t0/1' });
    await work.store.executions.changeTask(
      ask('e1', 't0', { from: ['READY'], attempt: 0, set: { attempt: 1, status: 'SUCCEEDED' } }),
    );
    expect(await work.settle({ executionId: 'e1', run: 1 })).toEqual({ status: 'SUCCEEDED' });
    expect(await work.slots.usage()).toMatchObject({ tasks: { held: 0 } });
  });

  test('leaves the places alone of a run that followed', async () => {
    const work = await openLostWork({ name: 'lost', tasks: [{ id: 't0', type: 'http' }] });
    await work.run([seed(0, { type: 'http' })]);
    const change = { id: 'e1', expect: { statuses: ['RUNNING'] }, set: { run: 2 }, atMs: 1 } as const;
    await work.store.executions.change({ ...change, durability: 'durable' });
    await work.slots.limit('tasks', 1);
    await work.slots.acquire({ holder: 'task/e1/t0/1', pools: ['tasks'], priority: 5, readyMs: 0, index: 0 });
    expect(await work.settle({ executionId: 'e1', run: 1 })).toEqual({ status: 'GONE' });
    expect(await work.slots.usage()).toMatchObject({ tasks: { held: 1 } });
  });
});
