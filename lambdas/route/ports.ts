import { concurrencyOf } from '../../core/dag/graph.ts';
import type { Finisher } from '../../core/execution/finish.ts';
import type { Plan, Plans } from '../../core/execution/plans.ts';
import type { PrepareSources } from '../../core/execution/prepare.ts';
import { POOLS } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';

export interface RoutePorts extends PrepareSources {
  store: Pick<ExecutionStore, 'task' | 'changeTask'>;
  plans: Plans;
  slots: Slots;
  types: TaskTypes;
  dispatcher: Dispatcher;
  waker: Waker;
  finish: Finisher;
}

/** The pool that limits an execution's own concurrency, where it does. */
export const ownPools = ({ program, execution }: Plan): string[] =>
  concurrencyOf(program.definition) === undefined ? [] : [POOLS.execution(execution.id)];
