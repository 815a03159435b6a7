import type { Canceller } from '../../core/execution/cancel.ts';
import { createExecutions, type CreatePorts } from '../../core/execution/create.ts';
import { type Execution, noExecution } from '../../core/execution/execution.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';

export interface RestartPorts extends CreatePorts {
  store: Pick<ExecutionStore, 'get' | 'create'>;
  cancel: Canceller;
}

/**
 * Runs an execution again from the beginning, as a new one with the same definition and variables; an unended one is cancelled
 * first. Asked again for the same execution it gives the same new one. Errors: `NotFound`.
 */
export function createRestart({ cancel, ...ports }: RestartPorts) {
  const create = createExecutions(ports);

  return async (id: string): Promise<Execution> => {
    const old = await ports.store.get(id);
    if (!old) throw noExecution(id);
    await cancel(id, 'restarted');
    const { kind, workflow, version, definitionHash, priority, variables, after, correlationId } = old;
    const again = {
      kind: kind === 'child' ? ('workflow' as const) : kind,
      workflow,
      version,
      definitionHash,
      priority,
      variables,
      after,
      correlationId,
    };
    const { execution } = await create({ ...again, idempotencyKey: `restart of ${id}` });
    return execution;
  };
}
