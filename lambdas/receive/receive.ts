import { INTAKE, intakeOperation, type IntakeRequest } from '../../core/api/intake.ts';
import { parseJson } from '../../core/api/json-text.ts';
import type { Operations } from '../../core/api/operations.ts';
import { parse } from '../../core/api/parse.ts';
import { HoldfastError } from '../../core/errors.ts';
import type { Logger } from '../../core/task/handler.ts';
import { PRIORITIES } from '../../core/workflow/definition.ts';

/** A message as a queue delivers it, at least once. */
export interface IntakeMessage {
  id: string;
  /** Absent where the queue has no groups: the message waits for no other. */
  group?: string;
  deduplicationId?: string;
  body: string;
}

export interface ReceivePorts {
  operations: Pick<Operations, 'submit' | 'start' | 'submitTask' | 'signal' | 'cancel' | 'restart'>;
  logger: Pick<Logger, 'warn' | 'error'>;
}

/**
 * Performs a batch of messages: groups side by side, each in its order. Returns the ids of those that go back to the queue: what
 * failed, and what comes after it in its group. The queue delivers them again, and sets aside what fails too often.
 */
export function createReceive({ operations, logger }: ReceivePorts) {
  return async (messages: readonly IntakeMessage[]): Promise<{ failedIds: string[] }> => {
    const groups = Map.groupBy(messages, ({ id, group }) =>
      group === undefined ? `message ${id}` : `group ${group}`,
    );
    const failed = await Promise.all([...groups.values()].map(performInOrder));
    return { failedIds: failed.flat().map(({ id }) => id) };
  };

  async function performInOrder(group: IntakeMessage[]): Promise<IntakeMessage[]> {
    for (const [at, message] of group.entries()) {
      try {
        await perform(readRequest(message.body), message.deduplicationId);
      } catch (error) {
        tell(message, error as Error);
        return group.slice(at);
      }
    }
    return [];
  }

  async function perform(request: IntakeRequest, deduplicationId: string | undefined): Promise<unknown> {
    switch (request.operation) {
      case 'submit': {
        const { operation: _, idempotencyKey = deduplicationId, ...rest } = request;
        return operations.submit({ ...rest, source: 'the message', idempotencyKey });
      }
      case 'start': {
        const { operation: _, idempotencyKey = deduplicationId, priority, ...rest } = request;
        const number = typeof priority === 'string' ? PRIORITIES[priority] : priority;
        return operations.start({ ...rest, priority: number, idempotencyKey });
      }
      case 'submitTask': {
        const { operation: _, idempotencyKey = deduplicationId, ...rest } = request;
        return operations.submitTask({ ...rest, idempotencyKey });
      }
      case 'signal': {
        const {
          executionId,
          name,
          idempotencyKey,
          id = idempotencyKey ?? deduplicationId,
          payload,
        } = request;
        return operations.signal(executionId, { name, id, payload });
      }
      case 'cancel':
        return operations.cancel(request.executionId, request.reason);
      case 'restart':
        return operations.restart(request.executionId);
    }
  }

  /** One that may succeed later is a warning; the others will be set aside, unless somebody mends what they ask for. */
  function tell({ id, group, deduplicationId }: IntakeMessage, error: Error): void {
    const refused =
      error instanceof HoldfastError && !['unavailable', 'limited', 'internal'].includes(error.kind);
    const fields = {
      messageId: id,
      group,
      deduplicationId,
      error: refused ? error.message : (error.stack ?? String(error)),
      ...(error instanceof HoldfastError && { fix: error.fix }),
    };
    if (refused) logger.error('a message can not be performed', fields);
    else logger.warn('a message goes back to the queue', fields);
  }
}

/** Errors: `MalformedJson`, `InvalidRequest`. */
function readRequest(body: string): IntakeRequest {
  const value = parseJson(body);
  const { operation } = parse(intakeOperation, value, 'The message');
  return parse(INTAKE[operation], value, 'The message') as IntakeRequest;
}
