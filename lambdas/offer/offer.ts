import { POOLS, taskName } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { TaskType } from '../../core/ports/task-types.ts';

export interface OfferPorts {
  store: Pick<ExecutionStore, 'get' | 'parked'>;
  waker: Waker;
  dispatcher: Dispatcher;
}

/** Sizes the pool of a task type that somebody offers from now on, and dispatches the tasks that were parked for want of it. */
export function createOffer({ store, waker, dispatcher }: OfferPorts) {
  return async ({ type, maxConcurrency }: Pick<TaskType, 'type' | 'maxConcurrency'>): Promise<void> => {
    if (maxConcurrency !== undefined) await waker.limit(POOLS.type(type), maxConcurrency);
    for (const { executionId, taskId } of await store.parked(type)) {
      const execution = await store.get(executionId);
      if (!execution) continue;
      const ref = { executionId, taskId, run: execution.run, hops: 0 };
      await dispatcher.start('task', taskName(executionId, taskId), ref);
    }
  };
}
