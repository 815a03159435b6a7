import type { SubmitRequest } from '../../core/api/operations.ts';
import { compileProgram } from '../../core/execution/program.ts';
import { hashJson } from '../../core/hash.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { WorkflowStore, WorkflowVersion } from '../../core/ports/workflow-store.ts';
import { parseDocument } from '../../core/workflow/parse-later.ts';

export interface SubmitPorts {
  workflows: Pick<WorkflowStore, 'putVersion'>;
  clock: Clock;
}

/** Stores a workflow as the next version of its name; the same content again is the same version. Errors: `InvalidDefinition`,
 * `Conflict` when the idempotency key came with another document. */
export function createSubmit({ workflows, clock }: SubmitPorts) {
  return async ({
    document,
    format,
    source,
    idempotencyKey,
  }: SubmitRequest): Promise<{ workflow: WorkflowVersion; created: boolean }> => {
    const definition = await parseDocument(document, { format, source });
    compileProgram(definition);
    const hash = hashJson(definition as unknown as JsonValue);
    const { version, created } = await workflows.putVersion(definition, hash, clock.now(), idempotencyKey);
    return { workflow: version, created };
  };
}
