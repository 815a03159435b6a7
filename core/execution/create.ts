import { Conflict } from '../errors.ts';
import { hashJson } from '../hash.ts';
import type { JsonValue } from '../json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dispatcher } from '../ports/dispatcher.ts';
import type { ExecutionStore, NewExecution } from '../ports/execution-store.ts';
import type { Ids } from '../ports/ids.ts';
import type { Execution } from './execution.ts';
import { machineName } from './steps.ts';

export interface CreatePorts {
  store: Pick<ExecutionStore, 'create'>;
  dispatcher: Dispatcher;
  ids: Ids;
  clock: Clock;
}

export type CreateRequest = Omit<NewExecution, 'id' | 'requestHash' | 'submittedMs'> & {
  idempotencyKey?: string;
};

/**
 * Accepts an execution, durably, and starts it. With an idempotency key its id is made from the key, so that the same request
 * again finds the same execution. Errors: `Conflict` when the key came with another request.
 */
export function createExecutions({ store, dispatcher, ids, clock }: CreatePorts) {
  return async ({
    idempotencyKey,
    ...request
  }: CreateRequest): Promise<{ execution: Execution; created: boolean }> => {
    const requestHash = hashJson(request as unknown as JsonValue);
    const id =
      idempotencyKey === undefined
        ? ids.next('ex')
        : `ex_${hashJson([request.kind, idempotencyKey]).slice(0, 26)}`;
    const submittedMs = clock.now();
    const made = await store.create({ ...request, id, requestHash, submittedMs }, [
      { atMs: submittedMs, type: 'execution.submitted' },
    ]);
    if (!made.created && made.execution.requestHash !== requestHash) {
      throw new Conflict(
        `the idempotency key "${idempotencyKey}" was used for another request, which made ${id}`,
        'Use a new key for a new request.',
      );
    }
    const { run, status } = made.execution;
    // One that was made before may still lack its machine: whoever asks again may do so because the first call broke off.
    if (made.created || status === 'QUEUED')
      await dispatcher.start('workflow', machineName(id, run), { executionId: id, run });
    return { execution: made.execution, created: made.created };
  };
}
