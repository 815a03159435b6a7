import type { Attempts } from '../ports/attempts.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskTokens } from '../ports/dispatcher.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import { type Execution, EXECUTION_UNENDED, type Task } from './execution.ts';
import type { RemoteWork } from '../ports/remote-work.ts';
import { workId } from './work-id.ts';
import { taskHolder } from './steps.ts';
import { sideBySide } from '../side-by-side.ts';
import type { Waker } from './wake.ts';

export interface CancelPorts {
  store: Pick<ExecutionStore, 'get' | 'change' | 'tasks'>;
  attempts: Attempts;
  tokens: TaskTokens;
  waker: Waker;
  clock: Clock;
  others?: OtherNodes;
}

/** Where the work of tasks on other nodes goes. */
export interface OtherNodes {
  /** Id of this node. */
  here: string;
  work: RemoteWork;
}

/** Has another node end what it runs for a task, if one does. */
export async function cancelWork(others: OtherNodes | undefined, task: Task): Promise<void> {
  const { nodeId, childId } = task;
  if (!others || nodeId === undefined) return;
  await others.work.cancel(nodeId, childId ?? workId(others.here, task));
}

/** Ends an execution and its children as CANCELLED. Undefined when there is none; one that has ended stays as it is. */
export type Canceller = (id: string, reason: string) => Promise<Execution | undefined>;

export function createCanceller(ports: CancelPorts): Canceller {
  const { store, attempts, tokens, waker, clock, others } = ports;
  return async function cancel(id, reason) {
    const atMs = clock.now();
    const { applied, execution } = await store.change({
      id,
      expect: { statuses: EXECUTION_UNENDED },
      set: { status: 'CANCELLED', endedMs: atMs },
      cancelOpen: reason,
      events: [{ atMs, type: 'execution.cancelled', data: { reason } }],
      atMs,
      durability: 'durable',
    });
    if (!applied || !execution) return store.get(id);
    await attempts.abort(id, reason);
    const cut = await store.tasks(id, ['CANCELLED']);
    await letGo({ waker, cancel, others }, cut, `its parent ${id} was cancelled`);
    // The state machine goes on to Settle, which tells whoever waits.
    for (const token of [execution.admitToken, execution.token]) if (token) await tokens.succeed(token, {});
    return execution;
  };
}

/** Ends what tasks that were cut short waited for: a child execution, work on another node, a place. */
export async function letGo(
  { waker, cancel, others }: Pick<CancelPorts, 'waker' | 'others'> & { cancel: Canceller },
  tasks: readonly Task[],
  reason: string,
): Promise<void> {
  await sideBySide(tasks, async (task) => {
    const { executionId, taskId, attempt, childId, nodeId } = task;
    if (nodeId !== undefined) await cancelWork(others, task);
    else if (childId) await cancel(childId, reason);
    await waker.release(taskHolder(executionId, taskId, attempt));
  });
}
