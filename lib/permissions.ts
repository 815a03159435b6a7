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
  /** Beginnings of the partition keys that it is for, each with a `*` at its end, or whole keys. All keys unless given. */
  keys?: readonly string[];
}

const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];

const reads: Permission = { actions: READ, on: ['table'] };
const writes: Permission = { actions: WRITE, on: ['table'] };
const queries = (...names: IndexName[]): Permission => ({
  actions: ['dynamodb:Query'],
  on: names.map((name): Target => `index/${name}`),
});
const payloads: readonly Permission[] = [
  { actions: ['s3:GetObject', 's3:PutObject'], on: ['payloads'] },
  // Without it S3 answers 403 for what isn't there.
  { actions: ['s3:ListBucket'], on: ['bucket'] },
];
const starts = (...names: MachineName[]): Permission => ({
  actions: ['states:StartExecution'],
  on: names.map((name): Target => `machine/${name}`),
});
const answers = (...names: MachineName[]): Permission => ({
  actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
  on: names.map((name): Target => `machine/${name}`),
});
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

const engine: readonly Permission[] = [
  reads,
  writes,
  queries('related'),
  ...payloads,
  starts('workflow', 'task', 'long', 'parked', 'timer'),
  answers('workflow', 'parked'),
];

/** Of every function of the engine, and of those that run attempts. */
export const PERMISSIONS = {
  api: [
    ...engine,
    queries('listed', 'correlated'),
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
  ],
  authorize: [{ actions: ['dynamodb:DeleteItem'], on: ['table'], keys: ['TICKET#*'] }],
  socket: [
    reads,
    writes,
    { actions: ['execute-api:ManageConnections'], on: ['connections/post', 'connections/delete'] },
  ],
  receive: [...engine, consumesIntake],
  admit: engine,
  seed: engine,
  await: engine,
  mend: engine,
  settle: engine,
  route: engine,
  complete: engine,
  heal: engine,
  park: engine,
  dispatch: [...engine, ...consumesStream],
  report: [
    reads,
    writes,
    { actions: ['events:PutEvents'], on: ['bus'] },
    { actions: ['execute-api:ManageConnections'], on: ['connections/post', 'connections/delete'] },
    ...consumesStream,
  ],
  sweep: [...engine, queries('listed')],
  offer: [...engine],
  run: [reads, writes, ...payloads],
} as const satisfies Record<CapabilityName | 'run', readonly Permission[]>;
