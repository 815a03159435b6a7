import { type Answer, waitOf } from '../../core/execution/answer.ts';
import type { Task } from '../../core/execution/execution.ts';
import { pack } from '../../core/execution/payload.ts';
import type { TaskResult } from '../../core/execution/steps.ts';
import type { RunTimes } from '../../core/placement/run-times.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { WorkEnd } from '../../core/ports/remote-work.ts';

export interface TakeAnswerPorts {
  store: Pick<ExecutionStore, 'get' | 'task' | 'change'>;
  payloads: PayloadStore;
  answer: Answer;
  clock: Clock;
  /** Told how long tasks took at other nodes. @default nobody */
  runTimes?: Pick<RunTimes, 'ended'>;
}

/**
 * Ends the wait of a task for the node that it was placed on, by what that node says; durable. False where the task does not wait
 * for it, or not any more: the answer came twice or too late, or from another node.
 */
export function createTakeAnswer({ store, payloads, answer, clock, runTimes }: TakeAnswerPorts) {
  return async (from: string, { parent, result, ranMs }: Omit<WorkEnd, 'id'>): Promise<boolean> => {
    const { executionId: id, run } = parent;
    const task = await store.task(parent);
    const execution = await store.get(id);
    const waits = task && execution?.run === run && waitsFor(task, from, parent.attempt);
    if (waits && result.ok && ranMs !== undefined) runTimes?.ended(from, task.type, ranMs);
    if (waits) await answer(waitOf(task, run), await kept(result));
    // Whoever carried the answer forgets it now, and may have brought it before.
    await store.change({ id, expect: { statuses: [] }, set: {}, atMs: clock.now(), durability: 'durable' });
    return waits === true;
  };

  async function kept(result: WorkEnd['result']): Promise<TaskResult> {
    return result.ok ? { ok: true, ...(await pack(result.output ?? null, payloads)) } : result;
  }
}

const waitsFor = ({ status, attempt, nodeId, dueMs }: Task, node: string, of: number): boolean =>
  status === 'WAITING' && dueMs === undefined && attempt === of && nodeId === node;
