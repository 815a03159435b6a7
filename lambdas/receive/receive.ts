import { HoldfastError, isRefusal } from '../../core/errors.ts';
import { hashBytes } from '../../core/hash.ts';
import type { Logger } from '../../core/task/handler.ts';
import { type IntakeOperations, perform, readRequest } from './perform.ts';

/** A message as a queue delivers it, at least once. */
export interface IntakeMessage {
  id: string;
  /** Absent where the queue has no groups: the message waits for no other. */
  group?: string;
  deduplicationId?: string;
  /** How often it has been received, this time included. */
  receives: number;
  body: string;
}

export interface ReceivePorts {
  operations: IntakeOperations;
  logger: Pick<Logger, 'warn' | 'error'>;
  /** After so many receives the queue sets a message aside. */
  receivesMax: number;
}

/**
 * Performs a batch of messages: groups side by side, each in its order. Returns the ids of those that go back to the queue: what
 * failed, and what comes after it in its group. The queue delivers them again, and sets aside what fails too often.
 */
export function createReceive({ operations, logger, receivesMax }: ReceivePorts) {
  return async (messages: readonly IntakeMessage[]): Promise<{ failedIds: string[] }> => {
    const groups = Map.groupBy(messages, ({ id, group }) => JSON.stringify(group ?? { id }));
    const failed = await Promise.all([...groups.values()].map(performInOrder));
    return { failedIds: failed.flat().map(({ id }) => id) };
  };

  async function performInOrder(group: IntakeMessage[]): Promise<IntakeMessage[]> {
    const failed: IntakeMessage[] = [];
    for (const [at, message] of group.entries()) {
      try {
        await perform(operations, readRequest(message.body), defaultKey(message));
      } catch (error) {
        tell(message, error as Error);
        if (message.receives < receivesMax) return [...failed, ...group.slice(at)];
        // It is set aside now: those behind it were received as often, and would be, too, without a try of their own.
        failed.push(message);
      }
    }
    return failed;
  }

  /** One that may succeed later is a warning; the others will be set aside, unless somebody mends what they ask for. */
  function tell({ id, group, deduplicationId, receives }: IntakeMessage, error: Error): void {
    const known = error instanceof HoldfastError;
    const refused = isRefusal(error);
    const fields = {
      messageId: id,
      group,
      deduplicationId,
      receives,
      error: refused ? error.message : (error.stack ?? String(error)),
      ...(known && { fix: error.fix }),
    };
    if (refused) logger.error('a message can not be performed', fields);
    else logger.warn('a message goes back to the queue', fields);
  }
}

/**
 * By group, as queues of high throughput tell repeated messages apart within each group only. An id that a queue made of the content
 * says nothing of who sent it, and the same work may be wanted again: then it is the message's own, which redrives keep as its
 * deduplication id.
 */
function defaultKey({ id, group, deduplicationId, body }: IntakeMessage): string | undefined {
  if (deduplicationId === undefined) return undefined;
  const isOfContent = deduplicationId === hashBytes(new TextEncoder().encode(body));
  return JSON.stringify([group ?? null, isOfContent ? id : deduplicationId]);
}
