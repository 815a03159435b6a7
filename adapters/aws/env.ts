/** Every environment variable that the AWS host reads: `lib` writes them, the handlers read them, nothing else does. */
import { InvalidInput } from '../../core/errors.ts';

interface Variable {
  /** What it holds. */
  holds: string;
  /** May be missing or empty, and this is what that means. */
  whenEmpty?: string;
}

export const ENVIRONMENT = {
  HOLDFAST_TABLE: { holds: 'name of the DynamoDB table' },
  HOLDFAST_PAYLOAD_BUCKET: { holds: 'name of the S3 bucket for payloads too large to travel inline' },
  HOLDFAST_WORKFLOW_MACHINE: { holds: 'ARN of the state machine of `workflow.asl.json`, Standard' },
  HOLDFAST_TASK_MACHINE: { holds: 'ARN of the state machine of `task.asl.json`, Express' },
  HOLDFAST_LONG_MACHINE: { holds: 'ARN of the state machine of `task.asl.json`, Standard' },
  HOLDFAST_BUS: { holds: 'name of the EventBridge bus for the events of executions' },
  HOLDFAST_SOCKET_ENDPOINT: { holds: 'https address at which messages are posted to WebSocket connections' },
  HOLDFAST_SOCKET_URL: { holds: 'wss address at which clients connect' },
  HOLDFAST_MAX_WORKFLOWS: { holds: 'workflows running at once', whenEmpty: 'unlimited' },
  HOLDFAST_MAX_TASKS: { holds: 'tasks running at once', whenEmpty: 'unlimited' },
  HOLDFAST_INTAKE_QUEUE: { holds: 'URL of the FIFO queue that work is submitted through' },
  HOLDFAST_TIMER_QUEUE: { holds: 'URL of the queue of timers' },
  HOLDFAST_TIMER_QUEUE_ARN: { holds: 'ARN of the queue of timers' },
  HOLDFAST_TIMER_DEAD_LETTERS_ARN: { holds: 'ARN of the queue of timers that their queue did not take' },
  HOLDFAST_SCHEDULE_GROUP: { holds: 'name of the group of schedules of EventBridge Scheduler' },
  HOLDFAST_SCHEDULE_ROLE: { holds: 'ARN of the role with which schedules send to the queue of timers' },
  HOLDFAST_NODE: { holds: 'id of this host among the nodes' },
  HOLDFAST_FORWARD_QUEUE: { holds: 'URL of the queue of what is to be done about bundles' },
  HOLDFAST_CONTACT_QUEUE: { holds: 'URL of the queue of contacts' },
  HOLDFAST_CONTACT_QUEUE_ARN: { holds: 'ARN of the queue of contacts' },
  HOLDFAST_CONTACT_DEAD_LETTERS_ARN: { holds: 'ARN of the queue of contacts that their queue did not take' },
  HOLDFAST_CONTACT_SCHEDULE_GROUP: { holds: 'name of the group of schedules of contacts' },
  HOLDFAST_CONTACT_SCHEDULE_ROLE: {
    holds: 'ARN of the role with which schedules send to the queue of contacts',
  },
  HOLDFAST_LANES: { holds: 'links that may be in contact at once, each with a lane for every precedence' },
  HOLDFAST_LANE_QUEUES: { holds: 'URL of the queues of lanes, with {slot}, from 0, and {precedence} in it' },
  HOLDFAST_DEAD_LETTER_QUEUES: {
    holds: 'URLs of the dead-letter queues, separated by commas',
    whenEmpty: 'there are none',
  },
  HOLDFAST_RETENTION_DAYS: {
    holds: 'days that events and executions are kept after their end',
    whenEmpty: 'for ever',
  },
  HOLDFAST_NODE_POLICY: { holds: 'name of the IoT policy that every node gets' },
} as const satisfies Record<string, Variable>;

/** Times that a message of the intake queue is received before the queue sets it aside. */
export const INTAKE_RECEIVES_MAX = 5;
/** The same of the queue of timers, where it takes half an hour. */
export const TIMER_RECEIVES_MAX = 15;

/** CloudWatch's metrics: those of Prometheus, with the label's value at the end of the name, `tasks_total_succeeded`. */
export const METRICS_NAMESPACE = 'resilient_orchestrator';
/** Their one dimension, `service`. */
export const METRICS_SERVICE = 'holdfast';

export type EnvironmentName = keyof typeof ENVIRONMENT;

/** Names that may be missing or empty. */
type OptionalName = {
  [Name in EnvironmentName]: (typeof ENVIRONMENT)[Name] extends { whenEmpty: string } ? Name : never;
}[EnvironmentName];

export type Environment<Name extends EnvironmentName> = {
  [N in Name]: N extends OptionalName ? string | undefined : string;
};

/** The named variables, checked. Errors: `InvalidInput` that lists all that are missing, and what each has to hold. */
export function readEnv<Name extends EnvironmentName>(
  names: readonly Name[],
  source: Record<string, string | undefined> = process.env,
): Environment<Name> {
  const read = (name: Name): string | undefined => (source[name]?.trim() === '' ? undefined : source[name]);
  const missing = names.filter((name) => !('whenEmpty' in ENVIRONMENT[name]) && read(name) === undefined);
  if (missing.length > 0) {
    const lines = missing.map((name) => `${name} (${ENVIRONMENT[name].holds})`);
    throw new InvalidInput(
      `The environment lacks ${lines.join(', ')}.`,
      'Deploy with the constructs in lib/, which set it, or set it on the function yourself.',
    );
  }
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Environment<Name>;
}

/** A whole number from a variable. Errors: `InvalidInput`. */
export function numberFrom(name: EnvironmentName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidInput(
    `${name} is "${text}".`,
    `Give a whole number above 0 (${ENVIRONMENT[name].holds}), or leave it empty.`,
  );
}

/** A list from a variable that separates by commas. */
export const listFrom = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
