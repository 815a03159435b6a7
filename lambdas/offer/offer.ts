import type { TaskRef } from '../../core/execution/execution.ts';
import { POOLS, taskName } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { TaskType } from '../../core/ports/task-types.ts';

export interface OfferPorts {
  store: Pick<ExecutionStore, 'get' | 'parked' | 'unplaced'>;
  waker: Waker;
  dispatcher: Dispatcher;
}

/**
 * Sizes the pool of a task type that somebody offers from now on, and dispatches the tasks that were parked for want of it, or of a
 * node that can run them.
 */
export function createOffer({ waker, ...ports }: OfferPorts) {
  const takeUp = createTakeUp(ports);
  return async ({ type, maxConcurrency }: Pick<TaskType, 'type' | 'maxConcurrency'>): Promise<void> => {
    if (maxConcurrency !== undefined) await waker.limit(POOLS.type(type), maxConcurrency);
    await takeUp(await ports.store.parked(type));
    await takeUp(await ports.store.unplaced());
  };
}

/** The network is not as it was: dispatches the tasks that were parked because no node could run them. */
export function createPlaceAgain(ports: Omit<OfferPorts, 'waker'>) {
  const takeUp = createTakeUp(ports);
  return async (): Promise<void> => takeUp(await ports.store.unplaced());
}

function createTakeUp({ store, dispatcher }: Omit<OfferPorts, 'waker'>) {
  return async (parked: readonly TaskRef[]): Promise<void> => {
    for (const { executionId, taskId } of parked) {
      const execution = await store.get(executionId);
      if (!execution) continue;
      const ref = { executionId, taskId, run: execution.run, hops: 0 };
      await dispatcher.start('task', taskName(executionId, taskId), ref);
    }
  };
}
