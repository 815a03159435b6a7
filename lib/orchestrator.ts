import { Duration, Names } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENDPOINTS, type EndpointId } from '../core/api/endpoints.ts';
import { HUB } from '../core/node/node.ts';
import { checkedNodeId } from '../core/node/topics.ts';
import { bundle, type Bundles } from './bundle.ts';
import type { Environment } from './capability.ts';
import { DeadLetters } from './dead-letters.ts';
import { Edge } from './edge.ts';
import { Events, type ScheduleProps } from './events.ts';
import { Forwarding } from './forwarding.ts';
import { Functions } from './functions.ts';
import type { Targets } from './grants.ts';
import { HttpDoor, type JwtProps, type ThrottleProps } from './http-door.ts';
import { Intake } from './intake.ts';
import { Machines } from './machines.ts';
import { isPrefix } from './names.ts';
import { checkSameLibrary } from './same-library.ts';
import { SocketDoor } from './socket-door.ts';
import { State } from './state.ts';
import { TableStream } from './table-stream.ts';
import { targetsOf } from './targets.ts';
import { grantRun } from './task-function.ts';
import { TaskTypes, type TaskTypeProps } from './task-types.ts';
import { Timers } from './timers.ts';
import { Watch } from './watch.ts';

export interface OrchestratorProps {
  /**
   * Begins the names that have to be fixed: state machines, log groups, the bus, alarms. 1 to 32 letters, digits and hyphens.
   * @default made from the construct's path
   */
  prefix?: string;
  /**
   * Where executions are kept; in a stack of its own it outlives this one.
   * @default a protected `State` of its own
   */
  state?: State;
  /**
   * Takes tokens of an OpenID Connect issuer or a Cognito user pool.
   * @default requests are signed with AWS credentials, and IAM policies say who may call: `grantSubmit`, `grantRead`
   */
  jwt?: JwtProps;
  /**
   * Origins of pages that may call the HTTP API: `https://ops.example.org`.
   * @default none
   */
  allowedOrigins?: readonly string[];
  /**
   * What all callers of the HTTP API together may ask for.
   * @default 200 requests a second, 400 at once
   */
  throttle?: ThrottleProps;
  /**
   * Folders of task handlers, one file a type, beside the shipped ones.
   * @default none
   */
  taskDirs?: readonly string[];
  /**
   * Offers the task type `exec`, which runs programs in its function.
   * @default false
   */
  allowExec?: boolean;
  /**
   * Variables of every function that runs attempts, such as `HOLDFAST_HTTP_ALLOW` and `HOLDFAST_CHANNELS` (docs/tasks.md).
   * @default none
   */
  taskEnvironment?: Readonly<Record<string, string>>;
  /**
   * Workflows running at once; the others wait in line.
   * @default unlimited
   */
  maxWorkflows?: number;
  /**
   * Tasks running at once; the others wait in line.
   * @default unlimited
   */
  maxTasks?: number;
  /**
   * This host's own id among the nodes.
   * @default hub
   */
  nodeId?: string;
  /**
   * Links that may be in contact at once. Each has a queue for every precedence; contacts of more wait in the ledger.
   * @default 2
   */
  satelliteLanes?: number;
  /**
   * Days that executions and their events are kept after their end.
   * @default for ever
   */
  retentionDays?: number;
  /**
   * How long logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  logRetention?: RetentionDays;
  /**
   * Told when an alarm rings, and when it stops.
   * @default a topic of its own, `watch.topic`, which nobody is subscribed to yet
   */
  alarmTopic?: sns.ITopic;
  /**
   * Logs what comes in at the event socket. API Gateway needs a role for that which is set once for the whole account: see
   * `SocketDoor`.
   * @default false; the functions behind it log what they are asked
   */
  socketAccessLog?: boolean;
  /**
   * Records traces with X-Ray, at X-Ray's price.
   * @default false
   */
  tracing?: boolean;
  /**
   * What the functions are made of.
   * @default bundled from the sources, once a process
   */
  bundles?: Bundles;
}

/**
 * Runs workflows: an HTTP API and an event socket in front, state machines and functions behind, one table beneath. From the top
 * down it is the way of a request, to the report of what became of it.
 */
export class Orchestrator extends Construct {
  readonly state: State;
  /** The HTTP API; `http.address` is what `holdfast --api` takes. */
  readonly http: HttpDoor;
  /** The event socket. */
  readonly socket: SocketDoor;
  /** The queue for those who can send messages but not call the API. */
  readonly intake: Intake;
  /** The queue of what waits for a time. */
  readonly timers: Timers;
  /** Bundles on their way to other nodes. */
  readonly forwarding: Forwarding;
  /** The bus that events are published to, and what runs by the clock. */
  readonly events: Events;
  /** Edge nodes at IoT Core. */
  readonly edge: Edge;
  /** What could not be handled, and is of no queue. */
  readonly deadLetters: DeadLetters;
  /** Alarms and dashboard. */
  readonly watch: Watch;
  readonly #targets: Targets;
  readonly #taskTypes: TaskTypes;

  constructor(scope: Construct, id: string, props: OrchestratorProps = {}) {
    super(scope, id);
    checkSameLibrary(this);
    const prefix = prefixOf(this, props.prefix);
    const { logRetention = RetentionDays.ONE_MONTH, tracing } = props;
    const { bundles = bundle(props.taskDirs, { exec: props.allowExec }) } = props;
    this.state = props.state ?? new State(this, 'State', { retentionDays: props.retentionDays });
    const { key, streamArn } = this.state;
    const common = { prefix, logKey: key, logRetention, tracing };

    // Where work waits, events go, clients listen.
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { key });
    const { deadLetters } = this;
    this.intake = new Intake(this, 'Intake', { key });
    this.timers = new Timers(this, 'Timers', { key });
    this.forwarding = new Forwarding(this, 'Forwarding', { ...props, prefix, key });
    this.events = new Events(this, 'Events', { prefix, deadLetters });
    const accessLog = props.socketAccessLog === true && { key, retention: logRetention };
    this.socket = new SocketDoor(this, 'Socket', { prefix, accessLog });
    this.edge = new Edge(this, 'Edge', { prefix, key, deadLetters });

    // The functions, each with what it may reach.
    this.#targets = targetsOf(this, prefix);
    const own = { ...common, targets: this.#targets, environment: this.#settings(props) };
    const code = (name: string) => lambda.Code.fromAsset(bundles.archive(name));
    const functions = new Functions(this, 'Functions', { ...own, code });
    const { all } = functions;

    // A request comes in, signed or with a token; or a message.
    this.http = new HttpDoor(this, 'Http', { ...props, ...common, api: all.api });
    this.intake.open(all.receive);

    // An execution is admitted, laid out, awaited and settled; its tasks are routed, run, completed, healed.
    const machines = new Machines(this, 'Machines', { ...common, functions: functions.byState });
    this.#taskTypes = new TaskTypes(this, 'TaskTypes', {
      ...own,
      variables: props.taskEnvironment,
      offer: all.offer,
      machines,
    });
    for (const task of bundles.tasks) this.#taskTypes.addBundled(task);
    this.timers.open(all.remind);

    // What other nodes run goes to them, and their answers come back: at once, or when a satellite passes.
    this.forwarding.open(all, this.edge.inbox, this.events);

    // What is committed is dispatched, and told: to the log, to sockets, to the bus.
    new TableStream(this, 'TableStream', { ...all, streamArn, deadLetters });
    this.socket.open(all);

    // What a crash left behind is taken up; and somebody is told when something is amiss.
    this.events.callEvery('Sweep', Duration.minutes(5), all.sweep);
    const { alarmTopic: topic } = props;
    this.watch = new Watch(this, 'Watch', {
      prefix,
      key,
      topic,
      machines,
      http: this.http,
      capabilities: all,
      table: this.state.table,
      intake: this.intake,
      timers: this.timers,
      errands: [this.forwarding.errands, this.edge.inbox],
      deadLetters: this.#allDeadLetters,
    });
  }

  /**
   * Offers a task type that is run by a function of your own. It is called with a `TaskCall` and answers with a `TaskResult`
   * (core/execution/steps.ts); `taskFunction` of `holdfast/task` makes one from a handler, and needs `grantRun`.
   */
  addTaskType(type: string, fn: lambda.IFunction, props?: TaskTypeProps): void {
    this.#taskTypes.add(type, fn, props);
  }

  /** Lets a function made by `taskFunction` fetch large inputs, keep large outputs, and save checkpoints. */
  grantRun(fn: lambda.Function): void {
    grantRun(fn, this.#targets);
  }

  /** Starts a workflow by the clock. */
  addSchedule(id: string, props: ScheduleProps): void {
    this.events.addSchedule(id, props, this.intake);
  }

  /** Lets `grantee` store workflows, start executions and tasks, and read what becomes of them. */
  grantSubmit(grantee: iam.IGrantable): iam.Grant {
    return this.http.grantCall(grantee, [...SUBMITTING, ...READING]);
  }

  /** Lets `grantee` read: workflows, executions, tasks, events. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.http.grantCall(grantee, READING);
  }

  /** Lets `grantee` do everything: submit, read, cancel, pause, resume, redrive, restart, signal. */
  grantOperate(grantee: iam.IGrantable): iam.Grant {
    return this.http.grantCall(grantee, Object.keys(ENDPOINTS) as EndpointId[]);
  }

  get #allDeadLetters(): sqs.IQueue[] {
    const { intake, timers, edge, forwarding } = this;
    const queues = [intake, timers, edge.inbox, forwarding.errands, forwarding.contacts];
    return [this.deadLetters, ...queues.map(({ deadLetters }) => deadLetters)];
  }

  /** What functions are told beside what their permissions come with. An empty text: no limit. */
  #settings({ maxWorkflows, maxTasks, retentionDays, nodeId = HUB }: OrchestratorProps): Environment {
    return {
      HOLDFAST_NODE: checkedNodeId(nodeId),
      HOLDFAST_SOCKET_URL: this.socket.address,
      HOLDFAST_MAX_WORKFLOWS: String(maxWorkflows ?? ''),
      HOLDFAST_MAX_TASKS: String(maxTasks ?? ''),
      HOLDFAST_RETENTION_DAYS: String(retentionDays ?? ''),
      HOLDFAST_DEAD_LETTER_QUEUES: this.#allDeadLetters.map(({ queueUrl }) => queueUrl).join(','),
    };
  }
}

const SUBMITTING: readonly EndpointId[] = [
  'submitWorkflow',
  'submitWorkflowYaml',
  'validateWorkflow',
  'startWorkflow',
  'submitTask',
  'startTemplate',
];

/** All that is asked for with GET, and the ticket for the socket that tells the same as it happens. */
const READING: readonly EndpointId[] = (Object.keys(ENDPOINTS) as EndpointId[]).filter(
  (id) => ENDPOINTS[id].method === 'GET' || id === 'createTicket',
);

function prefixOf(construct: Construct, given: string | undefined): string {
  const prefix = given ?? Names.uniqueResourceName(construct, { maxLength: 32, separator: '-' });
  if (isPrefix(prefix)) return prefix;
  throw new Error(
    `The prefix "${prefix}" can't begin the names of state machines, log groups and topics: ` +
      'use 1 to 32 letters, digits and hyphens, a letter first.',
  );
}
