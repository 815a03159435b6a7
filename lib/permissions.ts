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
  | 'timers'
  | 'timers/dead-letters'
  | 'schedules'
  | 'schedules/role'
  | 'forward'
  | 'forward/dead-letters'
  | 'contacts'
  | 'contacts/dead-letters'
  | 'contacts/schedules'
  | 'contacts/schedules/role'
  | 'lanes'
  | 'edge/inbox'
  | 'edge/dead-letters'
  /** What hosts tell nodes. */
  | 'edge/topics'
  /** Things and certificates of nodes. */
  | 'edge/things'
  | 'edge/certificates'
  /** What has no resources of its own. */
  | 'edge'
  | 'dead-letters';

export interface Permission {
  actions: readonly string[];
  on: readonly Target[];
  /** Partition keys that it is for, or beginnings of them with a `*`; all of them unless given. */
  keys?: readonly string[];
}

const EXECUTION = ['E#*'];
const LOG = ['L#*'];
const FEED = ['FEED'];
const CONNECTION = ['CONN#*'];
const SUBSCRIPTIONS = ['SUB', 'SUB#*'];

/** Actions on items of the table, by the partition keys that they are for. */
type Access = Partial<
  Record<'GetItem' | 'BatchGetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem', readonly string[]>
>;

/** A statement an action. */
function items(...accesses: readonly Access[]): Permission[] {
  const keys = new Map<string, Set<string>>();
  for (const [action, more = []] of accesses.flatMap((access) => Object.entries(access)))
    keys.set(action, new Set([...(keys.get(action) ?? []), ...more]));
  return [...keys].map(([action, all]) => ({
    actions: [`dynamodb:${action}`],
    on: ['table'],
    keys: [...all].toSorted(),
  }));
}

/** An execution, with values that several items hold. */
const looks: Access = { GetItem: EXECUTION, BatchGetItem: EXECUTION };
/** Its tasks too. */
const reads: Access = { ...looks, Query: EXECUTION };
/** Values and gates are put, the rest is updated. */
const changes: Access = { PutItem: EXECUTION, UpdateItem: EXECUTION };
/** Forgets the tasks that an edited definition has no more. */
const tidies: Access = { DeleteItem: EXECUTION };

const readsDefinitions: Access = { GetItem: ['D#*'] };
const keepsDefinitions: Access = { PutItem: ['D#*'] };
const readsWorkflows: Access = { GetItem: ['W#*'], Query: ['W#*'] };
const keepsWorkflows: Access = { PutItem: ['W#*', 'K#*', 'WORKFLOWS'] };
const readsTypes: Access = { GetItem: ['TYPES'], Query: ['TYPES'] };

const NETWORK = ['NET'];
/** What is registered of the network, with texts of it; a change writes a new document and deletes the old one. */
const keepsNetwork: Access = {
  GetItem: NETWORK,
  Query: NETWORK,
  PutItem: NETWORK,
  UpdateItem: NETWORK,
  DeleteItem: NETWORK,
};

/** Finds the way to a node; turns are taken by nodes that do equally well. */
const places: Access = { GetItem: NETWORK, Query: NETWORK, UpdateItem: ['TURNS'] };

const NODE_KEYS = ['KEYS'];
/** Protects bundles, and reads those that are protected. */
const unseals: Access = { GetItem: NODE_KEYS };

const CUSTODY = ['CUSTODY#*'];
/** Takes bundles into custody. */
const accepts: Access = {
  GetItem: CUSTODY,
  BatchGetItem: CUSTODY,
  PutItem: CUSTODY,
  UpdateItem: CUSTODY,
  DeleteItem: CUSTODY,
};
/** Moves them on, over links that the network tells of and in contacts. */
const moves: readonly Access[] = [
  accepts,
  unseals,
  // Where they go it remembers for whoever comes next.
  { Query: NETWORK, GetItem: NETWORK, UpdateItem: NETWORK },
  { GetItem: ['CONTACTS', 'LANES'], PutItem: ['CONTACTS'], UpdateItem: ['CONTACTS', 'LANES'] },
];

/** Gives tokens out that let a node join, and takes them back; makes the key that the node is given, and knows it again. */
const redeems: Access = {
  PutItem: ['JOIN#*', ...NODE_KEYS],
  GetItem: ['JOIN#*', ...NODE_KEYS],
  DeleteItem: ['JOIN#*'],
};

/** Sends what connections follow, and forgets those that are gone. */
const follows: Access = {
  UpdateItem: CONNECTION,
  DeleteItem: [...CONNECTION, ...SUBSCRIPTIONS],
};

/** Places of the pools: takes them, waits in line for them, gives them back and hands them on (adapters/aws/slots.ts). */
const shares: Access = {
  GetItem: ['SLOTS', 'SLOTS#*', 'POOL#*'],
  Query: ['POOL#*', 'LINE#*'],
  PutItem: ['SLOTS#*', 'POOL#*', 'LINE#*'],
  UpdateItem: ['SLOTS#*', 'POOL#*'],
  DeleteItem: ['SLOTS#*', 'POOL#*', 'LINE#*'],
};
/** Finds the places that an execution's tasks left behind. */
const findsHolders: Access = { Query: ['SLOTS#*'] };
/** The first size ever given to a pool. */
const sizes: Access = { PutItem: ['SLOTS'] };

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
  // Lambda sends there what the function could not handle.
  { actions: ['sqs:SendMessage'], on: ['dead-letters'] },
];
const consumes = (queue: 'intake' | 'timers' | 'forward' | 'contacts' | 'edge/inbox'): Permission => ({
  actions: [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
  ],
  on: [queue],
});
/** Has tasks taken up at a time. */
const setsTimers: readonly Permission[] = [
  { actions: ['sqs:SendMessage'], on: ['timers'] },
  { actions: ['scheduler:CreateSchedule'], on: ['schedules'] },
  // What a schedule sends with, its maker has to be allowed to hand on.
  { actions: ['iam:PassRole'], on: ['schedules/role'] },
];
/** Has bundles moved on. */
const sendsErrands: Permission = { actions: ['sqs:SendMessage'], on: ['forward'] };
const tellsNodes: Permission = { actions: ['iot:Publish'], on: ['edge/topics'] };
/** Has contacts looked at when they begin and end. */
const setsContacts: readonly Permission[] = [
  { actions: ['sqs:SendMessage'], on: ['contacts'] },
  { actions: ['scheduler:CreateSchedule'], on: ['contacts/schedules'] },
  { actions: ['iam:PassRole'], on: ['contacts/schedules/role'] },
];
const usesLanes: Permission = {
  actions: [
    'sqs:SendMessage',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:ChangeMessageVisibility',
    'sqs:GetQueueAttributes',
  ],
  on: ['lanes'],
};
/** Lets nodes in, and out again (adapters/aws/node-registry.ts). */
const enrols: readonly Permission[] = [
  {
    actions: ['iot:CreateThing', 'iot:DescribeThing', 'iot:DeleteThing', 'iot:ListThingPrincipals'],
    on: ['edge/things'],
  },
  {
    actions: [
      'iot:DescribeCertificate',
      'iot:UpdateCertificate',
      'iot:DeleteCertificate',
      'iot:AttachPolicy',
      'iot:DetachPolicy',
    ],
    on: ['edge/certificates'],
  },
  {
    actions: ['iot:AttachThingPrincipal', 'iot:DetachThingPrincipal'],
    on: ['edge/things', 'edge/certificates'],
  },
  {
    actions: ['iot:CreateKeysAndCertificate', 'iot:CreateCertificateFromCsr', 'iot:DescribeEndpoint'],
    on: ['edge'],
  },
];

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
    on: [
      'intake/dead-letters',
      'timers/dead-letters',
      'forward/dead-letters',
      'contacts/dead-letters',
      'edge/dead-letters',
      'dead-letters',
    ],
  },
  // Beside errands, which it sends of its own.
  { actions: ['sqs:SendMessage'], on: ['intake', 'timers', 'contacts', 'edge/inbox'] },
];
const reachesSockets: Permission = {
  actions: ['execute-api:ManageConnections'],
  on: ['connections/post', 'connections/delete'],
};

/** What submits, starts, signals, cancels, restarts. */
const operates: readonly Permission[] = [...loads, keeps, starts('workflow', 'task'), answers('workflow')];
const operatesOn = [
  reads,
  changes,
  readsDefinitions,
  keepsDefinitions,
  readsWorkflows,
  keepsWorkflows,
  shares,
];
/** What ends a task, and takes up those that come after it. */
const finishes = [looks, changes, readsDefinitions, shares];
/** The same of all tasks of an execution, or those of its children. */
const finishesMany = [reads, ...finishes];

/** Of every function of the engine, and of those that run attempts (`run`). */
export const PERMISSIONS: Readonly<Record<CapabilityName | 'run', readonly Permission[]>> = {
  api: [
    ...items(...operatesOn, tidies, keepsNetwork, redeems, {
      // Bundles in custody: their index, themselves, and what they add up to.
      BatchGetItem: [...LOG, ...CUSTODY],
      Query: [...LOG, ...FEED, 'WORKFLOWS', 'TYPES'],
      PutItem: ['TICKET#*'],
    }),
    ...operates,
    sendsErrands,
    ...enrols,
    queries('listed', 'related', 'correlated'),
    ...movesDeadLetters,
  ],
  receive: [...items(...operatesOn), ...operates, sendsErrands, consumes('intake')],
  authorize: items({ GetItem: ['TICKET#*'], DeleteItem: ['TICKET#*'] }),
  socket: [
    ...items(
      looks,
      { GetItem: CONNECTION, BatchGetItem: LOG, Query: [...CONNECTION, ...LOG, ...FEED] },
      { PutItem: [...CONNECTION, ...SUBSCRIPTIONS] },
      follows,
    ),
    reachesSockets,
  ],
  admit: [...items(looks, { UpdateItem: EXECUTION }, shares), answers('workflow'), refuses],
  seed: [...items(reads, changes, tidies, readsDefinitions, shares, sizes), ...loads, starts('task')],
  await: [...items(reads, { UpdateItem: EXECUTION }), answers('workflow')],
  mend: [...items(...finishesMany, readsTypes, findsHolders), ...loads, starts('task'), answers('workflow')],
  settle: [
    ...items(...finishesMany, findsHolders),
    ...loads,
    keeps,
    starts('task'),
    answers('workflow'),
    refuses,
    sendsErrands,
  ],
  route: [
    ...items(...finishes, readsTypes, places),
    ...loads,
    keeps,
    starts('task', 'long'),
    ...setsTimers,
    answers('workflow'),
  ],
  complete: [...items(...finishes), ...loads, starts('task'), answers('workflow')],
  // What failed has no output.
  heal: [
    ...items(reads, { UpdateItem: EXECUTION }, readsDefinitions, shares),
    ...loads,
    starts('task'),
    answers('workflow'),
    sendsErrands,
  ],
  park: [
    ...items(...finishesMany, tidies, keepsDefinitions, readsWorkflows),
    ...loads,
    keeps,
    starts('workflow', 'task'),
    answers('workflow'),
    sendsErrands,
  ],
  remind: [starts('task'), ...setsTimers, consumes('timers')],
  arrive: [
    ...items(accepts, unseals, keepsNetwork, {
      PutItem: ['CHUNKS#*'],
      UpdateItem: ['CHUNKS#*'],
      Query: ['CHUNKS#*'],
      DeleteItem: ['CHUNKS#*'],
    }),
    keeps,
    tellsNodes,
    sendsErrands,
    consumes('edge/inbox'),
  ],
  forward: [
    // What ends here: work of other nodes, and answers of theirs.
    ...items(...finishesMany, keepsDefinitions, readsTypes, ...moves, { Query: CUSTODY }),
    ...operates,
    queries('listed', 'related'),
    tellsNodes,
    ...setsContacts,
    { actions: ['sqs:SendMessage'], on: ['lanes'] },
    sendsErrands,
    consumes('forward'),
  ],
  contact: [
    ...items(...moves, { DeleteItem: ['CONTACTS'] }),
    ...loads,
    keeps,
    queries('related'),
    tellsNodes,
    ...setsContacts,
    usesLanes,
    consumes('contacts'),
  ],
  dispatch: [
    // Clears away after executions whose time is over.
    ...items(looks, { Query: [...EXECUTION, ...LOG], DeleteItem: [...EXECUTION, ...LOG] }),
    starts('workflow', 'task'),
    ...consumesStream,
  ],
  report: [
    ...items(
      { GetItem: FEED, BatchGetItem: LOG, Query: [...CONNECTION, ...SUBSCRIPTIONS, ...LOG, ...FEED] },
      { PutItem: [...LOG, ...FEED] },
      follows,
    ),
    { actions: ['events:PutEvents'], on: ['bus'] },
    reachesSockets,
    ...consumesStream,
  ],
  sweep: [...items(reads, shares), queries('listed'), starts('workflow'), answers('workflow'), refuses],
  offer: [
    ...items(looks, shares, sizes, { Query: ['TYPES'], PutItem: ['TYPES'], DeleteItem: ['TYPES'] }),
    queries('related'),
    starts('task'),
    answers('workflow'),
  ],
  run: [
    ...items({ GetItem: EXECUTION, BatchGetItem: EXECUTION, PutItem: EXECUTION, UpdateItem: EXECUTION }),
    ...loads,
    keeps,
  ],
};
