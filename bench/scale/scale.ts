/** Where the quotas of AWS bind: by arithmetic, a quota at a time, and in a simulation of all of them together. */
import { FUNCTION_MEMORY_MB } from '../../core/cost/footprint.ts';
import { type Account, NEW, QUOTAS, type Quota, type QuotaName, RAISED } from './quotas.ts';
import { type Load, type Outcome, simulate } from './simulation.ts';
import { usesOf } from './uses.ts';

export interface Case {
  load: string;
  limits: string;
  account: 'new' | 'raised';
  outcome: Outcome;
  /** Whom a task had to wait for, the longest first: milliseconds a task, of each quota. */
  waitedForMs: Record<string, number>;
}

export interface Bound {
  quota: string;
  takes: string;
  tasksPerSecond: { new: number; raised: number };
  raise: string;
}

export interface ScaleBench {
  attemptMs: number;
  bounds: Bound[];
  cases: Case[];
}

export const ATTEMPT_MS = 10;

const TREE = { executions: 100, tasksEach: 10_000, shape: 'fan', joins: false, isOneTree: true } as const;
const CHAINS = {
  executions: 10_000,
  tasksEach: 100,
  shape: 'chain',
  joins: false,
  isOneTree: false,
} as const;
const FANS = { executions: 10_000, tasksEach: 100, shape: 'fan', joins: true, isOneTree: false } as const;

const tree = 'a million tasks in one execution: 100 maps of 10,000 items';
const chains = '10,000 executions at once, each a chain of 100';
const fans = '10,000 executions at once, each 99 in parallel and a join';

type Setting = [load: string, shape: Omit<Load, 'attemptMs'>, limits: string, account: 'new' | 'raised'];

const SETTINGS: Setting[] = [
  [tree, TREE, 'none', 'new'],
  [tree, { ...TREE, workflowsAtOnce: 10, tasksAtOnceEach: 80 }, '10 maps × 80 items', 'new'],
  [tree, { ...TREE, workflowsAtOnce: 50, tasksAtOnceEach: 150 }, '50 maps × 150 items', 'raised'],
  [chains, CHAINS, 'none', 'new'],
  [chains, { ...CHAINS, workflowsAtOnce: 1000 }, 'MAX_WORKFLOWS=1000', 'new'],
  [chains, CHAINS, 'none', 'raised'],
  [fans, FANS, 'none', 'new'],
  [fans, { ...FANS, workflowsAtOnce: 20 }, 'MAX_WORKFLOWS=20', 'new'],
  [fans, { ...FANS, workflowsAtOnce: 200 }, 'MAX_WORKFLOWS=200', 'raised'],
];

const ACCOUNTS: Record<'new' | 'raised', Account> = { new: NEW, raised: RAISED };

export function benchScale(): ScaleBench {
  return { attemptMs: ATTEMPT_MS, bounds: bounds(), cases: SETTINGS.map(caseOf) };
}

function caseOf([load, shape, limits, account]: Setting): Case {
  const outcome = simulate({ ...shape, attemptMs: ATTEMPT_MS }, ACCOUNTS[account]);
  const tasks = shape.executions * shape.tasksEach;
  const waited = Object.entries(outcome.waits).map(
    ([name, { waitedMs }]) => [name, Math.round(waitedMs / tasks)] as const,
  );
  const most = waited.filter(([, ms]) => ms > 0).sort(([, a], [, b]) => b - a);
  return { load, limits, account, outcome, waitedForMs: Object.fromEntries(most) };
}

/** What each quota allows by itself, for tasks in parallel. */
export function bounds(): Bound[] {
  const { route, run, complete } = usesOf({ attemptMs: ATTEMPT_MS, parents: 100, lasts: 0 });
  const reads = route.reads + complete.reads;
  // With its own item's put, when it is laid out.
  const writes = route.writes + complete.writes + 1;
  const busyMs = route.ms + run.ms + complete.ms;
  const of = (name: QuotaName, each: number, takes: string): Bound => {
    const quota: Quota = QUOTAS[name];
    const rate = (account: Account) => account.rates[name].rate / each;
    return {
      quota: `${quota.rate.toLocaleString('en-US')}/s ${quota.what}`,
      takes,
      tasksPerSecond: { new: rate(NEW), raised: rate(RAISED) },
      raise: quota.raise?.how ?? 'fixed',
    };
  };
  return [
    of('taskStarts', 1, '1 a task; 1 a chain'),
    of('calls', 3, '3 a task'),
    {
      quota: `${NEW.concurrency.toLocaleString('en-US')} environments`,
      takes: `${Math.round(busyMs)} ms a task, ${ATTEMPT_MS} of them its own, in ${FUNCTION_MEMORY_MB.route} MB`,
      tasksPerSecond: {
        new: (NEW.concurrency / busyMs) * 1000,
        raised: (RAISED.concurrency / busyMs) * 1000,
      },
      raise: 'Lambda, concurrent executions',
    },
    of('tableWrites', writes, `${writes.toFixed(2)} a task, the log aside`),
    of('tableReads', reads, `${reads} a task`),
    of('keyWrites', writes - 1, `${(writes - 1).toFixed(2)} a task of one execution`),
    of('keyReads', reads, `${reads} a task of one execution`),
    of('workflowStarts', 1 / 100, '1 an execution of 100 tasks'),
    of('answers', 2 / 100, '2 an execution of 100 tasks'),
    of('transitions', 6 / 100, '6 an execution of 100 tasks'),
    of('requests', 1 / 100, '1 an execution of 100 tasks'),
  ];
}

/** The same as tables. */
export function scaleText({ attemptMs, bounds: all, cases }: ScaleBench): string {
  return [
    `What each quota allows by itself, in tasks a second (attempts of ${attemptMs} ms):`,
    '',
    columns([
      ['QUOTA', 'TAKES', 'NEW', 'RAISED', 'RAISE'],
      ...all.map(({ quota, takes, tasksPerSecond, raise }) => [
        quota,
        takes,
        whole(tasksPerSecond.new),
        whole(tasksPerSecond.raised),
        raise,
      ]),
    ]),
    '',
    ...cases.flatMap(caseText),
  ].join('\n');
}

function caseText({ load, limits, account, outcome, waitedForMs }: Case, at: number, all: Case[]): string[] {
  const { seconds, tasksPerSecond, gaveUp, isStuck, reportSeconds, callSeconds } = outcome;
  const head = all[at - 1]?.load === load ? [] : ['', load];
  const ends = isStuck
    ? `gives up: ${whole(gaveUp)} machines after ${whole(seconds)} s`
    : `${whole(seconds)} s, ${whole(tasksPerSecond)} tasks a second, ${whole(gaveUp)} gave up`;
  const waits = Object.entries(waitedForMs).slice(0, 3);
  return [
    ...head,
    `  ${account}, limits ${limits}: ${ends}`,
    `      events at most ${reportSeconds.toFixed(1)} s late, longest call ${callSeconds.toFixed(1)} s`,
    ...(waits.length > 0
      ? [`      waited a task: ${waits.map(([name, ms]) => `${name} ${ms} ms`).join(', ')}`]
      : []),
  ];
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number) =>
    /^[\d.,]+$/.test(text) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
