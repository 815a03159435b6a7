import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { TIMER_RECEIVES_MAX } from '../adapters/aws/env.ts';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';
import { LinkQueue } from './link-queue.ts';

export interface TimersProps {
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
}

/** Batches under way at once: enough for the starts of Express machines that an account has, and a share of its concurrency. */
const CONCURRENCY_MAX = 50;

/** What waits for a time, as messages that are delayed until then; far times by one message after another. */
export class Timers extends LinkQueue {
  constructor(scope: Construct, id: string, { key }: TimersProps) {
    super(scope, id, {
      key,
      ordered: false,
      receivesMax: TIMER_RECEIVES_MAX,
      visibilityTimeout: Duration.minutes(2),
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
