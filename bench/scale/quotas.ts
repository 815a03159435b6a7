/** The quotas of an AWS account in us-east-1 that tasks run into: as they are at first, and as they are when asked for. */

export interface Quota {
  what: string;
  /** A second. */
  rate: number;
  /** At once, after a pause. */
  burst: number;
  /** What to ask for, and where. */
  raise?: { rate: number; burst: number; how: string };
  source: string;
}

const GUIDE = 'https://docs.aws.amazon.com';
const STEP_FUNCTIONS = `${GUIDE}/step-functions/latest/dg/service-quotas.html`;
const LAMBDA = `${GUIDE}/lambda/latest/dg/scaling-behavior.html`;
const DYNAMO = `${GUIDE}/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html`;

export const QUOTAS = {
  requests: {
    what: 'requests of the HTTP API',
    rate: 200,
    burst: 400,
    raise: { rate: 5000, burst: 5000, how: "the construct's `throttle`" },
    source: 'lib/http-door.ts; an account takes 10,000 a second',
  },
  workflowStarts: {
    what: 'starts of Standard machines',
    rate: 300,
    burst: 1300,
    raise: { rate: 1500, burst: 5000, how: 'Step Functions, StartExecution' },
    source: STEP_FUNCTIONS,
  },
  taskStarts: {
    what: 'starts of Express machines',
    rate: 6000,
    burst: 6000,
    raise: { rate: 12_000, burst: 12_000, how: 'Step Functions, StartExecution of Express' },
    source: STEP_FUNCTIONS,
  },
  transitions: {
    what: 'transitions of Standard machines',
    rate: 5000,
    burst: 5000,
    source: STEP_FUNCTIONS,
  },
  answers: {
    what: 'answers to task tokens',
    rate: 500,
    burst: 3000,
    raise: { rate: 2000, burst: 6000, how: 'Step Functions, SendTaskSuccess' },
    source: STEP_FUNCTIONS,
  },
  calls: {
    what: 'calls of functions, ten times the concurrency',
    rate: 10_000,
    burst: 10_000,
    raise: { rate: 100_000, burst: 100_000, how: 'Lambda, concurrent executions' },
    source: LAMBDA,
  },
  tableWrites: {
    what: 'write units of the table, new and on demand',
    rate: 4000,
    burst: 4000,
    raise: { rate: 40_000, burst: 40_000, how: 'warm throughput of the table' },
    source: DYNAMO,
  },
  tableReads: {
    what: 'read units of the table, new and on demand',
    rate: 12_000,
    burst: 12_000,
    raise: { rate: 120_000, burst: 120_000, how: 'warm throughput and the table quota of 40,000' },
    source: DYNAMO,
  },
  keyWrites: {
    what: 'write units of one partition: an execution with its tasks',
    rate: 1000,
    burst: 1000,
    source: DYNAMO,
  },
  keyReads: {
    what: 'read units of one partition: an execution with its tasks',
    rate: 3000,
    burst: 3000,
    source: DYNAMO,
  },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof QUOTAS;

/** What an account has of each. */
export interface Account {
  rates: Record<QuotaName, { rate: number; burst: number }>;
  /** Environments of all functions at once. */
  concurrency: number;
  /** Shards of the table's stream: one a partition. */
  shards: number;
}

const names = Object.keys(QUOTAS) as QuotaName[];
const rates = (of: (quota: Quota) => { rate: number; burst: number }) =>
  Object.fromEntries(names.map((name) => [name, of(QUOTAS[name])])) as Account['rates'];

/** A new account with a new table. */
export const NEW: Account = { rates: rates((quota) => quota), concurrency: 1000, shards: 4 };

/** After the quotas were raised and the table was warmed up. */
export const RAISED: Account = {
  rates: rates((quota) => quota.raise ?? quota),
  concurrency: 10_000,
  shards: 40,
};
