/** Where AWS is: the emulator that the run started, or whatever `AWS_ENDPOINT_URL` names. */
import { describe, inject } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

const endpoint = inject('deployment')?.emulatorUrl ?? process.env.AWS_ENDPOINT_URL;

/** Cases that call services directly; skipped where there are none. */
export const describeServices = describe.skipIf(endpoint === undefined);

/** For the constructor of any client. */
export const settings = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

export const ACCOUNT = '000000000000';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/holdfast-test`;

let queues = 0;

/** A queue that something else writes to. */
export interface Inbox {
  url: string;
  arn: string;
  /** Everything that came so far, once there are `count` for which `is` says yes. */
  until<Message>(is: (message: Message) => boolean, count: number): Promise<Message[]>;
  close(): Promise<void>;
}

export async function openInbox(): Promise<Inbox> {
  const client = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false });
  const QueueName = `inbox-${process.pid}-${++queues}`;
  const { QueueUrl: url } = await client.send(new CreateQueueCommand({ QueueName }));
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  const all: unknown[] = [];
  const receive = async () => {
    const take = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await client.send(take);
    for (const { Body, ReceiptHandle } of Messages) {
      all.push(JSON.parse(Body!));
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    }
    return Messages.length;
  };
  return {
    url: url!,
    arn: Attributes!.QueueArn!,
    async until<Message>(is: (message: Message) => boolean, count: number) {
      for (;;) {
        while ((await receive()) > 0);
        const found = (all as Message[]).filter(is);
        if (found.length >= count) return found;
        await sleep(50);
      }
    },
    close: async () => {
      await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    },
  };
}
