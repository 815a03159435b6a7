import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

export interface DeadLettersProps {
  /** Encrypts the messages; its policy must let SQS and EventBridge use it, as `DataKey` does. */
  key: kms.IKey;
}

/** Where stream records, events and device messages end up that could not be handled: services want a queue without order for these. */
export class DeadLetters extends sqs.Queue {
  constructor(scope: Construct, id: string, { key }: DeadLettersProps) {
    super(scope, id, {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this, 'deadLetterQueue');
  }
}
