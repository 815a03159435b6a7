import { NotFound } from '../../core/errors.ts';
import type { DeadLetterQueue, DeadLetters, Redrive } from '../../core/ports/dead-letters.ts';

/** This host has no queues, so nothing is set aside. */
export class NoDeadLetters implements DeadLetters {
  async list(queue?: string): Promise<DeadLetterQueue[]> {
    if (queue !== undefined) throw noQueue(queue);
    return [];
  }

  async redrive(queue: string): Promise<Redrive> {
    throw noQueue(queue);
  }
}

const noQueue = (queue: string): NotFound =>
  new NotFound(
    `There is no dead-letter queue "${queue}": this host has none.`,
    'Ask the host whose queues you mean, with --api or HOLDFAST_API.',
  );
