import { describe, expect, test } from 'vitest';
import { createDeployedTypes, readType, readTypes } from '../../adapters/aws/deployed-types.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import type { TaskSeed } from '../../core/ports/execution-store.ts';
import type { TaskType } from '../../core/ports/task-types.ts';
import { createWaker } from '../../core/execution/wake.ts';
import { createOffer } from '../../lambdas/offer/offer.ts';
import { newExecution } from '../ports/execution-fixtures.ts';

const seed = (index: number, type: string): TaskSeed => ({
  taskId: `t${index}`,
  index,
  type,
  status: 'READY',
  remaining: 0,
  unmet: 0,
  triggered: 0,
  priority: 5,
});

/** Executions `e1` and `e2`, each with a task parked for want of `late` and one for want of `never`. */
async function open() {
  const { executions: store } = openStore({ dataDir: ':memory:' });
  const slots = new MemorySlots();
  const started: string[] = [];
  const dispatcher = {
    start: async (machine: string, name: string) => void started.push(`${machine} ${name}`),
  };
  const tokens = { succeed: async () => undefined, fail: async () => undefined };
  const waker = createWaker({ store, slots, dispatcher, tokens });
  for (const id of ['e1', 'e2']) {
    await store.create(newExecution(id), []);
    await store.change({
      id,
      expect: { statuses: ['QUEUED'] },
      set: { status: 'RUNNING' },
      seeds: [seed(0, 'late'), seed(1, 'never')],
      atMs: 0,
      durability: 'durable',
    });
    for (const taskId of ['t0', 't1'])
      await store.changeTask({
        executionId: id,
        taskId,
        expect: { statuses: ['READY'], attempt: 0, executionStatuses: ['RUNNING'] },
        set: { status: 'PARKED', reason: 'nobody offers it' },
        atMs: 0,
        durability: 'durable',
      });
  }
  return { slots, started, waker, offer: createOffer({ store, waker, dispatcher }) };
}

describe('offering a task type', () => {
  test('dispatches the tasks that were parked for want of it, and no others', async () => {
    const { offer, started } = await open();
    await offer({ type: 'late' });
    expect(started).toEqual(['task e1/t0', 'task e2/t0']);
  });

  test('sizes its pool before anything of it is dispatched', async () => {
    const { offer, slots, started } = await open();
    await offer({ type: 'late', maxConcurrency: 3 });
    expect(await slots.usage()).toEqual({ 'type/late': { size: 3, held: 0, queued: 0 } });
    expect(started).toHaveLength(2);
  });

  test('leaves a pool as it is when nothing is said of its size', async () => {
    const { offer, slots } = await open();
    await slots.limit('type/late', 2);
    await offer({ type: 'late' });
    expect(await slots.usage()).toMatchObject({ 'type/late': { size: 2 } });
  });

  test('wakes those who get a place by it', async () => {
    const { offer, slots, started } = await open();
    await slots.limit('type/never', 0);
    const request = { holder: 'task/e1/t1/1', pools: ['type/never'], priority: 5, readyMs: 0, index: 0 };
    expect(await slots.acquire(request)).toBe(false);
    await offer({ type: 'never', maxConcurrency: 1 });
    expect(started).toContain('task e1/t1');
  });

  test('does the same again when it is repeated', async () => {
    const { offer, started } = await open();
    await offer({ type: 'late', maxConcurrency: 3 });
    await offer({ type: 'late', maxConcurrency: 3 });
    expect(new Set(started)).toEqual(new Set(['task e1/t0', 'task e2/t0']));
  });
});

describe('the task types of a deployment', () => {
  /** Types kept as the table keeps them; the store test holds the table to that. */
  async function deployed() {
    const { offer, waker, slots, started } = await open();
    const kept = new Map<string, TaskType>();
    const types = {
      list: async () => [...kept.values()],
      offer: async (type: TaskType) => void kept.set(type.type, type),
      withdraw: async (type: string) => void kept.delete(type),
    };
    const deployment = createDeployedTypes({ types, waker, offer });
    const replace = (all: TaskType[]) => deployment.replace(all);
    return { kept, slots, started, replace };
  }
  const late: TaskType = { type: 'late', functionName: 'arn:late' };

  test('replace those of the one before, with their pools', async () => {
    const { replace, kept, slots } = await deployed();
    await replace([
      { ...late, maxConcurrency: 2 },
      { type: 'old', functionName: 'arn:old', maxConcurrency: 1 },
    ]);
    await replace([{ ...late, functionName: 'arn:late:2' }]);
    expect([...kept.values()]).toEqual([{ type: 'late', functionName: 'arn:late:2' }]);
    expect(await slots.usage()).not.toHaveProperty('type/late');
    expect(await slots.usage()).not.toHaveProperty('type/old');
  });

  test('dispatch what was parked also when a deployment that was cut short is repeated', async () => {
    const { replace, kept, started } = await deployed();
    kept.set('late', late);
    await replace([late]);
    expect(started).toEqual(['task e1/t0', 'task e2/t0']);
  });

  test.each([
    ['no list', 'null'],
    ['no JSON', '[{'],
    ['a type without a function', '[{"type":"late"}]'],
    ['a pool of no places', '[{"type":"late","functionName":"f","maxConcurrency":0}]'],
  ])('refuse %s', (_, text) => {
    expect(() => readTypes(text)).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
  });

  test('are read as CloudFormation hands them over', () => {
    expect(readTypes(JSON.stringify([{ ...late, long: true }]))).toEqual([{ ...late, long: true }]);
    expect(readType(late)).toEqual(late);
  });
});
