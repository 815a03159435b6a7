import { afterEach, describe, expect, test } from 'vitest';
import { UlidIds } from '../../adapters/system/ids.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';
import { createEngine, type Engine } from '../../embedded/engine.ts';
import { loadMachines } from '../../embedded/machines.ts';
import { VirtualClock } from './virtual-clock.ts';

const WORKFLOW: JsonObject = { name: 'one', tasks: [{ id: 'task', type: 'echo' }] };
let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** An engine whose registry of task types breaks down the first `breakdowns` times. */
async function open(breakdowns: number) {
  const clock = new VirtualClock();
  const random = new SystemRandom();
  const store = openStore({ dataDir: ':memory:' });
  const slots = new MemorySlots();
  let asked = 0;
  const types: TaskTypes = {
    find: async (type) => {
      if (++asked <= breakdowns) throw new Error('the registry is down');
      return { type, functionName: type };
    },
    list: async () => [],
  };
  const engine: Engine = await createEngine(
    {
      store: store.executions,
      workflows: store.workflows,
      payloads: new MemoryPayloadStore(),
      slots,
      types,
      attempts: { abort: async () => undefined },
      runTask: async () => ({ ok: true, output: 'done' }),
      clock,
      ids: new UlidIds(clock, random),
      random,
      machines: loadMachines(),
      onFault: () => undefined,
    },
    { maxWorkflows: 1, maxTasks: 1 },
  );
  close = async () => {
    await engine.stop();
    store.close();
  };
  const { workflow } = await engine.operations.submit({ document: WORKFLOW });
  const { execution } = await engine.operations.start({ workflow: workflow.name });
  return { clock, store, slots, executionId: execution.id };
}

describe('a state machine that fails', () => {
  test('is started again, and its task goes on', async () => {
    const { clock, store, executionId } = await open(2);
    await clock.advance(30_000);
    expect(await store.reader.get(executionId)).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  test('parks its task with the cause when it fails each time, and holds no place', async () => {
    const { clock, store, slots, executionId } = await open(1000);
    await clock.advance(600_000);
    const task = await store.reader.task({ executionId, taskId: 'task' });
    expect(task?.status).toBe('PARKED');
    expect(task?.reason).toContain('the registry is down');
    expect((await slots.usage()).tasks).toMatchObject({ held: 0, queued: 0 });
  });
});
