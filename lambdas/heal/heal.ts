import { type Canceller, cancelWork, type OtherNodes } from '../../core/execution/cancel.ts';
import type { Task, TaskFailure } from '../../core/execution/execution.ts';
import { type Finisher, LIVE } from '../../core/execution/finish.ts';
import { failed } from '../../core/execution/outcome.ts';
import { lifetimeOf } from '../../core/execution/placed.ts';
import type { Plans } from '../../core/execution/plans.ts';
import {
  type ClaimRef,
  END,
  type RunRef,
  type Step,
  taskHolder,
  taskName,
} from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import { type AttemptFailure, heal as decide } from '../../core/healing/heal.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { Random } from '../../core/ports/random.ts';
import type { TaskDefinition } from '../../core/workflow/definition.ts';

export interface HealInput {
  ref: ClaimRef;
  /** From the task function, or from a Catch, which knows nothing of `retryable`. */
  failure: Omit<AttemptFailure, 'retryable'> & { retryable?: boolean };
}

export interface HealPorts {
  store: Pick<ExecutionStore, 'task' | 'checkpoint' | 'changeTask'>;
  plans: Plans;
  dispatcher: Dispatcher;
  waker: Waker;
  finish: Finisher;
  clock: Clock;
  random: Random;
  cancel: Canceller;
  others?: OtherNodes;
}

/** State `Heal`: after a failed attempt, tries again later, goes on without the task, or lets it fail. */
export function createHeal(ports: HealPorts) {
  const { store, plans, dispatcher, waker, finish, clock, random, cancel, others } = ports;
  return async ({ ref, failure: given }: HealInput): Promise<Step> => {
    const { executionId, taskId, run, attempt } = ref;
    const plan = await plans.of(executionId, run);
    const record = plan && (await store.task(ref));
    if (!record || record.attempt !== attempt) {
      // Its run is over, or a later attempt has begun: only its place is left to see to.
      await waker.release(taskHolder(executionId, taskId, attempt));
      return END;
    }
    const next = { executionId, taskId, run, hops: ref.hops, sinceMs: ref.sinceMs };
    if (waitsAgain(record, attempt)) return follow(ref, next);
    const task = plan.program.graph.tasks[record.index]!;
    const { nodeId } = record;
    const failure = named({ ...given, retryable: given.retryable ?? true }, task, nodeId);
    if (failure.error === UNREACHABLE) await cancelWork(others, record);
    else if (failure.error === TIMEOUT && record.childId)
      await cancel(record.childId, `its parent's ${failure.cause}`);
    const failures = record.failures + 1;
    const hasCheckpoint = (await store.checkpoint(ref)) !== undefined;
    const healing = decide(
      failure,
      failures,
      { ...task, hasCheckpoint, wasElsewhere: nodeId !== undefined },
      random.next(),
    );
    const from = ['RUNNING', 'WAITING'] as const;
    // One failure of an attempt counts: a time limit may come beside an answer.
    const after = record.failures;
    if (!('delayMs' in healing))
      return finish(plan, failed({ ref, attempt, from, after }, task, failure, failures));

    const { error, cause } = failure;
    const { strategy, delayMs } = healing;
    const atMs = clock.now();
    const dueMs = atMs + delayMs;
    const reason = `tries again after ${error}: ${cause}`.slice(0, 500);
    const changed = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: from, attempt, failures: after, executionStatuses: LIVE },
      set: {
        status: 'WAITING',
        failures,
        dueMs,
        reason,
        nodeId: undefined,
        failure: { error, cause, taskId, attempt, ...failedOn(record) },
      },
      events: [
        {
          atMs,
          type: 'task.attempt-failed',
          taskId,
          attempt,
          data: { error, cause, healing: strategy, delayMs, ...(nodeId !== undefined && { node: nodeId }) },
        },
      ],
      atMs,
      durability: 'ordered',
    });
    await waker.release(taskHolder(executionId, taskId, attempt));
    return changed.applied || waitsAgain(changed.task, attempt) ? follow(ref, next) : END;
  };

  /** On to the wait for the next try; asked again, since the answer may have been lost, the same. */
  async function follow({ detached }: ClaimRef, next: RunRef): Promise<Step> {
    if (!detached) return { action: 'route', ref: next };
    const { executionId, taskId, run, hops } = next;
    await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops });
    return END;
  }
}

/** It is healed already: this attempt failed, and the task waits for the next. */
const waitsAgain = (task: Task | undefined, attempt: number): boolean =>
  task?.status === 'WAITING' && task.attempt === attempt && task.failure?.attempt === attempt;

const TIMEOUT = 'TaskTimeout';
const UNREACHABLE = 'NodeUnreachable';
/** Nodes remembered of a task that failed on them. */
const NODES_MAX = 20;

/** Where it failed so far, this time included. */
function failedOn({ nodeId, failure }: Task): Pick<TaskFailure, 'nodes'> {
  const before = failure?.nodes ?? [];
  const nodes = nodeId === undefined ? before : [...before.filter((node) => node !== nodeId), nodeId];
  return nodes.length === 0 ? {} : { nodes: nodes.slice(-NODES_MAX) };
}

/** A time limit that a state kept, as the handlers' own limits are named. */
function named(failure: AttemptFailure, task: TaskDefinition, nodeId?: string): AttemptFailure {
  if (failure.error !== 'States.Timeout') return failure;
  if (nodeId !== undefined) {
    const cause = `${nodeId} did not answer within ${lifetimeOf(task)} ms`;
    return { ...failure, error: UNREACHABLE, cause };
  }
  const { timeoutMs } = task;
  return { ...failure, error: TIMEOUT, cause: `attempt took longer than ${timeoutMs} ms` };
}
