import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { TABLE } from '../adapters/aws/table.ts';
import { acknowledge } from './acknowledgements.ts';
import { DataKey } from './data-key.ts';
import { PayloadBucket } from './payload-bucket.ts';
import { checkSameLibrary } from './same-library.ts';

export interface StateProps {
  /**
   * Keeps the table, the bucket and the key when their stack is deleted, and refuses to delete the table at all.
   * @default true
   */
  protect?: boolean;
  /**
   * Encrypts everything that is kept. Its policy must let the services use it, as `DataKey` does.
   * @default a `DataKey` of its own
   */
  key?: kms.IKey;
  /**
   * Days that executions are kept after their end; payloads are kept longer, until no execution can need them.
   * @default for ever
   */
  retentionDays?: number;
}

/** What an orchestrator keeps: one table, one bucket for large payloads, and the key that both are encrypted with. */
export class State extends Construct {
  readonly key: kms.IKey;
  readonly table: dynamodb.ITable;
  /** The stream is the outbox: what is committed is announced from it. */
  readonly streamArn: string;
  readonly payloads: s3.IBucket;

  constructor(scope: Construct, id: string, { protect = true, key, retentionDays }: StateProps = {}) {
    super(scope, id);
    checkSameLibrary(this);
    const removalPolicy = protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const dataKey = key ?? new DataKey(this, 'Key', { removalPolicy });
    const table = new dynamodb.Table(this, 'Table', {
      partitionKey: text(TABLE.partitionKey),
      sortKey: text(TABLE.sortKey),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      stream: dynamodb.StreamViewType[TABLE.stream],
      timeToLiveAttribute: TABLE.timeToLive,
      deletionProtection: protect,
      removalPolicy,
    });
    acknowledge(table, 'pointInTimeRecovery');
    for (const { name, partitionKey, sortKey, include } of TABLE.indexes) {
      table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: text(partitionKey),
        sortKey: text(sortKey),
        ...(include.length === 0
          ? { projectionType: dynamodb.ProjectionType.KEYS_ONLY }
          : { projectionType: dynamodb.ProjectionType.INCLUDE, nonKeyAttributes: [...include] }),
      });
    }
    const payloads = new PayloadBucket(this, 'Payloads', {
      key: dataKey,
      removalPolicy,
      expireAfter: retentionDays === undefined ? undefined : Duration.days(retentionDays + LIFETIME_DAYS_MAX),
    });

    // As other stacks see them: without the means to write into this stack's policies, which would tie the stacks in a circle.
    this.key = kms.Key.fromKeyArn(this, 'KeyReference', dataKey.keyArn);
    this.table = table;
    this.streamArn = table.tableStreamArn!;
    this.payloads = payloads.bucket;
  }

  /** The ARN of an index of the table. */
  indexArn(name: IndexName): string {
    return `${this.table.tableArn}/index/${name}`;
  }
}

export type IndexName = (typeof TABLE.indexes)[number]['name'];

/** Step Functions runs nothing for longer than a year, so no execution needs a payload that was written earlier. */
const LIFETIME_DAYS_MAX = 366;

const text = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
