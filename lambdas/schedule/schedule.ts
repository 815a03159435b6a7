import type { TaskRequest } from '../../core/api/operations.ts';
import { InvalidInput } from '../../core/errors.ts';
import { createExecutions, type CreatePorts } from '../../core/execution/create.ts';
import type { Execution } from '../../core/execution/execution.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { parseDocument } from '../../core/workflow/parse-later.ts';

export interface SchedulePorts extends CreatePorts {
  store: Pick<ExecutionStore, 'create' | 'get'>;
  workflows: Pick<WorkflowStore, 'putDefinition'>;
}

/**
 * Takes a task on its own: an execution of one task, which may wait for the success of others. Errors: `InvalidDefinition`,
 * `InvalidInput`, `Conflict`.
 */
export function createSchedule({ workflows, ...ports }: SchedulePorts) {
  const create = createExecutions(ports);

  return async (request: TaskRequest): Promise<{ execution: Execution; created: boolean }> => {
    const {
      name,
      type,
      input,
      priority,
      dependencies = [],
      retry,
      timeoutMs,
      idempotencyKey,
      correlationId,
    } = request;
    const task: JsonObject = { id: 'task', type };
    for (const [key, value] of Object.entries({ name, input, priority, retry, timeoutMs }))
      if (value !== undefined) task[key] = value;
    const definition = await parseDocument({ name: 'task', tasks: [task] }, { source: 'the task' });
    for (const id of dependencies) {
      if (await ports.store.get(id)) continue;
      throw new InvalidInput(
        `dependencies names "${id}", and there is no such task or execution`,
        'Give ids that POST /tasks or a start returned.',
      );
    }
    const definitionHash = hashJson(definition as unknown as JsonValue);
    await workflows.putDefinition(definition, definitionHash, ports.clock.now());
    return create({
      kind: 'task',
      workflow: name ?? type,
      version: 0,
      definitionHash,
      priority: definition.tasks[0]!.priority ?? definition.priority,
      variables: {},
      after: dependencies,
      correlationId,
      idempotencyKey,
    });
  };
}
