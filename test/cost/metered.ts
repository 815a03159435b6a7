/** An engine on a store in memory that counts what it does, and the histories of what it ran. */
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { MemorySlots } from '../../adapters/embedded/slots.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { EmbeddedTaskTypes } from '../../adapters/embedded/task-types.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { UlidIds } from '../../adapters/system/ids.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { Operations } from '../../core/api/operations.ts';
import type { Counts } from '../../core/cost/book.ts';
import { type History, readHistory } from '../../core/cost/history.ts';
import { EXECUTION_ENDS } from '../../core/execution/execution.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import { createEngine } from '../../embedded/engine.ts';
import { loadMachines } from '../../embedded/machines.ts';
import { createMeter } from '../../embedded/meter.ts';
import { createTaskRunner } from '../../lambdas/run/run.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Fails as often as its input says, and then gives it back. */
const failures = new Map<string, number>();
const flaky: TaskHandler<JsonObject> = (input, { idempotencyKey }) => {
  const failed = failures.get(idempotencyKey) ?? 0;
  if (failed >= Number(input.failures ?? 0)) return input;
  failures.set(idempotencyKey, failed + 1);
  throw new Error(`failure ${failed + 1}`);
};

export interface Metered {
  operations: Operations;
  /** Stores a workflow. */
  submit(document: JsonObject): Promise<string>;
  /** Stores a workflow and starts it, and counts from there. */
  start(document: JsonObject, variables?: JsonObject): Promise<string>;
  /** Resolves when the execution has ended, and nothing goes on any more. */
  ended(id: string): Promise<void>;
  /** Resolves when a task has come to stand there. */
  stands(id: string, taskId: string, status: string): Promise<void>;
  history(id: string): Promise<History>;
  counted(): Counts;
  close(): Promise<void>;
}

export async function openMetered(): Promise<Metered> {
  const store = openStore({ dataDir: ':memory:' });
  const clock = new SystemClock();
  const random = new SystemRandom();
  const payloads = new MemoryPayloadStore();
  const types = new EmbeddedTaskTypes();
  types.offer('echo', { handler: ((input) => input) as TaskHandler, source: 'test' });
  types.offer('flaky', { handler: flaky as TaskHandler, source: 'test' });
  const runner = createTaskRunner({
    types,
    executionStore: store.executions,
    payloads,
    clock,
    logger: quiet,
  });
  const meter = createMeter();
  const engine = await createEngine(
    meter.around({
      store: store.executions,
      workflows: store.workflows,
      payloads,
      slots: new MemorySlots(),
      types,
      attempts: {
        abort: async (executionId: string, reason: string) =>
          void runner.abort(executionId, undefined, reason),
      },
      runTask: runner.call,
      clock,
      ids: new UlidIds(clock, random),
      random,
      machines: loadMachines(),
      onFault: (machine, name, { error, cause }) => {
        throw new Error(`${machine} ${name}: ${error} ${cause}`);
      },
    }),
    { maxWorkflows: 100, maxTasks: 1000 },
  );
  const operations = meter.operations(engine.operations);
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await clock.sleep(5);
    // What comes after the last write: answers, and the machines' own ends.
    await clock.sleep(30);
  };
  const submit = async (document: JsonObject) => (await engine.operations.submit({ document })).workflow.name;
  return {
    operations,
    submit,
    async start(document, variables) {
      const workflow = await submit(document);
      meter.take();
      const { execution } = await operations.start({ workflow, variables });
      return execution.id;
    },
    ended: (id) =>
      until(async () => EXECUTION_ENDS.includes((await store.reader.get(id))?.status ?? 'QUEUED')),
    stands: (id, taskId, status) =>
      until(async () => (await store.reader.task({ executionId: id, taskId }))?.status === status),
    history: (id) => readHistory(store, id),
    counted: () => meter.take(),
    async close() {
      await engine.stop();
      store.close();
    },
  };
}
