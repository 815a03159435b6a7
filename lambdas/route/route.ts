import { concurrencyOf, ENDS } from '../../core/dag/graph.ts';
import type { Task } from '../../core/execution/execution.ts';
import type { Finisher } from '../../core/execution/finish.ts';
import { failed, permanent, skipped, succeeded } from '../../core/execution/outcome.ts';
import { pack, type Packed } from '../../core/execution/payload.ts';
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
  taskName,
  UNLIMITED_SECONDS,
} from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
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
    // Dispatched because a place came free, and past needing it.
    await release(record);
    return END;
  };

  async function begin(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const at = { ref, attempt: record.attempt, from: [record.status] };
    const task = plan.program.graph.tasks[record.index]!;
    if (record.interruptions > INTERRUPTIONS_MAX) {
      return finish(plan, failed(at, task, interruptedTooOften(record), record.failures));
    }
    let preparation: Preparation;
    let input: Packed = {};
    try {
      preparation = await prepare(ports, plan, record);
      if (preparation.kind === 'handler') input = await pack(preparation.input, payloads);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      await release(record);
      return finish(plan, failed(at, task, permanent(error), record.failures + 1));
    }
    switch (preparation.kind) {
      case 'skip':
        await release(record);
        return finish(plan, skipped(at, preparation.reason));
      case 'answer': {
        const { result } = preparation;
        await release(record);
        return finish(plan, succeeded(at, { output: { result } }, result ? ENDS.success : ENDS.failure));
      }
      case 'handler':
        return run(plan, record, ref, input);
      default:
        return hold(plan, record, ref, preparation);
    }
  }

  /** Claims the task for an attempt by whoever offers its type, or parks it in sight when nobody does. */
  async function run(plan: Plan, record: Task, ref: RunRef, { output, outputRef }: Packed): Promise<Step> {
    const task = plan.program.graph.tasks[record.index]!;
    const type = await types.find(record.type);
    if (!type) {
      await release(record);
      return park(record, ref, unoffered(record.type));
    }
    const pools = [POOLS.tasks, POOLS.type(record.type), ...ownPools(plan)];
    if (!(await acquire(record, record.attempt + 1, pools))) return END;
    const attempt = record.attempt + 1;
    const set: TaskUpdate = {
      status: 'RUNNING',
      attempt,
      startedMs: clock.now(),
      dueMs: undefined,
      reason: undefined,
    };
    // Nothing of a task is done before its claim, and all that led to it, is durable.
    if (!(await claim(record, ref, set, 'durable', 'task.started'))) return END;
    if (!(await stillHolds(ref, attempt))) return END;
    const claimed = { ...ref, attempt };
    const { timeoutMs, heartbeatMs } = task;
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
    if (pools.length > 0 && !(await acquire(record, record.attempt + 1, pools))) return END;
    const nowMs = clock.now();
    const dueMs = how.kind === 'wait' ? Math.ceil(nowMs + how.ms) : undefined;
    const reason = how.kind === 'wait' ? 'waits for a time' : how.reason;
    const attempt = record.attempt + 1;
    const set: TaskUpdate = { status: 'WAITING', attempt, startedMs: nowMs, dueMs, reason };
    const data = { reason, ...(dueMs === undefined ? {} : { dueMs }) };
    if (!(await claim(record, ref, set, 'ordered', 'task.waiting', data))) return END;
    return waiting(plan, { ...record, ...set, attempt, status: 'WAITING' }, ref);
  }

  /** Takes a waiting task up again: after a delay, or after its host went away. */
  async function waiting(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const { dueMs, attempt } = record;
    const pools = ownPools(plan);
    // A wait before another try holds nothing: the attempt is over.
    const holds = isEngineType(record.type) && record.failure?.attempt !== attempt;
    if (holds && pools.length > 0) {
      await acquire(record, attempt, pools);
      const now = await store.task(ref);
      // It ended meanwhile, and gave its places back before they were asked for again.
      if (now?.status !== 'WAITING' || now.attempt !== attempt) {
        await waker.release(taskHolder(ref.executionId, ref.taskId, attempt));
        return END;
      }
    }
    if (dueMs === undefined) {
      const name = `${taskName(ref.executionId, ref.taskId)}/${attempt}`;
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
    const name = `${taskName(ref.executionId, ref.taskId)}/${attempt}/${dueMs}`;
    await dispatcher.start('parked', name, { ...until, ref: { ...ref, parked: true } });
    return END;
  }

  async function express({ executionId, taskId, run, hops }: RunRef): Promise<Step> {
    await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops });
    return END;
  }

  async function park(record: Task, ref: RunRef, reason: string): Promise<Step> {
    if (record.status === 'PARKED') return END;
    await claim(record, ref, { status: 'PARKED', reason }, 'ordered', 'task.parked', { reason });
    return END;
  }

  async function acquire(record: Task, attempt: number, pools: string[]): Promise<boolean> {
    const { executionId, taskId, priority, index } = record;
    const readyMs = record.readyMs ?? clock.now();
    return slots.acquire({
      holder: taskHolder(executionId, taskId, attempt),
      pools,
      priority,
      readyMs,
      index,
    });
  }

  /** Moves the task on under its fence. Whoever loses gives back the places it took for the attempt it didn't get. */
  async function claim(
    record: Task,
    { executionId, taskId }: RunRef,
    set: TaskUpdate,
    durability: 'durable' | 'ordered',
    type: NewEvent['type'],
    data?: NewEvent['data'],
  ): Promise<boolean> {
    const atMs = clock.now();
    const attempt = set.attempt ?? record.attempt;
    const { applied, ...now } = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: [record.status], attempt: record.attempt, executionStatuses: ['RUNNING'] },
      set,
      events: [{ atMs, type, taskId, attempt, data }],
      atMs,
      durability,
    });
    if (!applied && !('task' in now && isHeld(now.task, record))) await release(record);
    return applied;
  }

  /** Gives back, or stops waiting for, the places of the attempt that would have been next. */
  async function release({ executionId, taskId, attempt }: Task): Promise<void> {
    await waker.release(taskHolder(executionId, taskId, attempt + 1));
  }

  /** A cancel may have come while the claim became durable, too late to find an attempt to stop. */
  async function stillHolds({ executionId, taskId }: RunRef, attempt: number): Promise<boolean> {
    const task = await store.task({ executionId, taskId });
    if (task?.status === 'RUNNING' && task.attempt === attempt) return true;
    await waker.release(taskHolder(executionId, taskId, attempt));
    return false;
  }
}

/** Whether somebody else runs the attempt after `before`, in the same places: it neither failed nor ended since. */
const isHeld = (now: Task | undefined, before: Task): boolean =>
  now?.attempt === before.attempt + 1 &&
  now.failures === before.failures &&
  (now.status === 'RUNNING' || now.status === 'WAITING');

const ownPools = ({ program, execution }: Plan): string[] =>
  concurrencyOf(program.definition) === undefined ? [] : [POOLS.execution(execution.id)];

const unoffered = (type: string): string =>
  type === 'exec'
    ? 'running processes is off on this host: start it with --allow-exec (HOLDFAST_ALLOW_EXEC=1)'
    : `nobody offers the task type "${type}": add tasks/${type}.ts exporting a handler, and it goes on by itself`;

const interruptedTooOften = (record: Task) => ({
  error: 'HostLost',
  cause: `its host went away ${record.interruptions} times during an attempt; the task may be what brings it down`,
  retryable: false,
});
