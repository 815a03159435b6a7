import type { Canceller } from '../../core/execution/cancel.ts';
import { type Execution, noExecution } from '../../core/execution/execution.ts';

/** Ends an execution as CANCELLED; one that has ended stays as it is. Errors: `NotFound`. */
export function createCancel({ cancel }: { cancel: Canceller }) {
  return async (id: string, reason = 'cancelled on request'): Promise<Execution> => {
    const execution = await cancel(id, reason);
    if (!execution) throw noExecution(id);
    return execution;
  };
}
