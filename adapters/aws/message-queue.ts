import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { InvalidInput, PayloadTooLarge, StoreUnavailable } from '../../core/errors.ts';
import type { MessageQueue, QueueMessage } from '../../core/ports/message-queue.ts';
import { failure } from './failures.ts';
import { fitName } from './fit-name.ts';
import { batches, type Pauses, sendUntilTaken } from './retry.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MESSAGE_BYTES_MAX = 1_048_576;
/** Of a request, which is as small as one message. */
export const BATCH_LIMITS = { countMax: 10, bytesMax: MESSAGE_BYTES_MAX };
const ATTRIBUTES_MAX = 10;
const ID_RULES = { lengthMax: 128, forbidden: /[^!-~]/g };
/** What is not a character of XML 1.0. */
const NOT_TEXT = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export interface SqsMessageQueueOptions extends Pauses {
  client: Pick<SQSClient, 'send'>;
  queueUrl: string;
}

/** A FIFO queue of SQS. Groups and ids beyond its 128 printable characters are hashed. */
export class SqsMessageQueue implements MessageQueue {
  readonly #options: SqsMessageQueueOptions;

  constructor(options: SqsMessageQueueOptions) {
    this.#options = options;
  }

  async send(messages: readonly QueueMessage[]): Promise<void> {
    const checked = messages.map((message) => ({ message, sizeBytes: checkedSize(message) }));
    for (const batch of batches(checked, (item) => item.sizeBytes, BATCH_LIMITS)) {
      await this.#sendBatch(batch.map(({ message }) => message));
    }
  }

  async #sendBatch(batch: readonly QueueMessage[]): Promise<void> {
    let reason = '';
    const left = await sendUntilTaken(
      batch,
      async (messages) => {
        const failed = await this.#sendOnce(messages);
        reason = failed[0]?.reason ?? '';
        return failed.map(({ message }) => message);
      },
      this.#options,
    );
    if (left.length === 0) return;
    throw new StoreUnavailable(
      `SQS did not take ${left.length} of ${batch.length} messages: ${reason}.`,
      'Send them again in a moment; those that were taken are not delivered twice.',
    );
  }

  async #sendOnce(messages: readonly QueueMessage[]): Promise<{ message: QueueMessage; reason: string }[]> {
    const { client, queueUrl } = this.#options;
    const Entries = messages.map(entryOf);
    try {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      const refused = Failed.find(({ SenderFault }) => SenderFault);
      if (refused) {
        throw new InvalidInput(
          `SQS refuses a message to ${queueUrl}: ${refused.Code}: ${refused.Message ?? ''}`,
          'Compare the message, and the attributes of the queue, with what the code says.',
        );
      }
      return Failed.map(({ Id, Code }) => ({ message: messages[Number(Id)]!, reason: Code ?? 'unknown' }));
    } catch (error) {
      throw failure(error, `SQS did not take messages to ${queueUrl}`);
    }
  }
}

function entryOf(message: QueueMessage, index: number): SendMessageBatchRequestEntry {
  const { body, group, deduplicationId, attributes = {} } = message;
  return {
    Id: String(index),
    MessageBody: body,
    MessageGroupId: fitName(group, ID_RULES),
    MessageDeduplicationId: fitName(deduplicationId, ID_RULES),
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
    ),
  };
}

function checkedSize({ body, group, attributes = {} }: QueueMessage): number {
  const named = Object.entries(attributes);
  const place = [['body', body] as const, ...named].find(([, text]) => text === '' || NOT_TEXT.test(text));
  if (place !== undefined) {
    throw new InvalidInput(
      `The ${place[0]} of a message of the group "${group}" ${place[1] === '' ? 'is empty' : 'holds characters that are not text'}.`,
      'Queues take text only: encode it, as base64 for example.',
    );
  }
  if (named.length > ATTRIBUTES_MAX) {
    throw new InvalidInput(
      `A message of the group "${group}" has ${named.length} attributes; SQS takes ${ATTRIBUTES_MAX}.`,
      'Put the others into its body.',
    );
  }
  const sizeBytes = named
    .flatMap(([name, text]) => [name, 'String', text])
    .reduce((sum, text) => sum + Buffer.byteLength(text), Buffer.byteLength(body));
  if (sizeBytes <= MESSAGE_BYTES_MAX) return sizeBytes;
  throw new PayloadTooLarge(
    `A message of the group "${group}" has ${sizeBytes} bytes; SQS takes ${MESSAGE_BYTES_MAX}.`,
    'Keep what is large in the payload store and pass its reference.',
  );
}
