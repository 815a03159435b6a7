import { expect, test } from 'vitest';
import { ask, seed } from '../ports/execution-fixtures.ts';
import { openLostWork } from './lost-work.ts';

const ref = { executionId: 'e1', taskId: 't0', run: 1, hops: 0, attempt: 1, parked: true };

async function waiting() {
  const work = await openLostWork({ name: 'parks', tasks: [{ id: 't0', type: 'signal' }] });
  await work.run([seed(0, { type: 'signal' })]);
  const set = { status: 'WAITING', attempt: 1, startedMs: 0 } as const;
  await work.store.executions.changeTask(ask('e1', 't0', { from: ['READY'], attempt: 0, set }));
  return work;
}

test('Park keeps its token for whoever answers', async () => {
  const { park, answered, store } = await waiting();
  await park({ ref, token: 'parks' });
  expect(answered).toEqual([]);
  expect(await store.executions.task({ executionId: 'e1', taskId: 't0' })).toMatchObject({ token: 'parks' });
});

test('Park lets go of a token when the task has moved on', async () => {
  const { park, answered, store } = await waiting();
  const cancel = {
    set: { status: 'CANCELLED' },
    cancelOpen: 'enough',
    atMs: 1,
    durability: 'durable',
  } as const;
  await store.executions.change({ id: 'e1', expect: { statuses: ['RUNNING'] }, ...cancel });
  await park({ ref, token: 'too late' });
  expect(answered).toEqual(['too late']);
});

test('Park ends a task whose signal came before it', async () => {
  const { park, answered, store } = await waiting();
  const signal = { id: 's1', name: 't0', payload: true, atMs: 0 };
  await store.executions.putSignal('e1', signal, { atMs: 0, type: 'signal.received' });
  await park({ ref, token: 'parks' });
  expect(answered).toEqual(['parks']);
  expect(await store.executions.task(ref)).toMatchObject({ status: 'SUCCEEDED' });
});
