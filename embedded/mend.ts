import { EXECUTION_UNENDED } from '../core/execution/execution.ts';
import { LIVE } from '../core/execution/finish.ts';
import { machineName, type RunRef, taskHolder, taskName } from '../core/execution/steps.ts';
import type { Waker } from '../core/execution/wake.ts';
import type { JsonObject } from '../core/json.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Dispatcher, MachineName } from '../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../core/ports/execution-store.ts';

export interface MendPorts {
  store: Pick<ExecutionStore, 'task' | 'changeTask' | 'change'>;
  dispatcher: Dispatcher;
  waker: Waker;
  clock: Clock;
  /** Ends the waiting between tries. */
  signal: AbortSignal;
}

/** A state machine that failed: a fault of this program, since tasks' own failures are healed. */
export interface Fault {
  machine: MachineName;
  name: string;
  input: JsonObject;
  cause: string;
}

const TRIES_MAX = 3;
const FAULTS_MAX = 1000;

/**
 * Starts a failed state machine again, later each time; after the last try its task is parked, or its execution failed, with
 * the cause: nothing stays RUNNING with nobody at work on it.
 */
export function createMender({
  store,
  dispatcher,
  waker,
  clock,
  signal,
}: MendPorts): (fault: Fault) => Promise<void> {
  const tries = new Map<string, number>();

  return async (fault) => {
    const key = `${fault.machine}/${fault.name}`;
    const tried = (tries.get(key) ?? 0) + 1;
    tries.delete(key);
    tries.set(key, tried);
    if (tries.size > FAULTS_MAX) tries.delete(tries.keys().next().value!);
    await clock.sleep(1000 * 4 ** (tried - 1), signal);
    const last = tried > TRIES_MAX;
    if (last) tries.delete(key);
    if (fault.machine === 'workflow') await mendWorkflow(fault, last);
    else await mendTask(fault, last);
  };

  async function mendTask({ input, cause }: Fault, last: boolean): Promise<void> {
    const { executionId, taskId, run } = input as unknown as RunRef;
    const task = await store.task({ executionId, taskId });
    if (!task) return;
    const atMs = clock.now();
    const { attempt } = task;
    // Of the attempt that ran, and of the one that was being decided on.
    for (const number of [attempt, attempt + 1]) await waker.release(taskHolder(executionId, taskId, number));
    const common = { executionId, taskId, atMs, durability: 'durable' as const };
    if (task.status === 'RUNNING') {
      await store.changeTask({
        ...common,
        expect: { statuses: ['RUNNING'], attempt, executionStatuses: LIVE },
        set: { status: 'READY' },
        events: [{ atMs, type: 'task.interrupted', taskId, attempt }],
      });
    }
    if (!last) {
      const ref = { executionId, taskId, run, hops: 0 };
      return dispatcher.start('task', taskName(executionId, taskId), ref);
    }
    const reason = `Holdfast itself failed at it, ${TRIES_MAX + 1} times: ${cause}`.slice(0, 1000);
    await store.changeTask({
      ...common,
      expect: { statuses: ['READY', 'WAITING'], attempt, executionStatuses: LIVE },
      set: { status: 'PARKED', reason, dueMs: undefined },
      events: [{ atMs, type: 'task.parked', taskId, attempt, data: { reason } }],
    });
  }

  async function mendWorkflow({ name, input, cause }: Fault, last: boolean): Promise<void> {
    const { executionId, run } = input as { executionId: string; run: number };
    const atMs = clock.now();
    if (last) {
      const failure = { error: 'EngineFault', cause };
      await store.change({
        id: executionId,
        expect: { statuses: EXECUTION_UNENDED, run },
        set: { status: 'FAILED', errors: [failure], endedMs: atMs },
        cancelOpen: 'Holdfast itself failed at this execution',
        events: [{ atMs, type: 'execution.failed', data: failure }],
        atMs,
        durability: 'durable',
      });
    }
    if (name === machineName(executionId, run)) await dispatcher.start('workflow', name, input);
  }
}
