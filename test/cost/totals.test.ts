/** What reference workflows cost: a change that makes one of them dearer shows here, in dollars a million tasks. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Workload, workloads } from '../../bench/cost/workloads.ts';
import { costOf } from '../../core/cost/cost.ts';
import { costOfMillion, type Million } from '../../core/cost/million.ts';
import { peersOf } from '../../core/cost/peers.ts';

const ATTEMPT_MS = 10;
const SHORT_USD_MAX = 10;
const WAITING_USD_MAX = 60;

/** Those of the recorded workflows that take little time to run. */
const isSmall = (file: string): boolean => /^(blast|epigenomics|montage|srasearch|soykb)-.*-00\d/.test(file);

let all: Workload[];
const millions = new Map<string, Million>();
beforeAll(async () => {
  all = await workloads(() => undefined, isSmall);
  for (const { name, histories } of all)
    millions.set(name, await costOfMillion(histories, { attemptMs: ATTEMPT_MS }));
}, 60_000);

const named = (name: string): Workload => all.find((workload) => workload.name === name)!;

describe('a million tasks', () => {
  // To be changed with the change that makes them so, and in docs/cost.md.
  test.each([
    ['chain of 100', 9.55],
    ['99 in parallel and a join', 8.91],
    ['a signal within a minute', 14.91],
    ['a signal after a day', 24.14],
    ['a signal after 30 days', 57.59],
    ["a child's end", 10.43],
    ['a signal, at most 30 s', 46.72],
    ['a time, half an hour away', 14.35],
    ['a time, an hour away', 15.35],
    ['a time, 30 days away', 15.35],
    ['a signal, at most an hour', 21.28],
    ['a signal, at most 30 days', 21.28],
  ])('in workloads such as "%s" cost $%s', (name, usd) => {
    expect(millions.get(name)!.bill.usd).toBeCloseTo(usd, 1);
  });

  test(`of short tasks cost at most $${SHORT_USD_MAX}, everything counted`, () => {
    const short = all.filter(({ kind }) => kind === 'short');
    for (const { name } of short)
      expect(millions.get(name)!.bill.usd, name).toBeLessThanOrEqual(SHORT_USD_MAX);
  });

  test('of recorded workflows are among them', ({ skip }) => {
    const recorded = all.find(({ name }) => name.endsWith('recorded workflows'));
    skip(recorded === undefined, 'the reference data (../shared/data/wfcommons) is not there');
    expect(recorded!.histories.length).toBeGreaterThan(8);
  });

  test(`that wait cost at most $${WAITING_USD_MAX}, with a time limit or without`, () => {
    const waiting = all.filter(({ kind }) => kind !== 'short');
    expect(waiting.length).toBe(13);
    for (const { name } of waiting)
      expect(millions.get(name)!.bill.usd, name).toBeLessThanOrEqual(WAITING_USD_MAX);
  });

  test('cost less than a state each of a state machine, and than an action each', () => {
    const [states, , actions] = peersOf({ attemptMs: ATTEMPT_MS, tasksEach: 100 });
    const dearest = Math.max(
      ...all.filter(({ kind }) => kind === 'short').map(({ name }) => millions.get(name)!.bill.usd),
    );
    expect(states!.usd.from).toBeGreaterThan(2 * dearest);
    expect(actions!.usd.from).toBeGreaterThan(states!.usd.to);
  });
});

describe('one execution', () => {
  test('costs the same however often its history is gone through', async () => {
    const [history] = named('chain of 100').histories;
    expect((await costOf(history!)).units).toEqual((await costOf(history!)).units);
  });

  test('costs more where its attempts take longer, and on the Standard lane', async () => {
    const [history] = named('chain of 100').histories;
    const usd = async (settings: Parameters<typeof costOf>[1]) => (await costOf(history!, settings)).bill.usd;
    const short = await usd({ attemptMs: 10 });
    expect(await usd({ attemptMs: 1000 })).toBeGreaterThan(short * 1.5);
    const { units, counts } = await costOf(history!, { attemptMs: 10, longTypes: new Set(['pass']) });
    // Route and Decide, Run and Outcome, Complete, Decide and Done, with Start and End.
    expect(counts['states.long']).toBe(100 * 7);
    expect(units.transitions).toBe(100 * 9 + 6);
  });

  test('hands over to a new machine before the Express lane ends', async () => {
    const [history] = named('chain of 100').histories;
    const { counts } = await costOf(history!, { attemptMs: 4000 });
    // Eleven tasks of four seconds fit into 45 seconds.
    expect(counts['machine.task']).toBe(Math.ceil(100 / 11));
  });

  test('keeps times by messages of 15 minutes each, far ones by a schedule and two of them', async () => {
    const costing = async (name: string) => {
      const { counts, units } = await costOf(named(name).histories[0]!);
      return [counts['function.remind'], units.schedules, counts['function.route']];
    };
    expect(await costing('a time, half an hour away')).toEqual([2 * 100, undefined, 2 * 100]);
    for (const far of ['an hour', '7 hours', '30 days'])
      expect(await costing(`a time, ${far} away`)).toEqual([2 * 100, 100, 2 * 100]);
  });

  test('costs more where it is deleted at last, and where nobody knew its definition', async () => {
    const [history] = named('99 in parallel and a join').histories;
    const usd = async (settings: Parameters<typeof costOf>[1]) => (await costOf(history!, settings)).bill.usd;
    const kept = await usd({ isDefinitionKnown: true });
    expect(await usd({ isDefinitionKnown: true, isDeleted: true })).toBeGreaterThan(kept);
    expect(await usd({ isDefinitionKnown: false })).toBeGreaterThan(kept);
  });
});
