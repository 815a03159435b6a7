import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../../core/ports/clock.ts';
import type { Timer, Timers } from '../../core/ports/timers.ts';
import { failure } from './failures.ts';

/** For as long as SQS hides a message: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const DELAY_SECONDS_MAX = 900;

export interface SqsTimersOptions {
  client: Pick<SQSClient, 'send'>;
  /** Of a standard queue: a FIFO one delays all of its messages alike. */
  queueUrl: string;
  clock: Pick<Clock, 'now'>;
}

/** Times as messages of SQS that are delayed until then, or by the most that there is. */
export class SqsTimers implements Timers {
  readonly #options: SqsTimersOptions;

  constructor(options: SqsTimersOptions) {
    this.#options = options;
  }

  async set({ timestamp, ref }: Timer): Promise<void> {
    const { client, queueUrl, clock } = this.#options;
    // Whole seconds, upwards: before its time it would only be sent again.
    const restSeconds = Math.ceil((Date.parse(timestamp) - clock.now()) / 1000);
    const send = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify({ timestamp, ref }),
      DelaySeconds: Math.min(DELAY_SECONDS_MAX, Math.max(0, restSeconds)),
    });
    try {
      await client.send(send);
    } catch (error) {
      throw failure(error, `SQS did not take the timer of ${ref.executionId}/${ref.taskId} to ${queueUrl}`);
    }
  }
}
