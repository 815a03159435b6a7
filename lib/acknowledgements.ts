import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface Acknowledgement {
  /** What cdk-nag calls the finding; packs have names of their own for the same one. `[]` stands for the resources it is about. */
  ids: readonly string[];
  reason: string;
}

/** Findings of cdk-nag that are meant to be so, and why. Each is acknowledged where it occurs, and nowhere else. */
export const ACKNOWLEDGEMENTS = {
  deadLetterQueue: {
    ids: ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    reason: 'It is a dead-letter queue: an alarm rings when anything is in it.',
  },
  lane: {
    ids: ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    reason:
      'What is in a lane is taken and given back as long as a contact lasts, however often. The ledger in the table answers for ' +
      'it, and books what was left for the next contact.',
  },
  queueFailures: {
    ids: ['Serverless-LambdaEventSourceMappingDestination'],
    reason:
      'For queues Lambda knows no such destination: what fails stays in the queue, which has a dead-letter queue.',
  },
  asynchronousFailures: {
    ids: ['NIST.800.53.R5-LambdaDLQ', 'Serverless-LambdaDLQ'],
    reason:
      'It would get failures of asynchronous calls. State machines, APIs, streams and queues call synchronously and ' +
      'handle failures; the rule of the sweep has a dead-letter queue, and CloudFormation waits for the answer of offer.',
  },
  sharedConcurrency: {
    ids: ['NIST.800.53.R5-LambdaConcurrency'],
    reason:
      'A share set aside for each function would lie idle and starve the others. Work is limited where it starts: ' +
      'maxWorkflows, maxTasks, maxConcurrency of a task type, throttles at the doors.',
  },
  outsideVpc: {
    ids: ['NIST.800.53.R5-LambdaInsideVPC'],
    reason:
      'It calls services of AWS only, over TLS, signed, with a role of its own. In a VPC the same calls would leave through ' +
      'endpoints that are billed by the hour.',
  },
  tracing: {
    ids: ['AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray', 'Serverless-LambdaTracing'],
    reason: 'Every execution has its own event log; traces are billed, and the prop `tracing` turns them on.',
  },
  errorsLogged: {
    ids: ['AwsSolutions-SF1'],
    reason:
      'Errors are logged. The events of a workflow are kept in its event log; one log line a state besides would cost ' +
      'more than the states do.',
  },
  noResources: {
    ids: ['AwsSolutions-IAM5[Resource::*]'],
    reason:
      'The actions of log delivery know no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html. Nor do ' +
      'those that make certificates, list things and name the endpoint of IoT Core: ' +
      'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsiot.html',
  },
  namedAsTheyCome: {
    ids: ['AwsSolutions-IAM5[Resource::[]]'],
    reason:
      'Payloads, connections, schedules and nodes come and go, and nobody can list their names beforehand. Only payloads/* of ' +
      'this bucket, connections of this API and stage, schedules of this group, topics of nodes; and the lanes of this prefix.',
  },
  provenToFunction: {
    ids: ['AwsSolutions-APIG4'],
    reason:
      'API Gateway authorises a WebSocket when it connects, and the function checks on each message whether that still holds. A ' +
      'node that joins has no credentials yet: the function takes a token of one use, and hands out what the node connects with.',
  },
  socketAccessLog: {
    ids: ['AwsSolutions-APIG1', 'Serverless-APIGWAccessLogging'],
    reason:
      'API Gateway writes it with a role that is set for the whole account and region, which is not for one application ' +
      'to set. The prop `socketAccessLog` turns it on; the functions behind the socket log refusals themselves.',
  },
  pointInTimeRecovery: {
    ids: ['NIST.800.53.R5-DynamoDBInBackupPlan'],
    reason:
      'Point-in-time recovery reaches back to any second of 35 days; longer plans are the account’s to choose.',
  },
  bucketReplication: {
    ids: ['NIST.800.53.R5-S3BucketReplicationEnabled'],
    reason: 'The table that names the payloads is in one region, so a copy of them in another is of no use.',
  },
  accessLogs: {
    ids: ['NIST.800.53.R5-S3DefaultEncryptionKMS'],
    reason:
      'S3 writes access logs only to buckets that it encrypts itself: ' +
      'https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html',
  },
} as const satisfies Record<string, Acknowledgement>;

export type AcknowledgementName = keyof typeof ACKNOWLEDGEMENTS;

/** Says that a finding on `construct`, or on what is in it, is meant to be so; one about resources, for `resources` alone. */
export function acknowledge(
  construct: IConstruct,
  name: AcknowledgementName,
  resources: readonly string[] = [],
): void {
  const { ids, reason }: Acknowledgement = ACKNOWLEDGEMENTS[name];
  const say = () => {
    for (const id of ids) {
      const about = id.includes('[]') ? resources.map((arn) => id.replace('[]', flat(construct, arn))) : [id];
      Validations.of(construct).acknowledge(...about.map((each) => ({ id: each, reason })));
    }
  };
  say();
  // A reference into another stack is called something else once the stacks know of each other.
  if (resources.length > 0) construct.node.addValidation({ validate: () => (say(), []) });
}

/** An ARN as cdk-nag writes it: `<Bucket.Arn>/payloads/*`. */
function flat(construct: IConstruct, arn: string): string {
  const text = (node: unknown): string => {
    if (typeof node === 'string') return node;
    const {
      'Fn::Join': join,
      'Fn::GetAtt': attribute,
      'Fn::ImportValue': imported,
      Ref: ref,
    } = node as Intrinsic;
    if (join) return join[1].map(text).join(join[0]);
    if (attribute) return `<${attribute.join('.')}>`;
    return imported === undefined ? `<${ref}>` : text(imported);
  };
  return text(Stack.of(construct).resolve(arn));
}

interface Intrinsic {
  'Fn::Join'?: [string, unknown[]];
  'Fn::GetAtt'?: [string, string];
  'Fn::ImportValue'?: unknown;
  Ref?: string;
}
