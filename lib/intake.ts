import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { INTAKE_RECEIVES_MAX } from '../adapters/aws/env.ts';
import { acknowledge } from './acknowledgements.ts';
import type { Capability } from './capability.ts';
import { LinkQueue } from './link-queue.ts';

export interface IntakeProps {
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
}

/** The queue for those who can send messages but not call the HTTP API. What it takes is in core/api/intake.ts. */
export class Intake extends LinkQueue {
  constructor(scope: Construct, id: string, { key }: IntakeProps) {
    super(scope, id, { key, contentBasedDeduplication: true, receivesMax: INTAKE_RECEIVES_MAX });
  }

  /** Hands messages to `receive`, each group in its order; what it gives back goes behind what its group has left. */
  open(receive: Capability): void {
    const mapping = new lambda.EventSourceMapping(this, 'Receive', {
      target: receive.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    acknowledge(mapping, 'queueFailures');
  }
}
