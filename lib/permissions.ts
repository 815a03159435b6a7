/**
 * What each function may do: which actions, on what, and under which keys of the table. The one place that says so; nothing else
 * grants a function anything but its own log. Tests hold it against the calls that the functions make.
 */
import type { MachineName } from '../core/ports/dispatcher.ts';
import type { CapabilityName } from './capabilities.ts';
import type { IndexName } from './state.ts';

/** What functions reach; `targets.ts` says where each is. */
export type Target =
  | 'table'
  | `index/${IndexName}`
  | 'stream'
  /** Objects of the bucket. */
  | 'payloads'
  | 'bucket'
  | `machine/${MachineName}`
  | 'bus'
  | 'connections/post'
  | 'connections/delete'
  | 'intake'
  | 'intake/dead-letters'
  | 'edge/inbox'
  | 'edge/dead-letters'
  | 'dead-letters';

export interface Permission {
  actions: readonly string[];
  on: readonly Target[];
  /** Partition keys that it is for, or beginnings of them with a `*`; all of them unless given. */
  keys?: readonly string[];
}

const KEYS = {
  execution: 'E#*',
  log: 'L#*',
  feed: 'FEED',
  connection: 'CONN#*',
  subscriptions: 'SUB*',
  ticket: 'TICKET#*',
} as const;

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

/** Executions, their tasks, places and what else the engine keeps. */
const state: Permission = { actions: [...READ, ...WRITE], on: ['table'] };
const queries = (...names: IndexName[]): Permission => ({
  actions: ['dynamodb:Query'],
  on: names.map((name): Target => `index/${name}`),
});

const loads: readonly Permission[] = [
  { actions: ['s3:GetObject'], on: ['payloads'] },
  // Without it S3 answers 403 for what isn't there.
  { actions: ['s3:ListBucket'], on: ['bucket'] },
];
const keeps: Permission = { actions: ['s3:PutObject'], on: ['payloads'] };

const starts = (...names: MachineName[]): Permission => ({
  actions: ['states:StartExecution'],
  on: names.map((name): Target => `machine/${name}`),
});
const answers = (...names: MachineName[]): Permission => ({
  actions: ['states:SendTaskSuccess'],
  on: names.map((name): Target => `machine/${name}`),
});
/** Tells an execution that what it comes after has failed. */
const refuses: Permission = { actions: ['states:SendTaskFailure'], on: ['machine/workflow'] };

const consumesStream: readonly Permission[] = [
  {
    actions: [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    on: ['stream'],
  },
  // Lambda sends there what the function could not handle, with the function's role.
  { actions: ['sqs:SendMessage'], on: ['dead-letters'] },
];
const consumesIntake: Permission = {
  actions: [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
  ],
  on: ['intake'],
};
const movesDeadLetters: readonly Permission[] = [
  {
    actions: [
      'sqs:GetQueueAttributes',
      'sqs:ListDeadLetterSourceQueues',
      'sqs:ListMessageMoveTasks',
      'sqs:StartMessageMoveTask',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
    ],
    on: ['intake/dead-letters', 'edge/dead-letters', 'dead-letters'],
  },
  { actions: ['sqs:SendMessage'], on: ['intake', 'edge/inbox'] },
];
const reachesSockets: Permission = {
  actions: ['execute-api:ManageConnections'],
  on: ['connections/post', 'connections/delete'],
};

/** What submits, starts, signals, cancels, pauses, redrives. */
const operates: readonly Permission[] = [
  state,
  queries('related'),
  ...loads,
  keeps,
  starts('workflow', 'task'),
  answers('workflow', 'parked'),
];

/** Of every function of the engine, and of those that run attempts (`run`). */
export const PERMISSIONS = {
  api: [...operates, queries('listed', 'correlated'), ...movesDeadLetters],
  receive: [...operates, consumesIntake],
  authorize: [{ actions: ['dynamodb:GetItem', 'dynamodb:DeleteItem'], on: ['table'], keys: [KEYS.ticket] }],
  socket: [
    {
      actions: READ,
      on: ['table'],
      keys: [KEYS.connection, KEYS.subscriptions, KEYS.execution, KEYS.log, KEYS.feed],
    },
    { actions: WRITE, on: ['table'], keys: [KEYS.connection, KEYS.subscriptions] },
    reachesSockets,
  ],
  admit: [state, starts('task'), answers('workflow'), refuses],
  seed: [state, ...loads, starts('task')],
  await: [state, answers('workflow')],
  mend: [state, ...loads, starts('task'), answers('workflow', 'parked')],
  settle: [state, ...loads, keeps, starts('task'), answers('workflow', 'parked'), refuses],
  route: [state, ...loads, keeps, starts('task', 'long', 'parked', 'timer'), answers('workflow')],
  complete: [state, ...loads, starts('task'), answers('workflow')],
  heal: [state, ...loads, starts('task'), answers('workflow', 'parked')],
  park: [state, ...loads, keeps, starts('workflow', 'task'), answers('workflow', 'parked')],
  dispatch: [
    { actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], on: ['table'], keys: [KEYS.execution] },
    // Clears away after executions whose time is over.
    { actions: ['dynamodb:Query', 'dynamodb:DeleteItem'], on: ['table'], keys: [KEYS.execution, KEYS.log] },
    starts('workflow', 'task'),
    ...consumesStream,
  ],
  report: [
    {
      actions: READ,
      on: ['table'],
      keys: [KEYS.log, KEYS.feed, KEYS.connection, KEYS.subscriptions],
    },
    {
      actions: WRITE,
      on: ['table'],
      keys: [KEYS.log, KEYS.feed, KEYS.connection, KEYS.subscriptions],
    },
    { actions: ['events:PutEvents'], on: ['bus'] },
    reachesSockets,
    ...consumesStream,
  ],
  sweep: [state, queries('listed'), starts('workflow', 'task'), answers('workflow'), refuses],
  offer: [state, queries('related'), starts('task')],
  run: [
    {
      actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      on: ['table'],
      keys: [KEYS.execution],
    },
    ...loads,
    keeps,
  ],
} as const satisfies Record<CapabilityName | 'run', readonly Permission[]>;
