import type { Dispatcher, TaskTokens } from '../ports/dispatcher.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { Slots } from '../ports/slots.ts';
import { EXECUTION_ENDS, TASK_ENDS, type Task } from './execution.ts';
import { taskName } from './steps.ts';

export interface WakePorts {
  store: Pick<ExecutionStore, 'get' | 'task'>;
  slots: Slots;
  dispatcher: Dispatcher;
  tokens: TaskTokens;
}

/** Gives places back and sets on their way whoever gets them, so that waiting work always wakes. */
export interface Waker {
  release(holder: string): Promise<void>;
  /** Gives back what tasks of an execution still hold or wait for, though they have moved on: whoever ended them died before it could. */
  releaseLost(executionId: string): Promise<void>;
  /** Sizes a pool; `Infinity` lets go of it. */
  limit(pool: string, size: number): Promise<void>;
}

export function createWaker({ store, slots, dispatcher, tokens }: WakePorts): Waker {
  async function wake(holder: string): Promise<void> {
    const [kind, executionId, taskId] = holder.split('/') as [string, string, string];
    const attemptOrRun = attemptOrRunOf(holder);
    const execution = await store.get(executionId);
    if (!execution || EXECUTION_ENDS.includes(execution.status)) return release(holder);
    if (kind === 'execution') {
      if (execution.run !== attemptOrRun) return release(holder);
      if (execution.admitToken) await tokens.succeed(execution.admitToken, {});
      return;
    }
    if (!wants(await store.task({ executionId, taskId }), attemptOrRun)) return release(holder);
    const ref = { executionId, taskId, run: execution.run, hops: 0 };
    await dispatcher.start('task', taskName(executionId, taskId), ref);
  }

  async function release(holder: string): Promise<void> {
    for (const granted of await slots.release(holder)) await wake(granted);
  }

  return {
    release,
    async releaseLost(executionId) {
      for (const holder of await slots.holders(executionId)) {
        const [kind, , taskId] = holder.split('/') as [string, string, string];
        if (kind !== 'task') continue;
        const task = await store.task({ executionId, taskId });
        if (!wants(task, attemptOrRunOf(holder))) await release(holder);
      }
    },
    async limit(pool, size) {
      for (const granted of await slots.limit(pool, size)) await wake(granted);
    },
  };
}

const attemptOrRunOf = (holder: string): number => Number(holder.slice(holder.lastIndexOf('/') + 1));

/** Whether a place that came free for this attempt still has a use: a task may have moved on while it was asked for. */
function wants(task: Task | undefined, attempt: number): boolean {
  if (task === undefined || TASK_ENDS.includes(task.status)) return false;
  return task.attempt < attempt || (task.attempt === attempt && task.failure?.attempt !== attempt);
}
