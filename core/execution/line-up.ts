import type { Clock } from '../ports/clock.ts';
import type { Dispatcher } from '../ports/dispatcher.ts';
import type { Slots } from '../ports/slots.ts';
import type { Task } from './execution.ts';
import { sideBySide } from '../side-by-side.ts';
import { isEngineType } from '../workflow/definition.ts';
import { handlerPools } from './places.ts';
import type { Plan } from './plans.ts';
import { taskHolder, taskName } from './steps.ts';

export interface LineUpPorts {
  slots: Slots;
  dispatcher: Dispatcher;
  clock: Clock;
}

/**
 * Dispatches tasks. Those that are sure to want a place ask for it first: in a wide workflow most have to wait for one, and a state
 * machine that starts only to find that out is most of what they would cost. `mostWait` unless given: there are many of them.
 */
export type LineUp = (plan: Plan, tasks: readonly Task[], mostWait?: boolean) => Promise<void>;

export function createLineUp({ slots, dispatcher, clock }: LineUpPorts): LineUp {
  return async (plan, tasks, mostWait = tasks.length > WIDE) => {
    const { run } = plan.execution;
    await sideBySide(tasks, async (task) => {
      const { executionId, taskId, priority, index, readyMs = clock.now() } = task;
      if (mostWait && surelyRuns(plan, task)) {
        const holder = taskHolder(executionId, taskId, task.attempt + 1);
        const request = { holder, pools: handlerPools(plan, task.type), priority, readyMs, index };
        if (!(await slots.acquire(request))) return;
      }
      await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops: 0 });
    });
  };
}

/** Below this, most get a place at once. */
const WIDE = 500;

/** Nothing but a place is between the task and its handler. What gets a place and then doesn't run gives it back. */
function surelyRuns({ program }: Plan, { status, type, index, unmet, triggered }: Task): boolean {
  const { condition, placement, triggeredBy } = program.graph.tasks[index]!;
  if (status !== 'READY' || isEngineType(type) || condition !== undefined || placement !== undefined)
    return false;
  return unmet === 0 && (triggeredBy.length === 0 || triggered > 0);
}
