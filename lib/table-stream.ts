import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DISPATCH_PATTERNS, EXPIRED_PATTERNS, NEWS_PATTERNS } from '../adapters/aws/news.ts';
import type { Capability } from './capability.ts';

export interface TableStreamProps {
  streamArn: string;
  /** Gets the places of records that could not be handled. */
  deadLetters: sqs.IQueue;
  /** Tells of the events of a write. */
  report: Capability;
  /** Starts what a crash left ready. */
  dispatch: Capability;
}

/**
 * The table's stream, which is the outbox: a write that is committed is announced, whatever happens to the writer. Only records
 * that have something to say wake a function.
 */
export class TableStream extends Construct {
  constructor(scope: Construct, id: string, props: TableStreamProps) {
    super(scope, id);
    const { report, dispatch } = props;
    this.#consume('Report', report, props, { batchSize: 100 }, NEWS_PATTERNS);
    // Most of what is ready has been taken up when the batch is full, which its later records show.
    const patient = { batchSize: 1000, maxBatchingWindow: Duration.seconds(10) };
    this.#consume('Dispatch', dispatch, props, patient, [...DISPATCH_PATTERNS, ...EXPIRED_PATTERNS]);
  }

  #consume(
    id: string,
    target: Capability,
    { streamArn, deadLetters }: TableStreamProps,
    options: Pick<lambda.EventSourceMappingOptions, 'batchSize' | 'maxBatchingWindow'>,
    patterns: readonly object[],
  ): void {
    new lambda.EventSourceMapping(this, id, {
      target: target.function,
      eventSourceArn: streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      ...options,
      filters: patterns.map((pattern) => ({ pattern: JSON.stringify(pattern) })),
      reportBatchItemFailures: true,
      // A poison record is found by halving, set aside, and holds up nothing behind it for long.
      bisectBatchOnError: true,
      retryAttempts: 10,
      maxRecordAge: Duration.hours(12),
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
  }
}
