import { Aws, Duration, Fn, Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PRECEDENCES } from '../core/satellite/precedence.ts';
import { acknowledge } from './acknowledgements.ts';
import { FIFO } from './link-queue.ts';

export interface LanesProps {
  /** Begins the names of the queues. */
  prefix: string;
  /** Encrypts the messages; its policy must let SQS use it, as `DataKey` does. */
  key: kms.IKey;
  /**
   * Links that may be in contact at once.
   * @default 2
   */
  count?: number;
}

/** No contact lasts longer; the ledger answers for what is left. */
const RETENTION = Duration.hours(4);

/**
 * What may leave over a link in contact: for each link that may be in contact at once a queue for each precedence. Links share them,
 * one after the other, however many there are.
 */
export class Lanes extends Construct {
  /** Links that may be in contact at once. */
  readonly count: number;
  /** Of all queues, with `{slot}` and `{precedence}` in it. */
  readonly urls: string;
  /** The ARN of every queue. */
  readonly arns: string;

  constructor(scope: Construct, id: string, { prefix, key, count = 2 }: LanesProps) {
    super(scope, id);
    this.count = count;
    const nameOf = (slot: number, precedence: string) => `${prefix}-lane-${slot}-${precedence}.fifo`;
    const queues = Array.from({ length: count }, (_, slot) =>
      PRECEDENCES.map((precedence) => {
        const lane = new sqs.Queue(this, `Lane${slot}-${precedence}`, {
          queueName: nameOf(slot, precedence),
          encryption: sqs.QueueEncryption.KMS,
          encryptionMasterKey: key,
          enforceSSL: true,
          retentionPeriod: RETENTION,
          ...FIFO,
        });
        acknowledge(lane, 'lane');
        return lane;
      }),
    ).flat();
    const address = Fn.select(0, Fn.split(`${prefix}-lane-`, queues[0]!.queueUrl));
    this.urls = `${address}${prefix}-lane-{slot}-{precedence}.fifo`;
    this.arns = Stack.of(this).formatArn({
      service: 'sqs',
      account: Aws.ACCOUNT_ID,
      resource: `${prefix}-lane-*`,
    });
  }
}
