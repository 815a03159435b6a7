import { byRank } from '../../core/dag/plan.ts';
import type { Execution } from '../../core/execution/execution.ts';
import { taskName } from '../../core/execution/steps.ts';
import { RESUME, suspend, type SuspendPorts } from '../../core/execution/suspend.ts';
import { sideBySide } from '../../core/side-by-side.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';

export interface ResumePorts extends SuspendPorts {
  dispatcher: Dispatcher;
}

/** Lets a paused execution go on: what is ready by now is dispatched. Errors: `NotFound`, `Conflict`. */
export function createResume({ store, clock, dispatcher }: ResumePorts) {
  return (id: string): Promise<Execution> => suspend({ store, clock }, id, RESUME, dispatch);

  async function dispatch({ id, run }: Execution): Promise<void> {
    const ready = await store.tasks(id, ['READY', 'WAITING', 'PARKED']);
    await sideBySide(ready.toSorted(byRank), ({ taskId }) =>
      dispatcher.start('task', taskName(id, taskId), { executionId: id, taskId, run, hops: 0 }),
    );
  }
}
