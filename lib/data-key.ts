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
    // Rules send to encrypted queues, alarms to an encrypted topic.
    for (const service of ['events', 'cloudwatch']) {
      this.allow(service, new iam.ServicePrincipal(`${service}.amazonaws.com`), USE, {
        StringEquals: { 'aws:SourceAccount': account },
      });
    }
  }

  private allow(
    name: string,
    principal: iam.IPrincipal,
    actions: string[],
    conditions: iam.Conditions,
  ): void {
    const sid = `Allow${name[0]!.toUpperCase()}${name.slice(1)}`;
    this.addToResourcePolicy(
      new iam.PolicyStatement({ sid, principals: [principal], actions, resources: ['*'], conditions }),
    );
  }
}
