import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../adapters/aws/env.ts';
import { TRANSFER_OPEN } from '../core/custody/transfer.ts';
import { FAILOVERS_TOTAL, SATELLITE_QUEUE_DEPTH } from '../core/failover/failover.ts';
import type { MachineName } from '../core/ports/dispatcher.ts';
import { PRECEDENCES } from '../core/satellite/precedence.ts';
import type { CapabilityName } from './capabilities.ts';
import type { Capability } from './capability.ts';
import type { HttpDoor } from './http-door.ts';
import type { LinkQueue } from './link-queue.ts';
import type { Machines } from './machines.ts';
import { MACHINE_NAMES } from './names.ts';

export interface Measured {
  http: HttpDoor;
  machines: Machines;
  capabilities: Readonly<Record<CapabilityName, Capability>>;
  table: dynamodb.ITable;
  intake: LinkQueue;
  timers: LinkQueue;
  /** What is to be done about bundles, and what nodes say. */
  errands: readonly LinkQueue[];
  /** Every queue that something ends up in which could not be handled. */
  deadLetters: readonly sqs.IQueue[];
}

export type Measures = ReturnType<typeof measure>;

const PERIOD = Duration.minutes(5);
const SUM = { statistic: 'Sum', period: PERIOD };
const MAXIMUM = { statistic: 'Maximum', period: PERIOD };

/** What alarms and dashboard look at: the services' own metrics, which cost nothing, and of bundles what functions log of them. */
export function measure({
  http,
  machines,
  capabilities,
  table,
  intake,
  timers,
  errands,
  deadLetters,
}: Measured) {
  const machine = (name: MachineName) => machines.all[name].machine;
  const ended = (name: MachineName) => [
    machine(name).metricFailed(SUM),
    machine(name).metricAborted(SUM),
    machine(name).metricTimedOut(SUM),
  ];
  const errors = (...names: CapabilityName[]) =>
    names.map((name) => capabilities[name].function.metricErrors(SUM));
  const iteratorAge = (name: CapabilityName) =>
    capabilities[name].function.metric('IteratorAge', { ...MAXIMUM, label: name });
  const throttled = (metricName: string) =>
    new cloudwatch.Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: table.tableName },
      ...SUM,
    });
  return {
    started: MACHINE_NAMES.map((name) => machine(name).metricStarted({ ...SUM, label: name })),
    workflowFailures: sumOf('workflow', 'workflow machines that did not succeed', ended('workflow')),
    taskFailures: sumOf('task', 'task machines that did not succeed', [...ended('task'), ...ended('long')]),
    throttledMachines: sumOf(
      'throttled',
      'throttled transitions',
      MACHINE_NAMES.map((name) => machine(name).metricThrottled(SUM)),
    ),
    stateErrors: sumOf(
      'state',
      'errors of the states',
      errors('admit', 'seed', 'await', 'mend', 'settle', 'route', 'complete', 'heal', 'park'),
    ),
    sweepErrors: sumOf('sweep', 'errors of sweep', errors('sweep')),
    socketErrors: sumOf('socket', 'errors of the event socket', errors('authorize', 'socket')),
    reportAge: iteratorAge('report'),
    dispatchAge: iteratorAge('dispatch'),
    requests: http.api.metricCount({ ...SUM, label: 'requests' }),
    refusals: http.api.metricClientError({ ...SUM, label: 'refused' }),
    faults: http.api.metricServerError({ ...SUM, label: 'failed' }),
    latency: http.api.metricLatency({ statistic: 'p95', period: PERIOD, label: 'p95' }),
    throttledTable: sumOf('table', 'throttled reads and writes', [
      throttled('ReadThrottleEvents'),
      throttled('WriteThrottleEvents'),
    ]),
    /** Of all functions in the account: they share its concurrency. */
    throttledFunctions: new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', ...SUM }),
    concurrency: new cloudwatch.Metric({
      namespace: 'AWS/Lambda',
      metricName: 'ConcurrentExecutions',
      ...MAXIMUM,
      label: 'in the account',
    }),
    intakeCount: intake.queue.metricApproximateNumberOfMessagesVisible(MAXIMUM),
    intakeAge: intake.queue.metricApproximateAgeOfOldestMessage(MAXIMUM),
    /** Waiting for their time, as far as one message reaches. */
    timerCount: timers.queue.metricApproximateNumberOfMessagesDelayed({ ...MAXIMUM, label: 'timers' }),
    timerAge: timers.queue.metricApproximateAgeOfOldestMessage(MAXIMUM),
    errandAge: maxOf(
      'errand',
      'errands',
      errands.map(({ queue }) => queue.metricApproximateAgeOfOldestMessage(MAXIMUM)),
    ),
    custody: TRANSFER_OPEN.map((state) => own(`bundles_current_${state}`, state, MAXIMUM)),
    satelliteDepth: PRECEDENCES.map((name) => own(`${SATELLITE_QUEUE_DEPTH}_${name}`, name, MAXIMUM)),
    switches: (['failover', 'return'] as const).map((kind) => own(`${FAILOVERS_TOTAL}_${kind}`, kind, SUM)),
    deadLetterCount: sumOf(
      'dead',
      'dead letters',
      deadLetters.map((queue) => queue.metricApproximateNumberOfMessagesVisible(MAXIMUM)),
    ),
  };
}

/** What functions write into their logs: adapters/aws/bundle-metrics.ts. */
const own = (metricName: string, label: string, options: typeof SUM) =>
  new cloudwatch.Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: METRICS_SERVICE },
    label,
    ...options,
  });

const sumOf = (id: string, label: string, metrics: readonly cloudwatch.IMetric[]) =>
  allOf('SUM', id, label, metrics);
const maxOf = (id: string, label: string, metrics: readonly cloudwatch.IMetric[]) =>
  allOf('MAX', id, label, metrics);

/** One of at most ten metrics, which is what an alarm may look at. */
function allOf(
  how: 'SUM' | 'MAX',
  id: string,
  label: string,
  metrics: readonly cloudwatch.IMetric[],
): cloudwatch.IMetric {
  if (metrics.length > 10)
    throw new Error(`${id}: an alarm looks at 10 metrics at most, not ${metrics.length}.`);
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${id}${index}`, metric]));
  return new cloudwatch.MathExpression({
    expression: `${how}(METRICS())`,
    usingMetrics,
    label,
    period: PERIOD,
  });
}
