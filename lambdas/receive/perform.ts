import { INTAKE, intakeOperation, type IntakeRequest } from '../../core/api/intake.ts';
import { parseJson } from '../../core/api/json-text.ts';
import type { Operations } from '../../core/api/operations.ts';
import { parse } from '../../core/api/parse.ts';
import { PRIORITIES } from '../../core/workflow/definition.ts';

export type IntakeOperations = Pick<
  Operations,
  'submit' | 'start' | 'submitTask' | 'signal' | 'cancel' | 'restart'
>;

/** What a message's body asks for. Errors: `MalformedJson`, `InvalidRequest`. */
export function readRequest(body: string): IntakeRequest {
  const value = parseJson(body);
  const { operation } = parse(intakeOperation, value, 'The message');
  return parse(INTAKE[operation], value, 'The message') as IntakeRequest;
}

/** Performs a request; again, with no other effect. `key` is its idempotency key unless it gives one. */
export async function perform(
  operations: IntakeOperations,
  request: IntakeRequest,
  key: string | undefined,
): Promise<unknown> {
  switch (request.operation) {
    case 'submit': {
      const { operation: _, idempotencyKey = key, ...rest } = request;
      return operations.submit({ ...rest, source: 'the message', idempotencyKey });
    }
    case 'start': {
      const { operation: _, idempotencyKey = key, priority, ...rest } = request;
      const number = typeof priority === 'string' ? PRIORITIES[priority] : priority;
      return operations.start({ ...rest, priority: number, idempotencyKey });
    }
    case 'submitTask': {
      const { operation: _, idempotencyKey = key, ...rest } = request;
      return operations.submitTask({ ...rest, idempotencyKey });
    }
    case 'signal': {
      const { executionId, name, idempotencyKey = key, id = idempotencyKey, payload } = request;
      return operations.signal(executionId, { name, id, payload });
    }
    case 'cancel':
      return operations.cancel(request.executionId, request.reason);
    case 'restart':
      return operations.restart(request.executionId);
  }
}
