import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { TIMER_RECEIVES_MAX } from '../adapters/aws/env.ts';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';
import { LinkQueue } from './link-queue.ts';

export interface TimersProps {
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
  /**
   * How often a message is received before it is set aside.
   * @default 15
   */
  receivesMax?: number;
  /**
   * For how long a message that was received is hidden.
   * @default 2 minutes
   */
  visibilityTimeout?: Duration;
}

/** Batches under way at once: enough for the starts of Express machines that an account has, and a share of its concurrency. */
const CONCURRENCY_MAX = 50;

/** What waits for a time, as messages that are delayed until then; those of far times are sent by schedules. */
export class Timers extends LinkQueue {
  /** What schedules send with. */
  readonly role: iam.Role;
  readonly #group: scheduler.CfnScheduleGroup;

  constructor(scope: Construct, id: string, props: TimersProps) {
    const { key, receivesMax = TIMER_RECEIVES_MAX, visibilityTimeout = Duration.minutes(2) } = props;
    super(scope, id, { key, ordered: false, receivesMax, visibilityTimeout });
    this.#group = new scheduler.CfnScheduleGroup(this, 'Schedules');
    this.role = new iam.Role(this, 'SchedulesRole', {
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': this.#group.attrArn,
          },
        },
      }),
    });
    new iam.ManagedPolicy(this, 'SchedulesPolicy', {
      description: 'Holdfast: schedules send to the queue of times',
      roles: [this.role],
      statements: [
        new iam.PolicyStatement({
          actions: ['sqs:SendMessage'],
          resources: [this.queue.queueArn, this.deadLetters.queueArn],
        }),
      ],
    });
  }

  /** Name of the group that all schedules are in. */
  get groupName(): string {
    return this.#group.ref;
  }

  /** The ARN of every schedule in the group. */
  get schedulesArn(): string {
    return Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.groupName}/*`,
    });
  }

  /** Hands messages to `remind` when their time has come. */
  open(remind: Capability): void {
    const mapping = new lambda.EventSourceMapping(this, 'Remind', {
      target: remind.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      maxConcurrency: CONCURRENCY_MAX,
      reportBatchItemFailures: true,
    });
    acknowledge(mapping, 'queueFailures');
  }
}
