import { failure } from './failures.ts';
import { fitName } from './fit-name.ts';
import {
  type Answer,
  createSignedRequests,
  type SignedRequests,
  type SigningOptions,
} from './signed-requests.ts';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const NAME_RULES = { lengthMax: 64, forbidden: /[^0-9A-Za-z_.-]/g };

export interface SchedulesOptions extends SigningOptions {
  /** Replaces Scheduler's own address. @default AWS's, in the region */
  endpoint?: string;
  /** Name of the group that they are in. */
  group: string;
  /** ARNs: the queue that gets the message, the one for what it did not take, and the role that sends to both. */
  queueArn: string;
  deadLettersArn: string;
  roleArn: string;
}

export interface Schedule {
  /** Tells schedules apart; any text. */
  name: string;
  /** Epoch milliseconds. */
  atMs: number;
  /** The message. */
  body: string;
}

/**
 * Messages that EventBridge Scheduler sends to a queue, each once, within the minute after its time, however far that is. A schedule
 * deletes itself when it is over.
 */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #ask: SignedRequests;

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#ask = createSignedRequests({
      ...options,
      service: 'scheduler',
      title: 'EventBridge Scheduler',
      describe: (answer) => `${answer.status} ${codeOf(answer)} ${messageOf(answer)}`.trimEnd(),
    });
  }

  /** Errors: `StoreUnavailable`, also where an account has as many schedules as it may. */
  async add({ name, atMs, body }: Schedule): Promise<void> {
    const { group, queueArn, deadLettersArn, roleArn } = this.#options;
    const schedule = {
      GroupName: group,
      ScheduleExpression: `at(${new Date(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: queueArn, RoleArn: roleArn, Input: body, DeadLetterConfig: { Arn: deadLettersArn } },
    };
    const answer = await this.#ask({
      method: 'POST',
      url: new URL(`${await this.#address()}/schedules/${fitName(name, NAME_RULES)}`),
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(JSON.stringify(schedule)),
    });
    // There is one of this name already.
    if (answer.status < 300 || codeOf(answer) === 'ConflictException') return;
    const refusal = Object.assign(new Error(messageOf(answer)), {
      name: codeOf(answer),
      $metadata: { httpStatusCode: answer.status },
    });
    throw failure(refusal, `EventBridge Scheduler did not take the schedule "${name}" into ${group}`);
  }

  async #address(): Promise<string> {
    const { endpoint, config } = this.#options;
    if (endpoint !== undefined) return endpoint.replace(/\/$/, '');
    const region = await config.region();
    return `https://scheduler.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
  }
}

/** `ConflictException`; the header may go on after a colon. */
const codeOf = ({ headers, status }: Answer): string =>
  headers.get('x-amzn-errortype')?.split(':')[0] || `Status${status}`;

function messageOf({ bytes }: Answer): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  return /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/i.exec(text)?.[1] ?? text.slice(0, 200);
}
