import type { StartRequest } from '../../core/api/operations.ts';
import { NotFound } from '../../core/errors.ts';
import { createExecutions, type CreatePorts } from '../../core/execution/create.ts';
import type { Execution } from '../../core/execution/execution.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { resolveVariables } from '../../core/workflow/variables.ts';

export interface StartPorts extends CreatePorts {
  workflows: Pick<WorkflowStore, 'getVersion'>;
}

/** Starts an execution of a stored workflow. Errors: `NotFound`, `InvalidInput`, `Conflict`. */
export function createStart({ workflows, ...ports }: StartPorts) {
  const create = createExecutions(ports);

  return async (request: StartRequest): Promise<{ execution: Execution; created: boolean }> => {
    const { workflow, version, idempotencyKey, correlationId } = request;
    const stored = await workflows.getVersion(workflow, version);
    if (!stored) {
      const which = version === undefined ? `"${workflow}"` : `"${workflow}" version ${version}`;
      throw new NotFound(
        `there is no workflow ${which}`,
        'List the stored ones with GET /workflows, or submit it first.',
      );
    }
    return create({
      kind: 'workflow',
      workflow: stored.name,
      version: stored.version,
      definitionHash: stored.hash,
      priority: request.priority ?? stored.definition.priority,
      variables: resolveVariables(stored.definition, request.variables),
      after: [],
      correlationId,
      idempotencyKey,
    });
  };
}
