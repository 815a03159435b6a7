import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
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

/** The table's stream, which is the outbox: a write that is committed is announced, whatever happens to the writer. */
export class TableStream extends Construct {
  constructor(scope: Construct, id: string, props: TableStreamProps) {
    super(scope, id);
    const { report, dispatch } = props;
    // Events of one execution stay in order: a partition key is handled by one call at a time.
    this.#consume('Report', report, props, { batchSize: 100, parallelizationFactor: 10 }, NEWS);
    this.#consume('Dispatch', dispatch, props, { batchSize: 100, parallelizationFactor: 10 }, READY);
  }

  #consume(
    id: string,
    target: Capability,
    { streamArn, deadLetters }: TableStreamProps,
    options: Pick<lambda.EventSourceMappingOptions, 'batchSize' | 'parallelizationFactor'>,
    filter: Filter,
  ): void {
    new lambda.EventSourceMapping(this, id, {
      target: target.function,
      eventSourceArn: streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      ...options,
      filters: [lambda.FilterCriteria.filter(filter)],
      reportBatchItemFailures: true,
      // A poison record is found by halving, set aside, and holds up nothing behind it for long.
      bisectBatchOnError: true,
      retryAttempts: 10,
      maxRecordAge: Duration.hours(12),
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
  }
}

type Filter = Record<string, unknown>;

const NEWS: Filter = { dynamodb: { NewImage: { news: { S: lambda.FilterRule.exists() } } } };
const READY: Filter = { dynamodb: { NewImage: { remaining: { N: lambda.FilterRule.isEqual('0') } } } };
