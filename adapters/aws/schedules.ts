import { CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { failure, isNamed } from './failures.ts';
import { fitName } from './fit-name.ts';

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
const NAME_RULES = { lengthMax: 64, forbidden: /[^0-9A-Za-z_.-]/g };

export interface SchedulesOptions {
  client: Pick<SchedulerClient, 'send'>;
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

  constructor(options: SchedulesOptions) {
    this.#options = options;
  }

  /** Errors: `StoreUnavailable`, also where an account has as many schedules as it may. */
  async add({ name, atMs, body }: Schedule): Promise<void> {
    const { client, group, queueArn, deadLettersArn, roleArn } = this.#options;
    const create = new CreateScheduleCommand({
      Name: fitName(name, NAME_RULES),
      GroupName: group,
      ScheduleExpression: `at(${new Date(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: queueArn, RoleArn: roleArn, Input: body, DeadLetterConfig: { Arn: deadLettersArn } },
    });
    try {
      await client.send(create);
    } catch (error) {
      // There is one of this name already.
      if (isNamed(error, 'ConflictException')) return;
      throw failure(error, `EventBridge Scheduler did not take the schedule "${name}" into ${group}`);
    }
  }
}
