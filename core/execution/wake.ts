import type { Dispatcher, TaskTokens } from '../ports/dispatcher.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { Slots } from '../ports/slots.ts';
import { taskName } from './steps.ts';

export interface WakePorts {
  store: Pick<ExecutionStore, 'get'>;
  slots: Slots;
  dispatcher: Dispatcher;
  tokens: TaskTokens;
}

/** Gives places back and sets on their way whoever gets them, so that waiting work always wakes. */
export interface Waker {
  release(holder: string): Promise<void>;
  /** Sizes a pool; `Infinity` lets go of it. */
  limit(pool: string, size: number): Promise<void>;
}

export function createWaker({ store, slots, dispatcher, tokens }: WakePorts): Waker {
  async function wake(holder: string): Promise<void> {
    const [kind, executionId, taskId] = holder.split('/') as [string, string, string];
    const execution = await store.get(executionId);
    if (!execution) return;
    if (kind === 'task') {
      const ref = { executionId, taskId, run: execution.run, hops: 0 };
      await dispatcher.start('task', taskName(executionId, taskId), ref);
    } else if (execution.admitToken) await tokens.succeed(execution.admitToken, {});
  }

  return {
    async release(holder) {
      for (const granted of await slots.release(holder)) await wake(granted);
    },
    async limit(pool, size) {
      for (const granted of await slots.limit(pool, size)) await wake(granted);
    },
  };
}
