import type { Attempts } from '../ports/attempts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dispatcher, TaskTokens } from '../ports/dispatcher.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { Slots } from '../ports/slots.ts';
import type { WorkflowStore } from '../ports/workflow-store.ts';
import { createAdmission } from './admission.ts';
import { createCanceller, type OtherNodes } from './cancel.ts';
import { createFinisher } from './finish.ts';
import { createLineUp } from './line-up.ts';
import { createPlans } from './plans.ts';
import { createWaker } from './wake.ts';

export interface ServicePorts {
  store: ExecutionStore;
  workflows: Pick<WorkflowStore, 'getDefinition'>;
  slots: Slots;
  dispatcher: Dispatcher;
  tokens: TaskTokens;
  attempts: Attempts;
  clock: Clock;
  /** Absent on a host that sends no work to other nodes. */
  others?: OtherNodes;
}

/** What several use cases share, over their host's ports. */
export function createServices(ports: ServicePorts) {
  const plans = createPlans(ports.store, ports.workflows);
  const waker = createWaker(ports);
  const lineUp = createLineUp(ports);
  const finish = createFinisher({ ...ports, lineUp, waker });
  const admission = createAdmission({ ...ports, waker });
  const cancel = createCanceller({ ...ports, waker });
  return { plans, waker, lineUp, finish, admission, cancel };
}
