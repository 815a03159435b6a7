import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

export interface LinkQueueProps {
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
  /**
   * How often a message is received before it goes to the dead-letter queue, so that it doesn't hold up its group for ever.
   * @default 5
   */
  receivesMax?: number;
  /**
   * For how long a message that was received is hidden; at least six times the timeout of a function that consumes.
   * @default 6 minutes
   */
  visibilityTimeout?: Duration;
  /**
   * For how long a message waits, in the queue or among the dead letters.
   * @default 14 days, the longest that SQS keeps one
   */
  retention?: Duration;
  /**
   * Takes messages of the same content for the same message, unless they come with a deduplication id.
   * @default false
   */
  contentBasedDeduplication?: boolean;
  /**
   * Keeps the order within each message group. Some services, such as rules of IoT Core, send to queues without order only.
   * @default true
   */
  ordered?: boolean;
}

/**
 * A queue that stores and forwards, with its dead-letter queue. Order is kept within a message group, and a message that
 * can't be handled blocks only its own group, until it has been received `receivesMax` times.
 */
export class LinkQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: LinkQueueProps) {
    super(scope, id);
    const { key, receivesMax = 5, ordered = true, contentBasedDeduplication = false } = props;
    const { visibilityTimeout = Duration.minutes(6), retention = Duration.days(14) } = props;
    const common = {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: retention,
      visibilityTimeout,
      ...(ordered && { ...FIFO, contentBasedDeduplication }),
    };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', common);
    this.queue = new sqs.Queue(this, 'Queue', {
      ...common,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receivesMax },
    });
    acknowledge(this.deadLetters, 'deadLetterQueue');
  }

  /** Lets `grantee` put messages in. */
  grantSend(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /** Lets `grantee` take messages out. */
  grantConsume(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: [
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:GetQueueAttributes',
      ],
      resourceArns: [this.queue.queueArn],
    });
  }
}

/** At 300 requests a second a group, instead of a queue. */
export const FIFO = {
  fifo: true,
  deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};
