import { ENDS } from '../../core/dag/graph.ts';
import type { Task } from '../../core/execution/execution.ts';
import type { Finisher } from '../../core/execution/finish.ts';
import { failed, permanent, skipped, succeeded } from '../../core/execution/outcome.ts';
import { pack } from '../../core/execution/payload.ts';
import type { Plan, Plans } from '../../core/execution/plans.ts';
import {
  isEngineType,
  type Preparation,
  prepare,
  type PrepareSources,
} from '../../core/execution/prepare.ts';
import {
  END,
  POOLS,
  type RunRef,
  type Step,
  taskHolder,
  UNLIMITED_SECONDS,
} from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore, TaskUpdate } from '../../core/ports/execution-store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';

export interface RoutePorts extends PrepareSources {
  store: Pick<ExecutionStore, 'task' | 'changeTask'>;
  plans: Plans;
  slots: Slots;
  types: TaskTypes;
  dispatcher: Dispatcher;
  waker: Waker;
  finish: Finisher;
}

/** Longer waits leave the Express lane, whose executions end after five minutes. */
const EXPRESS_WAIT_MS = 60_000;
/** Attempts cut short by their host before the task itself is suspected. */
const INTERRUPTIONS_MAX = 50;

/**
 * State `Route`: decides what becomes of a task whose parents have ended. It may be asked twice, or about a task that has
 * moved on; the claim's fence lets one asker win and the others end.
 */
export function createRoute(ports: RoutePorts) {
  const { store, plans, payloads, slots, types, dispatcher, waker, finish, clock } = ports;

  return async function route(ref: RunRef): Promise<Step> {
    const plan = await plans.of(ref.executionId, ref.run);
    const record = plan && (await store.task(ref));
    if (!record) return END;
    if (record.status === 'WAITING') return waiting(plan, record, ref);
    if (record.status === 'READY' || record.status === 'PARKED') return begin(plan, record, ref);
    return END;
  };

  async function begin(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const at = { ref, attempt: record.attempt, from: [record.status] };
    const task = plan.program.graph.tasks[record.index]!;
    if (record.attempt - record.failures > INTERRUPTIONS_MAX) {
      return finish(plan, failed(at, task, interruptedTooOften(record), record.failures));
    }
    let preparation: Preparation;
    try {
      preparation = await prepare(ports, plan, record);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      return finish(plan, failed(at, task, permanent(error), record.failures + 1));
    }
    switch (preparation.kind) {
      case 'skip':
        return finish(plan, skipped(at, preparation.reason));
      case 'answer': {
        const { result } = preparation;
        return finish(plan, succeeded(at, { output: { result } }, result ? ENDS.success : ENDS.failure));
      }
      case 'handler':
        return run(plan, record, ref, preparation.input);
      default:
        return hold(plan, record, ref, preparation);
    }
  }

  /** Claims the task for an attempt by whoever offers its type, or parks it in sight when nobody does. */
  async function run(plan: Plan, record: Task, ref: RunRef, input: JsonValue): Promise<Step> {
    const task = plan.program.graph.tasks[record.index]!;
    const type = await types.find(record.type);
    if (!type) return park(record, ref, unoffered(record.type));
    const pools = [POOLS.tasks, POOLS.type(record.type), ...ownPools(plan)];
    if (!(await acquire(record, pools))) return END;
    const attempt = record.attempt + 1;
    const set: TaskUpdate = {
      status: 'RUNNING',
      attempt,
      startedMs: clock.now(),
      dueMs: undefined,
      reason: undefined,
    };
    const { dispatched } = await claim(record, ref, set, 'task.started', undefined);
    if (!dispatched) return END;
    const claimed = { ...ref, attempt };
    const { timeoutMs, heartbeatMs } = task;
    const { output, outputRef } = await pack(input, payloads);
    const call = {
      ...claimed,
      type: record.type,
      input: output,
      inputRef: outputRef,
      timeoutMs,
      heartbeatMs,
    };
    // The function keeps the limit to the millisecond; the state's own is for when the function is gone.
    const timeoutSeconds = timeoutMs === undefined ? UNLIMITED_SECONDS : Math.ceil(timeoutMs / 1000) + 1;
    return { action: 'run', functionName: type.functionName, timeoutSeconds, ref: claimed, call };
  }

  /** Lets a task wait for a time, a signal or a child execution. */
  async function hold(
    plan: Plan,
    record: Task,
    ref: RunRef,
    how: Preparation & { kind: 'wait' | 'token' },
  ): Promise<Step> {
    const pools = ownPools(plan);
    if (pools.length > 0 && !(await acquire(record, pools))) return END;
    const nowMs = clock.now();
    const dueMs = how.kind === 'wait' ? Math.ceil(nowMs + how.ms) : undefined;
    const reason = how.kind === 'wait' ? 'waits for a time' : how.reason;
    const attempt = record.attempt + 1;
    const set: TaskUpdate = { status: 'WAITING', attempt, startedMs: nowMs, dueMs, reason };
    const { dispatched } = await claim(record, ref, set, 'task.waiting', {
      reason,
      ...(dueMs === undefined ? {} : { dueMs }),
    });
    if (!dispatched) return END;
    return waiting(plan, { ...record, ...set, attempt, status: 'WAITING' }, ref);
  }

  /** Takes a waiting task up again: after a delay, or after its host went away. */
  async function waiting(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const { dueMs, attempt } = record;
    const pools = ownPools(plan);
    const holds = isEngineType(record.type);
    if (holds && pools.length > 0) await acquire(record, pools);
    if (dueMs === undefined) {
      const name = `${taskHolder(ref.executionId, ref.taskId)}/${attempt}`;
      await dispatcher.start('parked', name, { action: 'token', ref: { ...ref, attempt, parked: true } });
      return END;
    }
    const nowMs = clock.now();
    if (dueMs <= nowMs) {
      if (record.type !== 'wait') return ref.parked ? express(ref) : begin(plan, record, ref);
      return finish(plan, succeeded({ ref, attempt, from: ['WAITING'] }, { output: { dueMs } }));
    }
    const until: Step = { action: 'until', timestamp: new Date(dueMs).toISOString(), ref };
    if (dueMs - nowMs <= EXPRESS_WAIT_MS) return until;
    const name = `${taskHolder(ref.executionId, ref.taskId)}/${attempt}/${dueMs}`;
    await dispatcher.start('parked', name, { ...until, ref: { ...ref, parked: true } });
    return END;
  }

  async function express({ parked: _, ...ref }: RunRef): Promise<Step> {
    await dispatcher.start('task', taskHolder(ref.executionId, ref.taskId), ref);
    return END;
  }

  async function park(record: Task, ref: RunRef, reason: string): Promise<Step> {
    if (record.status === 'PARKED') return END;
    await claim(record, ref, { status: 'PARKED', reason }, 'task.parked', { reason });
    return END;
  }

  async function acquire(record: Task, pools: string[]): Promise<boolean> {
    const { executionId, taskId, priority, index } = record;
    const readyMs = record.readyMs ?? clock.now();
    return slots.acquire({ holder: taskHolder(executionId, taskId), pools, priority, readyMs, index });
  }

  /** Moves the task on under its fence; a claim that loses gives back what only it can have taken. */
  async function claim(
    record: Task,
    ref: RunRef,
    set: TaskUpdate,
    type: NewEvent['type'],
    data: NewEvent['data'],
  ) {
    const { executionId, taskId } = ref;
    const atMs = clock.now();
    const attempt = set.attempt ?? record.attempt;
    const changed = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: [record.status], attempt: record.attempt, executionStatuses: ['RUNNING'] },
      set,
      events: [{ atMs, type, taskId, attempt, data }],
      atMs,
      durability: 'ordered',
    });
    const winner = changed.applied ? undefined : changed.task?.status;
    if (!changed.applied && winner !== 'RUNNING' && winner !== 'WAITING') {
      await waker.release(taskHolder(executionId, taskId));
    }
    return { dispatched: changed.applied };
  }
}

const ownPools = ({ program, execution }: Plan): string[] =>
  program.definition.maxConcurrency === undefined ? [] : [POOLS.execution(execution.id)];

const unoffered = (type: string): string =>
  type === 'exec'
    ? 'running processes is off on this host: start it with --allow-exec (HOLDFAST_ALLOW_EXEC=1)'
    : `nobody offers the task type "${type}": add tasks/${type}.ts exporting a handler, and it goes on by itself`;

const interruptedTooOften = (record: Task) => ({
  error: 'HostLost',
  cause: `its host went away ${record.attempt - record.failures} times during an attempt; the task may be what brings it down`,
  retryable: false,
});
