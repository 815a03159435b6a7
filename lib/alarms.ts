import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Measures } from './measures.ts';

export interface AlarmsProps {
  /** Begins the alarms' names. */
  prefix: string;
  measures: Measures;
  /** Encrypts what the topic holds; its policy must let CloudWatch and SNS use it, as `DataKey` does. */
  key: kms.IKey;
  /**
   * Told when an alarm rings, and when it stops.
   * @default a topic of its own, which nobody is subscribed to yet
   */
  topic?: sns.ITopic;
}

/** The alarms. Each is named after its heading in docs/runbook.md, which says what to do. */
export class Alarms extends Construct {
  readonly topic: sns.ITopic;
  readonly all: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, { prefix, measures, key, topic }: AlarmsProps) {
    super(scope, id);
    this.topic = topic ?? this.#newTopic(prefix, key);
    const action = new SnsAction(this.topic);
    this.all = Object.entries(WATCHED).map(([heading, { means, measure, above, periods = 1 }]) => {
      const alarm = new cloudwatch.Alarm(this, heading, {
        alarmName: `${prefix}-${heading}`,
        alarmDescription: `${means} What to do: docs/runbook.md#${heading}`,
        metric: measures[measure] as cloudwatch.IMetric,
        threshold: above,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }

  #newTopic(prefix: string, key: kms.IKey): sns.Topic {
    const topic = new sns.Topic(this, 'Topic', {
      displayName: `${prefix} alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    // A policy of its own takes the place of the one that lets the account's alarms in.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AllowAlarms',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }
}

interface Watched {
  /** What it means that it rings. */
  means: string;
  measure: Exclude<keyof Measures, 'started' | 'custody' | 'satelliteDepth' | 'switches'>;
  /** Rings when the measure is above it for `periods` of five minutes on end. */
  above: number;
  periods?: number;
}

const LATE_MS = 5 * 60_000;
const LATE_SECONDS = 15 * 60;
/** A message of a timer may be 15 minutes old when its time comes. */
const LATE_TIMER_SECONDS = 20 * 60;

/** By their headings in docs/runbook.md. */
export const WATCHED: Readonly<Record<string, Watched>> = {
  'dead-letters': {
    means: 'Something could not be handled, however often it was tried.',
    measure: 'deadLetterCount',
    above: 0,
  },
  'intake-stuck': {
    means: 'Work has waited in the intake queue for more than 15 minutes.',
    measure: 'intakeAge',
    above: LATE_SECONDS,
  },
  'timers-late': {
    means: 'Tasks that wait for a time, or a time limit, are taken up more than 5 minutes late.',
    measure: 'timerAge',
    above: LATE_TIMER_SECONDS,
  },
  'errands-stuck': {
    means: 'Bundles, or what nodes say, have waited for more than 15 minutes to be dealt with.',
    measure: 'errandAge',
    above: LATE_SECONDS,
  },
  'report-behind': {
    means: 'Events reach their log, sockets and the bus more than 5 minutes late.',
    measure: 'reportAge',
    above: LATE_MS,
  },
  'dispatch-behind': {
    means: 'What a crash left ready waits for more than 5 minutes.',
    measure: 'dispatchAge',
    above: LATE_MS,
  },
  'workflow-machine-failed': {
    means: 'A state machine stopped before its execution had an end.',
    measure: 'workflowFailures',
    above: 0,
  },
  'task-machine-failed': {
    means: 'State machines stopped in the middle of tasks, again and again.',
    measure: 'taskFailures',
    above: 10,
    periods: 3,
  },
  'states-failing': {
    means: 'The functions of the states fail, again and again.',
    measure: 'stateErrors',
    above: 10,
    periods: 3,
  },
  'machines-throttled': {
    means: 'Step Functions slows state machines down to the quota of the account.',
    measure: 'throttledMachines',
    above: 100,
    periods: 3,
  },
  'functions-throttled': {
    means: 'Lambda refuses calls: the account runs as many as it may.',
    measure: 'throttledFunctions',
    above: 100,
    periods: 3,
  },
  'table-throttled': {
    means: 'DynamoDB refuses reads or writes.',
    measure: 'throttledTable',
    above: 100,
    periods: 3,
  },
  'api-failing': { means: 'The HTTP API answers with 5xx.', measure: 'faults', above: 5 },
  'socket-failing': { means: 'The event socket fails.', measure: 'socketErrors', above: 5 },
  'sweep-failing': {
    means: 'Nobody takes up what a crash left in the queue.',
    measure: 'sweepErrors',
    above: 0,
    periods: 3,
  },
};
