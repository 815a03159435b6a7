import { NotFound } from '../../core/errors.ts';
import type { Canceller } from '../../core/execution/cancel.ts';
import type { Execution } from '../../core/execution/execution.ts';

/** Ends an execution as CANCELLED; one that has ended stays as it is. Errors: `NotFound`. */
export function createCancel({ cancel }: { cancel: Canceller }) {
  return async (id: string, reason = 'cancelled on request'): Promise<Execution> => {
    const execution = await cancel(id, reason);
    if (!execution) throw new NotFound(`there is no execution "${id}"`, 'List them with GET /executions.');
    return execution;
  };
}
