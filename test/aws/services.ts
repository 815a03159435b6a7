/** Where AWS is: the emulator that the run started, or whatever `AWS_ENDPOINT_URL` names. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, inject } from 'vitest';

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

let queues = 0;
let roles = 0;

/** A role by which services write to queues. */
export interface Role {
  arn: string;
  close(): Promise<void>;
}

export async function openRole(): Promise<Role> {
  const client = new CloudFormationClient(settings);
  const StackName = `writer-${process.pid}-${++roles}`;
  const statement = {
    Effect: 'Allow',
    Action: 'sqs:SendMessage',
    Resource: `arn:aws:sqs:*:${ACCOUNT}:inbox-*`,
  };
  const trust = {
    Effect: 'Allow',
    Principal: { Service: ['states.amazonaws.com', 'iot.amazonaws.com'] },
    Action: 'sts:AssumeRole',
  };
  const document = (Statement: object) => ({ Version: '2012-10-17', Statement: [Statement] });
  const Properties = {
    AssumeRolePolicyDocument: document(trust),
    Policies: [{ PolicyName: 'write', PolicyDocument: document(statement) }],
  };
  const template = {
    Resources: { Writer: { Type: 'AWS::IAM::Role', Properties } },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Writer', 'Arn'] } } },
  };
  await client.send(
    new CreateStackCommand({
      StackName,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_IAM'],
    }),
  );
  await waitUntilStackCreateComplete({ client, maxWaitTime: 30, minDelay: 1 }, { StackName });
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  return {
    arn: Stacks![0]!.Outputs![0]!.OutputValue!,
    close: async () => {
      await client.send(new DeleteStackCommand({ StackName }));
    },
  };
}

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
