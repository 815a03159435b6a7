import type { Message } from '@aws-sdk/client-sqs';
import { SqsMessageQueue } from '../../adapters/aws/message-queue.ts';
import type { QueueMessage } from '../../core/ports/message-queue.ts';
import { instantClock, latest } from '../adapters/aws/service.ts';
import { messageQueueSuite } from '../ports/message-queue.suite.ts';
import { describeStores } from './dynamodb.ts';
import { deleteMessage, openQueue, receiveBatch } from './sqs.ts';

describeStores('On ElasticMQ', () => {
  messageQueueSuite('SqsMessageQueue', async () => {
    const open = await openQueue();
    const { client, url } = open;
    return {
      queue: new SqsMessageQueue({ client, queueUrl: url, clock: instantClock(), random: latest }),
      async drain() {
        const came: QueueMessage[] = [];
        for (;;) {
          const batch = await receiveBatch(url);
          if (batch.length === 0) return came;
          for (const message of batch) {
            came.push(asSent(message));
            await deleteMessage(url, message);
          }
        }
      },
      close: () => open.close(),
    };
  });
});

function asSent({ Body, Attributes, MessageAttributes = {} }: Message): QueueMessage {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue!]);
  return {
    body: Body!,
    group: Attributes!.MessageGroupId!,
    deduplicationId: Attributes!.MessageDeduplicationId!,
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) as Record<string, string> }),
  };
}
