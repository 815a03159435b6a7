/** Queues on ElasticMQ, each with a dead-letter queue of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { emulators, localCredentials } from './dynamodb.ts';

/** Receives before a message is set aside. */
export const RECEIVES_MAX = 3;

let client: SQSClient | undefined;
let queues = 0;

export interface OpenQueue {
  client: SQSClient;
  url: string;
  name: string;
  deadLettersUrl: string;
  deadLettersName: string;
  close(): Promise<void>;
}

export async function openQueue({ fifo = true } = {}): Promise<OpenQueue> {
  client ??= new SQSClient({ ...localCredentials, endpoint: emulators!.sqsUrl });
  const [base, suffix] = [`intake-${process.pid}-${++queues}`, fifo ? '.fifo' : ''];
  const [name, deadLettersName] = [`${base}${suffix}`, `${base}-dead${suffix}`];
  const common: Record<string, string> = fifo ? { FifoQueue: 'true' } : {};
  const deadLettersUrl = await create(deadLettersName, common);
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLettersUrl, AttributeNames: ['QueueArn'] }),
  );
  const redrive = { deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: RECEIVES_MAX };
  const url = await create(name, {
    ...common,
    RedrivePolicy: JSON.stringify(redrive),
  });
  return {
    client,
    url,
    name,
    deadLettersUrl,
    deadLettersName,
    async close() {
      for (const QueueUrl of [url, deadLettersUrl]) await client!.send(new DeleteQueueCommand({ QueueUrl }));
    },
  };
}

async function create(QueueName: string, Attributes: Record<string, string>): Promise<string> {
  return (await client!.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
}

/** One receive of up to ten, as an event source makes it. */
export async function receiveBatch(url: string): Promise<Message[]> {
  const { Messages = [] } = await client!.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

/** Lets whoever comes next have a message, as its visibility timeout would. */
export async function release(QueueUrl: string, { ReceiptHandle }: Message): Promise<void> {
  await client!.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
}

/** Messages in a queue, whoever may be at them. */
export async function countOf(url: string): Promise<number> {
  const { Attributes = {} } = await client!.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes).reduce((sum, text) => sum + Number(text), 0);
}

export async function deleteMessage(url: string, { ReceiptHandle }: Message): Promise<void> {
  await client!.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
}

/** Asks until it is so. */
export async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(20);
  }
}
