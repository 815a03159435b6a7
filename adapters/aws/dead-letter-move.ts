import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Conflict } from '../../core/errors.ts';

/** A batch of ten is moved in a fraction of it; what a broken-off move held comes back after it. */
const HELD_SECONDS = 30;

export interface MoveFrom {
  url: string;
  /** The queues whose dead letters it gets. */
  sourceUrls: readonly string[];
}

/**
 * Moves the oldest messages of a dead-letter queue back, `limit` at most, each sent before it is deleted: broken off between the
 * two, its twin has the same deduplication id. Returns how many.
 */
export async function moveMessages(
  client: Pick<SQSClient, 'send'>,
  from: MoveFrom,
  limit: number,
): Promise<number> {
  let moved = 0;
  while (moved < limit) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: from.url,
        MaxNumberOfMessages: Math.min(10, limit - moved),
        VisibilityTimeout: HELD_SECONDS,
        MessageSystemAttributeNames: ['MessageGroupId', 'DeadLetterQueueSourceArn'],
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    // One after another: a group keeps its order.
    for (const message of Messages) {
      await client.send(resend(message, from));
      await client.send(
        new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle: message.ReceiptHandle }),
      );
      moved++;
    }
  }
  return moved;
}

/** With a deduplication id of its own: the one it had may still be remembered, and SQS would swallow it. */
function resend(message: Message, from: MoveFrom): SendMessageCommand {
  const { MessageId, Body, MessageAttributes, Attributes = {} } = message;
  const { MessageGroupId } = Attributes;
  return new SendMessageCommand({
    QueueUrl: destination(message, from),
    MessageBody: Body,
    MessageAttributes,
    ...(MessageGroupId !== undefined && {
      MessageGroupId,
      MessageDeduplicationId: `redrive-of-${MessageId}`,
    }),
  });
}

function destination({ Attributes = {}, MessageId }: Message, { url, sourceUrls }: MoveFrom): string {
  const arn = Attributes.DeadLetterQueueSourceArn;
  const found = sourceUrls.find((source) =>
    arn === undefined ? sourceUrls.length === 1 : source.split('/').at(-1) === arn.split(':').at(-1),
  );
  if (found !== undefined) return found;
  throw new Conflict(
    `The message ${MessageId} in ${url} does not tell which of ${sourceUrls.length} queues it comes from${arn === undefined ? '' : ` (${arn})`}.`,
    'Redrive without a limit: SQS itself knows.',
  );
}
