import { Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

export interface DataKeyProps {
  /**
   * What becomes of it when its stack is deleted.
   * @default RemovalPolicy.RETAIN
   */
  removalPolicy?: RemovalPolicy;
}

/** The actions by which services encrypt and decrypt on behalf of whoever may use the data. */
const USE = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
];

/** What it takes to send to an encrypted queue or topic. */
const SEND = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * One key for all that is kept. Like the keys that AWS manages, it serves whoever may use the data, through the service that
 * holds it: roles need permissions on tables, buckets and queues, and none on keys.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export class DataKey extends kms.Key {
  constructor(scope: Construct, id: string, { removalPolicy }: DataKeyProps = {}) {
    super(scope, id, {
      description: 'Holdfast: state, payloads, queues and logs',
      enableKeyRotation: true,
      pendingWindow: Duration.days(7),
      removalPolicy,
    });
    const { account, region, partition, urlSuffix } = Stack.of(this);
    const through = ['dynamodb', 's3', 'sqs', 'sns'].map((service) => `${service}.${region}.${urlSuffix}`);
    this.allow('AccountThroughServices', new iam.AnyPrincipal(), [...USE, 'kms:CreateGrant'], {
      StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': through },
    });
    this.allow('Logs', new iam.ServicePrincipal(`logs.${region}.${urlSuffix}`), USE, {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
      },
    });
    // An alarm that sends to a topic; for rules that send to queues EventBridge says neither account nor rule, and the queues do.
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    this.allow('Alarms', new iam.ServicePrincipal('cloudwatch.amazonaws.com'), SEND, {
      StringEquals: { 'aws:SourceAccount': account },
    });
    this.allow('Rules', new iam.ServicePrincipal('events.amazonaws.com'), SEND);
  }

  private allow(
    sid: string,
    principal: iam.IPrincipal,
    actions: string[],
    conditions?: iam.Conditions,
  ): void {
    this.addToResourcePolicy(
      new iam.PolicyStatement({ sid, principals: [principal], actions, resources: ['*'], conditions }),
    );
  }
}
