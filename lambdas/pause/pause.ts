import type { Execution } from '../../core/execution/execution.ts';
import { PAUSE, suspend, type SuspendPorts } from '../../core/execution/suspend.ts';

/** Lets an execution start nothing new; attempts that run go on to their end. Errors: `NotFound`, `Conflict`. */
export function createPause(ports: SuspendPorts) {
  return (id: string): Promise<Execution> => suspend(ports, id, PAUSE);
}
