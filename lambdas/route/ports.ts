import type { Finisher } from '../../core/execution/finish.ts';
import type { Plans } from '../../core/execution/plans.ts';
import type { PrepareSources } from '../../core/execution/prepare.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Placer } from '../../core/placement/placement.ts';
import type { Dispatcher } from '../../core/ports/dispatcher.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';
import type { Timers } from '../../core/ports/timers.ts';

export interface RoutePorts extends PrepareSources {
  store: Pick<ExecutionStore, 'task' | 'changeTask'>;
  plans: Plans;
  slots: Slots;
  types: TaskTypes;
  dispatcher: Dispatcher;
  timers: Timers;
  placer: Placer;
  waker: Waker;
  finish: Finisher;
}
