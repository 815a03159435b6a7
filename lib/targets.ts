import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { EnvironmentName } from '../adapters/aws/env.ts';
import type { Reachable, Targets } from './grants.ts';
import type { Edge } from './edge.ts';
import type { Events } from './events.ts';
import type { Forwarding } from './forwarding.ts';
import type { LinkQueue } from './link-queue.ts';
import { machineArn } from './machines.ts';
import { MACHINE_NAMES } from './names.ts';
import type { Target } from './permissions.ts';
import type { SocketDoor } from './socket-door.ts';
import type { IndexName, State } from './state.ts';
import type { Timers } from './timers.ts';

/** What an orchestrator has that functions reach. */
export interface Grounds {
  state: State;
  events: Events;
  socket: SocketDoor;
  intake: LinkQueue;
  timers: Timers;
  forwarding: Forwarding;
  edge: Edge;
  deadLetters: sqs.IQueue;
}

/** Where everything is that functions reach. */
export function targetsOf(grounds: Grounds & Construct, prefix: string): Targets {
  const { state, events, socket, intake, timers, forwarding, edge, deadLetters } = grounds;
  const { errands, contacts, lanes } = forwarding;
  const { bus } = events;
  const { tableName, tableArn } = state.table;
  const table = { HOLDFAST_TABLE: tableName };
  const index = (name: IndexName): [Target, Reachable] => [
    `index/${name}`,
    { arns: [state.indexArn(name)], environment: table },
  ];
  const machines = MACHINE_NAMES.map((name): [Target, Reachable] => {
    const arn = machineArn(grounds, prefix, name);
    const variable: EnvironmentName = `HOLDFAST_${name.toUpperCase() as Uppercase<typeof name>}_MACHINE`;
    return [`machine/${name}`, { arns: [arn], environment: { [variable]: arn } }];
  });
  const connections = (method: 'POST' | 'DELETE'): Reachable => ({
    arns: [socket.connectionsArn(method)],
    wildcard: 'namedAsTheyCome',
    environment: { HOLDFAST_SOCKET_ENDPOINT: socket.postAddress },
  });
  return {
    table: { arns: [tableArn], environment: table },
    ...(Object.fromEntries([index('listed'), index('related'), index('correlated'), ...machines]) as Record<
      Extract<Target, `index/${string}` | `machine/${string}`>,
      Reachable
    >),
    stream: { arns: [state.streamArn] },
    payloads: {
      arns: [state.payloads.arnForObjects('payloads/*')],
      wildcard: 'namedAsTheyCome',
      environment: { HOLDFAST_PAYLOAD_BUCKET: state.payloads.bucketName },
    },
    bucket: { arns: [state.payloads.bucketArn] },
    bus: { arns: [bus.eventBusArn], environment: { HOLDFAST_BUS: bus.eventBusName } },
    'connections/post': connections('POST'),
    'connections/delete': connections('DELETE'),
    intake: { arns: [intake.queue.queueArn], environment: { HOLDFAST_INTAKE_QUEUE: intake.queue.queueUrl } },
    'intake/dead-letters': { arns: [intake.deadLetters.queueArn] },
    timers: { arns: [timers.queue.queueArn], environment: { HOLDFAST_TIMER_QUEUE: timers.queue.queueUrl } },
    'timers/dead-letters': { arns: [timers.deadLetters.queueArn] },
    schedules: {
      arns: [timers.schedulesArn],
      wildcard: 'namedAsTheyCome',
      environment: {
        HOLDFAST_SCHEDULE_GROUP: timers.groupName,
        HOLDFAST_TIMER_QUEUE_ARN: timers.queue.queueArn,
        HOLDFAST_TIMER_DEAD_LETTERS_ARN: timers.deadLetters.queueArn,
      },
    },
    'schedules/role': {
      arns: [timers.role.roleArn],
      environment: { HOLDFAST_SCHEDULE_ROLE: timers.role.roleArn },
    },
    forward: {
      arns: [errands.queue.queueArn],
      environment: { HOLDFAST_FORWARD_QUEUE: errands.queue.queueUrl },
    },
    'forward/dead-letters': { arns: [errands.deadLetters.queueArn] },
    contacts: {
      arns: [contacts.queue.queueArn],
      environment: { HOLDFAST_CONTACT_QUEUE: contacts.queue.queueUrl },
    },
    'contacts/dead-letters': { arns: [contacts.deadLetters.queueArn] },
    'contacts/schedules': {
      arns: [contacts.schedulesArn],
      wildcard: 'namedAsTheyCome',
      environment: {
        HOLDFAST_CONTACT_SCHEDULE_GROUP: contacts.groupName,
        HOLDFAST_CONTACT_QUEUE_ARN: contacts.queue.queueArn,
        HOLDFAST_CONTACT_DEAD_LETTERS_ARN: contacts.deadLetters.queueArn,
      },
    },
    'contacts/schedules/role': {
      arns: [contacts.role.roleArn],
      environment: { HOLDFAST_CONTACT_SCHEDULE_ROLE: contacts.role.roleArn },
    },
    lanes: {
      arns: [lanes.arns],
      wildcard: 'namedAsTheyCome',
      environment: { HOLDFAST_LANES: String(lanes.count), HOLDFAST_LANE_QUEUES: lanes.urls },
    },
    'edge/topics': { arns: [edge.topicsArn], wildcard: 'namedAsTheyCome' },
    'edge/things': { arns: [edge.thingsArn], wildcard: 'namedAsTheyCome' },
    'edge/certificates': {
      arns: [edge.certificatesArn],
      wildcard: 'namedAsTheyCome',
      environment: { HOLDFAST_NODE_POLICY: edge.policyName },
    },
    edge: { arns: ['*'], wildcard: 'noResources' },
    'edge/inbox': { arns: [edge.inbox.queue.queueArn] },
    'edge/dead-letters': { arns: [edge.inbox.deadLetters.queueArn] },
    'dead-letters': { arns: [deadLetters.queueArn] },
  };
}
