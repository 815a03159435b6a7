/** What a million tasks cost, and what there is to pay whatever runs. */
import { costOf } from './cost.ts';
import { ENVIRONMENTS_MAX, READ_BYTES } from './footprint.ts';
import type { History } from './history.ts';
import type { CostSettings } from './settings.ts';
import { definitionBytes } from './sizes.ts';
import { addUnits, type Bill, billOf, scaled, type Units } from './units.ts';

export const MILLION = 1_000_000;
const HOURS_A_MONTH = 730;

/** Functions that every task goes through, and that have to know its definition. */
const READERS = 2;
/** Counters by label, and durations: `core/metrics/tally.ts`, with one strategy of healing. */
const METRICS = 10;
/** Each function's role has DynamoDB ask for the table's key every five minutes, and S3 and the logs now and then: about as often again. */
const KEY_REQUESTS_AN_HOUR = 20 * 12 * 2;

/** Lambda asks an empty queue five times in 20 s: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const POLLS_A_MONTH = (5 * HOURS_A_MONTH * 3600) / 20;

/** What a deployment pays a month, whether anything runs or not. Alarms are billed by the metrics that they look at, queues by who asks them. */
export const STANDING: Units = {
  keyMonths: 1,
  dashboardMonths: 1,
  alarmMonths: 40,
  // The intake; timers, what nodes say, errands and contacts.
  fifoRequests: POLLS_A_MONTH,
  queueRequests: 4 * POLLS_A_MONTH,
};

export interface Million {
  tasks: number;
  bill: Bill;
}

/** A million tasks in executions such as these, within an hour: definitions are known from execution to execution. */
export async function costOfMillion(
  histories: readonly History[],
  settings: Partial<CostSettings> = {},
): Promise<Million> {
  const units: Units = {};
  let tasks = 0;
  for (const history of histories) {
    const cost = await costOf(history, { ...settings, isDefinitionKnown: true });
    addUnits(units, cost.units);
    tasks += cost.tasks;
  }
  const million = scaled(units, MILLION / tasks);
  for (const { definition } of histories)
    addUnits(million, {
      readUnits: Math.ceil(definitionBytes(definition) / READ_BYTES) * ENVIRONMENTS_MAX * READERS,
    });
  addUnits(million, { metricMonths: METRICS / HOURS_A_MONTH, kmsRequests: KEY_REQUESTS_AN_HOUR });
  return { tasks, bill: billOf(million) };
}
