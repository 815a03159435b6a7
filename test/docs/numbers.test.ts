/** The numbers in the documents about cost and scale are those that the commands beside them print. */
import { beforeAll, describe, expect, test } from 'vitest';
import { benchCost, type CostBench } from '../../bench/cost/cost.ts';
import { bounds } from '../../bench/scale/scale.ts';
import { read } from './documents.ts';

const COST = read('docs/cost.md');
const SCALE = read('docs/scale.md');
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const dollars = (value: number): string => value.toFixed(2);

describe('docs/cost.md', () => {
  let bench: CostBench;
  beforeAll(async () => {
    bench = await benchCost({ attemptMs: 10, say: () => undefined, isWanted: () => false });
  }, 60_000);

  test('has the dollars of every workload', () => {
    expect(bench.rows.length).toBe(15);
    for (const { name, usd, services } of bench.rows) {
      const { 'Step Functions': states = 0, Lambda: lambda = 0, DynamoDB: table = 0 } = services;
      const numbers = [states, lambda, table, usd - states - lambda - table, usd];
      expect(COST).toContain(`| ${[name, ...numbers.map(dollars)].join(' | ')} |`);
    }
  });

  test('has what the same tasks cost elsewhere', () => {
    for (const { name, usd, counts } of bench.peers) {
      const range = usd.from === usd.to ? dollars(usd.from) : `${dollars(usd.from)}-${dollars(usd.to)}`;
      expect(COST).toContain(`| ${name} | ${range} | ${counts} |`);
    }
  });

  test('has what there is to pay when nothing runs', () => {
    const usd = bench.standing.reduce((sum, line) => sum + line.usd, 0);
    expect(COST).toContain(`$${dollars(usd)} a month`);
  });
});

describe('docs/scale.md', () => {
  test('has a row for each quota, with what it allows', () => {
    for (const { quota, takes, tasksPerSecond, raise } of bounds()) {
      const row = [quota, takes, whole(tasksPerSecond.new), whole(tasksPerSecond.raised), raise];
      expect(SCALE).toContain(`| ${row.join(' | ')} |`);
    }
  });
});
