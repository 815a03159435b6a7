import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/task/handler.ts';
import { failure } from './failures.ts';
import type { Schedule, Schedules } from './schedules.ts';

/** For as long as SQS hides a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const DELAY_SECONDS_MAX = 900;

/**
 * How far a time may be that messages keep by themselves. One is sent, received and deleted, $1.20 a million at $0.40 a request, and
 * the function is called, $0.27 where it is called for that one alone: $1.47 each 15 minutes. A schedule is $1.00, whatever the
 * distance, with two such messages, its own and the one for the rest: $3.94, less than three hops.
 */
export const UNSCHEDULED_MS_MAX = 2 * DELAY_SECONDS_MAX * 1000;

/**
 * How long before the time a schedule sends its message, so that the delay of the next one can hit the second: a schedule is up to a
 * minute late, and later where more fall due at once than Scheduler sends, 1,000 a second. Within the delay that there is.
 */
export const AHEAD_MS = 10 * 60_000;

export interface DelayedMessagesOptions {
  client: Pick<SQSClient, 'send'>;
  /** Of a standard queue: a FIFO one delays all of its messages alike. */
  queueUrl: string;
  /** Send to the same queue. */
  schedules: Pick<Schedules, 'add'>;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn'>;
}

/** Messages that SQS delays until their time. A schedule sends the message of a far time, some minutes ahead of it. */
export class DelayedMessages {
  readonly #options: DelayedMessagesOptions;

  constructor(options: DelayedMessagesOptions) {
    this.#options = options;
  }

  /**
   * Durable when it resolves. Whoever receives it before `atMs` sends it again. `name` tells schedules apart; any text. Errors:
   * `StoreUnavailable`.
   */
  async send(message: Schedule): Promise<void> {
    const leftMs = message.atMs - this.#options.clock.now();
    if (leftMs > UNSCHEDULED_MS_MAX && (await this.#schedule(message))) return;
    await this.#send(message, leftMs);
  }

  /** Whether there is a schedule now. If not, a message looks again in 15 minutes. */
  async #schedule(message: Schedule): Promise<boolean> {
    const { schedules, logger } = this.#options;
    try {
      await schedules.add({ ...message, atMs: message.atMs - AHEAD_MS });
      return true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      logger.warn('a time is kept by messages, for want of a schedule', { error: error.message });
      return false;
    }
  }

  async #send({ name, body }: Schedule, leftMs: number): Promise<void> {
    const { client, queueUrl } = this.#options;
    const send = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      // Whole seconds, upwards: before its time it would only be sent again.
      DelaySeconds: Math.min(DELAY_SECONDS_MAX, Math.max(0, Math.ceil(leftMs / 1000))),
    });
    try {
      await client.send(send);
    } catch (error) {
      throw failure(error, `SQS did not take the message "${name}" to ${queueUrl}`);
    }
  }
}
