/** Permissions that no recorded call shows to be used, each with the code that uses it and why the recording hasn't shown it. */

export interface Unrecorded {
  /** The functions. */
  of: readonly string[];
  /** Without the service that they have in common. */
  actions: readonly string[];
  on: readonly string[];
  keys?: readonly string[];
  /** A file, and what in it makes the call. */
  path: readonly [file: string, code: string];
  why: string;
  /** The same call of another function is recorded: the code is shared, and which part of it runs is a matter of races and sizes. */
  shared?: true;
}

const SHARING = ['api', 'receive', 'admit', 'seed', 'mend', 'settle', 'route', 'complete', 'heal', 'park'];
const PLACES: Omit<Unrecorded, 'actions' | 'keys' | 'why' | 'path'> = {
  of: [...SHARING, 'sweep', 'offer'],
  on: ['table'],
  shared: true,
};
const DEAD_LETTERS = ['intake/dead-letters', 'timers/dead-letters', 'edge/dead-letters', 'dead-letters'];
/** Whoever fetches payloads. */
const LOADING = ['api', 'receive', 'seed', 'mend', 'settle', 'route', 'complete', 'heal', 'park', 'run'];
const SERVICES = 'docs/emulator-gaps.md, "Calls that services make with a function\'s role"';
const MOVING = 'docs/emulator-gaps.md, "Moving dead letters back"';

export const UNRECORDED: readonly Unrecorded[] = [
  {
    of: ['dispatch', 'report'],
    actions: [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    on: ['stream'],
    path: ['lib/table-stream.ts', 'new lambda.EventSourceMapping('],
    why: SERVICES,
  },
  {
    of: ['dispatch', 'report'],
    actions: ['sqs:SendMessage'],
    on: ['dead-letters'],
    path: ['lib/table-stream.ts', 'destination: deadLetters.queueArn'],
    why: SERVICES,
  },
  {
    of: ['receive'],
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    on: ['intake'],
    path: ['lib/intake.ts', 'new lambda.EventSourceMapping('],
    why: SERVICES,
  },
  {
    of: ['remind'],
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
    ],
    on: ['timers'],
    path: ['lib/timers.ts', 'new lambda.EventSourceMapping('],
    why: SERVICES,
  },
  {
    of: ['route', 'remind'],
    actions: ['iam:PassRole'],
    on: ['schedules/role'],
    path: ['adapters/aws/schedules.ts', 'RoleArn: roleArn'],
    why: 'EventBridge Scheduler asks for it when a schedule is made: https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html',
  },
  {
    of: LOADING,
    actions: ['s3:ListBucket'],
    on: ['bucket'],
    path: ['adapters/aws/payload-store.ts', 'async get('],
    why: 'S3 asks for it when it has to say that an object is not there.',
  },
  {
    ...PLACES,
    actions: ['dynamodb:GetItem'],
    keys: ['SLOTS', 'SLOTS#*', 'POOL#*'],
    path: ['adapters/aws/slots.ts', 'async release('],
    why: 'Only where a pool has a size.',
  },
  {
    ...PLACES,
    actions: ['dynamodb:Query'],
    keys: ['POOL#*', 'LINE#*'],
    path: ['adapters/aws/slot-pools.ts', 'async next('],
    why: 'Only where somebody waits in a line.',
  },
  {
    ...PLACES,
    actions: ['dynamodb:PutItem'],
    keys: ['SLOTS#*', 'POOL#*', 'LINE#*'],
    path: ['adapters/aws/slots.ts', 'async #queue('],
    why: 'Only where a task or an execution that is made ready finds its pool full.',
  },
  {
    ...PLACES,
    actions: ['dynamodb:UpdateItem'],
    keys: ['SLOTS#*', 'POOL#*'],
    path: ['adapters/aws/slot-moves.ts', 'async #move('],
    why: 'Only where a place is taken, or handed to somebody who waits.',
  },
  {
    ...PLACES,
    actions: ['dynamodb:DeleteItem'],
    keys: ['SLOTS#*', 'POOL#*', 'LINE#*'],
    path: ['adapters/aws/slots.ts', 'async #giveBack('],
    why: 'Only where a place is given back, or a line is left.',
  },
  {
    of: [
      'receive',
      'socket',
      'admit',
      'seed',
      'await',
      'mend',
      'route',
      'complete',
      'heal',
      'park',
      'dispatch',
      'offer',
      'run',
    ],
    actions: ['dynamodb:BatchGetItem'],
    on: ['table'],
    keys: ['E#*'],
    path: ['adapters/aws/large-values.ts', 'async #get('],
    why: 'Only where variables, outputs or a checkpoint fill several items.',
    shared: true,
  },
  {
    of: ['mend', 'settle', 'route', 'run'],
    actions: ['dynamodb:PutItem'],
    on: ['table'],
    keys: ['E#*'],
    path: ['adapters/aws/large-values.ts', 'async #put('],
    why: 'Only where an output, an error or a checkpoint is too long for the item it belongs to.',
    shared: true,
  },
  {
    of: ['offer'],
    actions: ['dynamodb:PutItem'],
    on: ['table'],
    keys: ['SLOTS'],
    path: ['adapters/aws/slot-sizes.ts', 'async announce('],
    why: 'Only of the first pool that ever gets a size.',
    shared: true,
  },
  {
    of: ['receive'],
    actions: ['dynamodb:GetItem'],
    on: ['table'],
    keys: ['D#*'],
    path: ['adapters/aws/definitions.ts', 'async get('],
    why: 'Only where the function has not kept the definition since it stored it.',
    shared: true,
  },
  {
    of: ['receive', 'mend'],
    actions: ['s3:GetObject'],
    on: ['payloads'],
    path: ['adapters/aws/definitions.ts', 'async get('],
    why: 'Only where the definition is too large for the table.',
    shared: true,
  },
  {
    of: ['receive'],
    actions: ['states:StartExecution'],
    on: ['machine/task'],
    path: ['core/execution/line-up.ts', "dispatcher.start('task'"],
    why: 'Only where the signal comes while its task waits; else what comes next goes on inline.',
    shared: true,
  },
  {
    of: ['await'],
    actions: ['dynamodb:Query'],
    on: ['table'],
    keys: ['E#*'],
    path: ['adapters/aws/layout.ts', 'this.#table.query<TaskItem>('],
    why: 'Only where the execution was cancelled before its tasks were, which whoever finds it carries through.',
    shared: true,
  },
  {
    of: ['mend'],
    actions: ['states:SendTaskSuccess'],
    on: ['machine/workflow'],
    path: ['core/execution/wake.ts', 'tokens.succeed(execution.admitToken'],
    why: 'Only where a place that an attempt left behind goes to an execution that waits to be admitted.',
    shared: true,
  },
  {
    of: ['park'],
    actions: ['states:StartExecution'],
    on: ['machine/task'],
    path: ['core/execution/line-up.ts', "dispatcher.start('task'"],
    why: 'Only where the child has ended by then and several tasks come next; else what comes next goes on inline.',
    shared: true,
  },
  {
    of: ['remind'],
    actions: ['sqs:SendMessage'],
    on: ['timers'],
    path: ['lambdas/remind/remind.ts', 'timers.set(timer)'],
    why: 'Only of a time that is more than 15 minutes away.',
    shared: true,
  },
  {
    of: ['api'],
    actions: ['dynamodb:BatchGetItem'],
    on: ['table'],
    keys: ['L#*'],
    path: ['adapters/aws/log-reader.ts', 'async #entry('],
    why: 'Only where the events of all executions are read page by page.',
    shared: true,
  },
  {
    of: ['seed'],
    actions: ['dynamodb:DeleteItem'],
    on: ['table'],
    keys: ['E#*'],
    path: ['adapters/aws/layout.ts', 'async tidy('],
    why: 'Only where Seed is repeated after a crash between laying tasks out and committing them.',
    shared: true,
  },
  {
    of: ['mend'],
    actions: ['dynamodb:GetItem'],
    on: ['table'],
    keys: ['TYPES'],
    path: ['adapters/aws/task-types.ts', 'async find('],
    why: 'Only of a type that was offered after the function has read them all.',
    shared: true,
  },
  {
    of: ['park'],
    actions: ['dynamodb:GetItem'],
    on: ['table'],
    keys: ['W#*'],
    path: ['adapters/aws/workflow-store.ts', 'async getVersion('],
    why: 'Only where a task names the version of the workflow that it starts.',
    shared: true,
  },
  {
    of: ['report'],
    actions: ['dynamodb:DeleteItem'],
    on: ['table'],
    keys: ['CONN#*', 'SUB', 'SUB#*'],
    path: ['adapters/aws/subscriptions.ts', 'async disconnect('],
    why: 'Only where a connection is found gone before API Gateway has told of its end.',
    shared: true,
  },
  {
    of: ['sweep'],
    actions: ['states:StartExecution'],
    on: ['machine/workflow'],
    path: ['lambdas/sweep/sweep.ts', "dispatcher.start('workflow'"],
    why: 'Only where the stream has not started it before.',
    shared: true,
  },
  {
    of: ['socket', 'report'],
    actions: ['execute-api:ManageConnections'],
    on: ['connections/delete'],
    path: ['core/socket/push.ts', 'connections.disconnect('],
    why: 'Only where a session is over that the client holds on to: after hours, or a crash while it was sent to.',
  },
  {
    of: ['api'],
    actions: [
      'sqs:GetQueueAttributes',
      'sqs:ListDeadLetterSourceQueues',
      'sqs:ListMessageMoveTasks',
      'sqs:StartMessageMoveTask',
    ],
    on: DEAD_LETTERS,
    path: ['adapters/aws/dead-letters.ts', 'new StartMessageMoveTaskCommand('],
    why: MOVING,
  },
  {
    of: ['api'],
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
    on: DEAD_LETTERS,
    path: ['adapters/aws/dead-letter-move.ts', 'new DeleteMessageCommand('],
    why: MOVING,
  },
  {
    of: ['api'],
    actions: ['sqs:SendMessage'],
    on: ['intake', 'timers', 'edge/inbox'],
    path: ['adapters/aws/dead-letter-move.ts', 'new SendMessageCommand('],
    why: MOVING,
  },
];
