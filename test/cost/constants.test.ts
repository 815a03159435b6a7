/** The model's constants say what the price table, the stack and the adapters say. */
import { describe, expect, test } from 'vitest';
import { Book } from '../../core/cost/book.ts';
import {
  DISPATCH_BATCH,
  DISPATCH_EVERY_MS,
  FUNCTION_MEMORY_MB,
  functionMs,
  GATE_PARENTS,
  MESSAGES_A_SCHEDULE,
  OUTPUT_IN_TASK_BYTES_MAX,
  REPORT_BATCH,
  REQUESTS_A_MESSAGE,
  TIMER_HOP_MS,
  UNSCHEDULED_TIMER_MS_MAX,
  VALUE_IN_META_BYTES_MAX,
} from '../../core/cost/footprint.ts';
import { STANDING } from '../../core/cost/million.ts';
import { PRICES, PRICES_DATE, type UnitName, usdEach } from '../../core/cost/prices.ts';
import { addUnits, billOf, byService, scaled } from '../../core/cost/units.ts';
import { AHEAD_MS, DELAY_SECONDS_MAX, UNSCHEDULED_MS_MAX } from '../../adapters/aws/delayed-messages.ts';
import { WIDTH } from '../../adapters/aws/gates.ts';
import { OUTPUT_LENGTH_MAX } from '../../adapters/aws/task-items.ts';
import { VALUE_LENGTH_MAX } from '../../adapters/aws/execution-items.ts';
import { CAPABILITIES } from '../../lib/capabilities.ts';
import { idIn, synthesise } from '../lib/app.ts';

describe('the price table', () => {
  test('has a service, a unit, a page of its source and a price for everything', () => {
    for (const [name, { service, unit, usd, per, source }] of Object.entries(PRICES)) {
      expect(usd, name).toBeGreaterThan(0);
      expect(per, name).toBeGreaterThanOrEqual(1);
      expect(`${service}${unit}`, name).toMatch(/\w/);
      expect(source, name).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing/);
    }
    expect(Number.isNaN(Date.parse(PRICES_DATE))).toBe(false);
  });

  test.each<[UnitName, number]>([
    ['transitions', 0.000025],
    ['expressRequests', 0.000001],
    ['lambdaRequests', 0.0000002],
    ['writeUnits', 0.000000625],
    ['readUnits', 0.000000125],
    ['s3Puts', 0.000005],
    ['kmsRequests', 0.000003],
  ])('asks for %s $%s each', (unit, usd) => expect(usdEach(unit)).toBeCloseTo(usd, 12));

  test('makes bills that add up', () => {
    const units = { transitions: 1_000_000, writeUnits: 2_000_000 };
    addUnits(units, { writeUnits: 2_000_000, lambdaRequests: 5_000_000 });
    const bill = billOf(units);
    expect(bill.usd).toBeCloseTo(25 + 2.5 + 1, 9);
    expect(byService(bill)).toEqual({ 'Step Functions': 25, Lambda: 1, DynamoDB: 2.5 });
    expect(billOf(scaled(units, 3)).usd).toBeCloseTo(3 * bill.usd, 9);
    expect(billOf({ transitions: 0 }).lines).toEqual([]);
  });
});

describe('the functions', () => {
  test('have the memory that they are deployed with', () => {
    const { run: _, ...states } = FUNCTION_MEMORY_MB;
    for (const [name, memoryMb] of Object.entries(states))
      expect(memoryMb, name).toBe(CAPABILITIES[name as keyof typeof CAPABILITIES].memoryMb);
  });

  test('are faster with more memory, and slower with more to ask', () => {
    expect(functionMs(512, 3)).toBeLessThan(functionMs(256, 3));
    expect(functionMs(3000, 3)).toBe(functionMs(1769, 3));
    expect(functionMs(256, 4)).toBeGreaterThan(functionMs(256, 3));
  });
});

describe('the table', () => {
  test('keeps what is large beside, and counts parents behind gates, as the adapters do', () => {
    expect(GATE_PARENTS).toBe(WIDTH);
    expect(OUTPUT_IN_TASK_BYTES_MAX).toBe(OUTPUT_LENGTH_MAX);
    expect(VALUE_IN_META_BYTES_MAX).toBe(VALUE_LENGTH_MAX);
  });
});

describe('times', () => {
  test('are kept by messages as far as the adapters keep them so', () => {
    expect(TIMER_HOP_MS).toBe(DELAY_SECONDS_MAX * 1000);
    expect(UNSCHEDULED_TIMER_MS_MAX).toBe(UNSCHEDULED_MS_MAX);
  });

  test('are kept by a schedule beyond, which is cheaper there and not before', () => {
    const usdOf = (messages: number, schedules: number) => {
      const book = new Book();
      for (let at = 0; at < messages; at++) book.invoke('remind', () => book.request());
      book.add('queueRequests', messages * REQUESTS_A_MESSAGE);
      book.add('schedules', schedules);
      return billOf(book.units).usd;
    };
    const hops = UNSCHEDULED_MS_MAX / TIMER_HOP_MS;
    const scheduled = usdOf(MESSAGES_A_SCHEDULE, 1);
    expect(usdOf(hops, 0)).toBeLessThan(scheduled);
    expect(usdOf(hops + 1, 0)).toBeGreaterThan(scheduled);
    // What is left when the schedule has sent its message, at the latest a minute after its time, one delay reaches.
    expect(AHEAD_MS).toBeGreaterThan(60_000);
    expect(AHEAD_MS).toBeLessThanOrEqual(TIMER_HOP_MS);
  });
});

describe('the stack', () => {
  const { state, service } = synthesise();
  const all = [state, service].flatMap(({ Resources }) => Object.values(Resources));
  const of = (type: string) => all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

  test('reads the stream in batches as the model does, by one call a shard', () => {
    const batches = of('AWS::Lambda::EventSourceMapping').map(
      ({ BatchSize, MaximumBatchingWindowInSeconds = 0, ParallelizationFactor = 1 }) =>
        [BatchSize, MaximumBatchingWindowInSeconds, ParallelizationFactor] as number[],
    );
    expect(batches).toContainEqual([REPORT_BATCH, 0, 1]);
    expect(batches).toContainEqual([DISPATCH_BATCH, DISPATCH_EVERY_MS / 1000, 1]);
  });

  test('has the alarms, keys and dashboards that there is to pay for when nothing runs', () => {
    const metrics = of('AWS::CloudWatch::Alarm').flatMap(({ Metrics, MetricName }) =>
      MetricName === undefined
        ? (Metrics as { MetricStat?: object }[]).filter(({ MetricStat }) => MetricStat)
        : [MetricName],
    );
    const { fifoRequests, queueRequests, ...standing } = STANDING;
    const isFifo = of('AWS::Lambda::EventSourceMapping')
      .filter(({ StartingPosition }) => StartingPosition === undefined)
      .map(({ EventSourceArn }) => service.Resources[idIn(EventSourceArn)!]!.Properties.FifoQueue === true);
    const polled = (fifo: boolean) => isFifo.filter((is) => is === fifo).length * 657_000;
    expect([fifoRequests, queueRequests]).toEqual([polled(true), polled(false)]);
    expect(standing).toEqual({
      alarmMonths: metrics.length,
      keyMonths: of('AWS::KMS::Key').length,
      dashboardMonths: of('AWS::CloudWatch::Dashboard').length,
    });
  });

  test('logs nothing of calls that go well', () => {
    for (const { LoggingConfig } of of('AWS::Lambda::Function'))
      expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' });
  });
});
