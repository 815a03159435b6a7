import type { NewEvent } from '../../core/event/event.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import { type Answer, waitOf } from '../../core/execution/answer.ts';
import type { Admission } from '../../core/execution/admission.ts';
import { type Canceller, letGo, type OtherNodes } from '../../core/execution/cancel.ts';
import { childResult } from '../../core/execution/child-result.ts';
import {
  EXECUTION_ENDS,
  EXECUTION_UNENDED,
  type Execution,
  type TaskFailure,
} from '../../core/execution/execution.ts';
import { answerOrigin, workResult } from '../../core/execution/work-result.ts';
import { executionOutput, type OutputSources } from '../../core/execution/output.ts';
import { pack } from '../../core/execution/payload.ts';
import type { Plans } from '../../core/execution/plans.ts';
import { executionHolder, POOLS } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Attempts } from '../../core/ports/attempts.ts';
import type { ExecutionStore, ExecutionUpdate } from '../../core/ports/execution-store.ts';

export interface SettleInput {
  executionId: string;
  run: number;
  /** Why Admit or Await gave up: the time limit, or a failed dependency. */
  failure?: { Error: string; Cause?: string };
}

export interface SettlePorts extends OutputSources {
  store: Pick<ExecutionStore, 'get' | 'change' | 'task' | 'tasks' | 'allEnded' | 'dependents'>;
  plans: Plans;
  answer: Answer;
  waker: Waker;
  admission: Admission;
  attempts: Attempts;
  cancel: Canceller;
  /** Absent on a host that runs no work for other nodes. */
  others?: OtherNodes;
}

/** Failures listed with an execution; the rest is in its tasks. */
const ERRORS_MAX = 20;

/** State `Settle`: gives an execution its end, once, and tells whoever waits for it each time it is asked. */
export function createSettle(ports: SettlePorts) {
  const { store, plans, payloads, answer, waker, admission, attempts, cancel, clock, others } = ports;

  return async ({
    executionId,
    run,
    failure,
  }: SettleInput): Promise<{ status: Execution['status'] | 'GONE' }> => {
    let execution = await store.get(executionId);
    const isCurrent = execution?.run === run;
    if (isCurrent && !EXECUTION_ENDS.includes(execution!.status)) execution = await end(execution!, failure);
    else if (isCurrent && !(await store.allEnded(executionId))) await carryThrough(execution!);
    await waker.release(executionHolder(executionId, run));
    if (!execution || !isCurrent) return { status: 'GONE' };
    await waker.releaseLost(executionId);
    await waker.limit(POOLS.execution(executionId), Infinity);
    await tellParent(execution);
    await tellOrigin(execution);
    for (const id of await store.dependents(executionId)) {
      const dependent = await store.get(id);
      if (dependent) await admission(dependent);
    }
    return { status: execution.status };
  };

  /** Whoever ended it died before all of its tasks were ended, too. */
  async function carryThrough({ id, status }: Execution): Promise<void> {
    const cancelOpen = `the execution ended ${status}`;
    const expect = { statuses: [] };
    await store.change({ id, expect, set: {}, cancelOpen, atMs: clock.now(), durability: 'ordered' });
  }

  async function end(execution: Execution, failure: SettleInput['failure']): Promise<Execution> {
    const set = failure ? failedBy(execution, failure) : await outcome(execution);
    const atMs = clock.now();
    const type: NewEvent['type'] = set.status === 'SUCCEEDED' ? 'execution.succeeded' : 'execution.failed';
    const data = set.errors?.[0] ? { error: set.errors[0].error, cause: set.errors[0].cause } : undefined;
    const changed = await store.change({
      id: execution.id,
      expect: { statuses: EXECUTION_UNENDED, run: execution.run },
      set: { ...set, endedMs: atMs, token: undefined, admitToken: undefined },
      cancelOpen: failure ? `${set.errors![0]!.error}: ${set.errors![0]!.cause}` : undefined,
      events: [{ atMs, type, data }],
      atMs,
      durability: 'ordered',
    });
    if (changed.applied && failure) {
      await attempts.abort(execution.id, data!.error);
      const cut = await store.tasks(execution.id, ['CANCELLED']);
      await letGo({ waker, cancel, others }, cut, `its parent ${execution.id} ended`);
    }
    return changed.execution ?? execution;
  }

  async function outcome(execution: Execution): Promise<ExecutionUpdate> {
    const { program, execution: facts } = (await plans.of(execution.id, execution.run))!;
    const failed = await store.tasks(execution.id, ['FAILED']);
    const critical = failed.filter(
      ({ taskId }) => program.graph.tasks[program.graph.indexOf(taskId)!]!.critical,
    );
    const errors = critical
      .slice(0, ERRORS_MAX)
      .flatMap((task): TaskFailure[] => (task.failure ? [task.failure] : []));
    if (critical.length > program.definition.toleratedFailures) return { status: 'FAILED', errors };
    try {
      return {
        status: 'SUCCEEDED',
        errors,
        ...(await pack(await executionOutput(ports, { program, execution: facts }), payloads)),
      };
    } catch (error) {
      if (error instanceof StoreUnavailable || !(error instanceof Error)) throw error;
      return { status: 'FAILED', errors: [{ error: error.name, cause: `its output: ${error.message}` }] };
    }
  }

  async function tellParent(child: Execution): Promise<void> {
    const task = child.parent && (await store.task(child.parent));
    if (task?.status !== 'WAITING' || task.childId !== child.id) return;
    const parent = await store.get(task.executionId);
    if (parent) await answer(waitOf(task, parent.run), childResult(child));
  }

  /** Answers the node that the execution runs for, once it can't be lost that it ended. */
  async function tellOrigin(execution: Execution): Promise<void> {
    const { id, origin, answered, run, startedMs, endedMs = 0 } = execution;
    if (!origin || answered || !others) return;
    const atMs = clock.now();
    await store.change({ id, expect: { statuses: [] }, set: {}, atMs, durability: 'durable' });
    const result = await workResult(execution, payloads);
    const ran = startedMs === undefined ? {} : { ranMs: Math.max(0, endedMs - startedMs) };
    await answerOrigin(others.work, origin, { id, result, ...ran }, endedMs);
    const expect = { statuses: EXECUTION_ENDS, run };
    await store.change({ id, expect, set: { answered: true }, atMs, durability: 'ordered' });
  }
}

function failedBy(
  execution: Execution,
  { Error: error, Cause: cause }: { Error: string; Cause?: string },
): ExecutionUpdate {
  const timedOut = error === 'States.Timeout';
  const failure: TaskFailure = timedOut
    ? { error: 'WorkflowTimeout', cause: `it was not done within its time limit of ${limitMs(execution)} ms` }
    : { error, cause: cause ?? '' };
  return { status: 'FAILED', errors: [failure] };
}

const limitMs = ({ deadlineMs, startedMs }: Execution): number => (deadlineMs ?? 0) - (startedMs ?? 0);
