import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

export interface PayloadBucketProps {
  /** Encrypts the payloads. */
  key: kms.IKey;
  /**
   * What becomes of it when its stack is deleted; `DESTROY` empties it first.
   * @default RemovalPolicy.RETAIN
   */
  removalPolicy?: RemovalPolicy;
  /**
   * Payloads written longer ago are deleted.
   * @default never
   */
  expireAfter?: Duration;
}

/** Keeps payloads too large to travel inline, by the hash of their bytes. Who read and wrote what is logged beside it. */
export class PayloadBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    const { key, removalPolicy = RemovalPolicy.RETAIN, expireAfter } = props;
    const common = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
      versioned: true,
    };
    const abandoned = { abortIncompleteMultipartUploadAfter: Duration.days(1) };
    const logs = new s3.Bucket(this, 'AccessLogs', {
      ...common,
      encryption: s3.BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        { ...abandoned, expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(1) },
      ],
    });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      ...common,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      lifecycleRules: [
        { ...abandoned, expiration: expireAfter, noncurrentVersionExpiration: Duration.days(30) },
      ],
    });
    logAccess(this.bucket, logs);
    acknowledge(this, 'bucketReplication');
    acknowledge(logs, 'accessLogs');
  }
}

/** By the log bucket's policy; the construct library takes to access lists, unless the app has set a flag. */
function logAccess(bucket: s3.Bucket, logs: s3.Bucket): void {
  (bucket.node.defaultChild as s3.CfnBucket).loggingConfiguration = {
    destinationBucketName: logs.bucketName,
    logFilePrefix: 'payloads/',
  };
  logs.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'AllowAccessLogs',
      principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [logs.arnForObjects('payloads/*')],
      conditions: { StringEquals: { 'aws:SourceAccount': bucket.stack.account } },
    }),
  );
}
