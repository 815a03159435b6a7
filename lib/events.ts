import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { JsonObject } from '../core/json.ts';
import type { Capability } from './capability.ts';
import type { LinkQueue } from './link-queue.ts';

export interface EventsProps {
  /** Names the bus. */
  prefix: string;
  /** Where a rule's event ends up that its target did not take within a day. */
  deadLetters: sqs.IQueue;
}

export interface ScheduleProps {
  /** When: `events.Schedule.cron({ hour: '3', minute: '0' })`. */
  schedule: events.Schedule;
  /** Name of the workflow to start. */
  workflow: string;
  /**
   * Its version.
   * @default the newest
   */
  version?: number;
  /** @default the workflow's own defaults */
  variables?: JsonObject;
}

/**
 * The bus that the events of executions are published to, though not those of their tasks (source `holdfast`, detail type the
 * event's type), and what runs by the clock.
 */
export class Events extends Construct {
  readonly bus: events.EventBus;
  readonly #deadLetters: sqs.IQueue;

  constructor(scope: Construct, id: string, { prefix, deadLetters }: EventsProps) {
    super(scope, id);
    this.#deadLetters = deadLetters;
    this.bus = new events.EventBus(this, 'Bus', {
      eventBusName: prefix,
      description: 'Holdfast: the events of executions',
    });
  }

  /** Calls a function every few minutes. */
  callEvery(id: string, every: Duration, { function: handler }: Capability): void {
    const target = new targets.LambdaFunction(handler, {
      deadLetterQueue: this.#deadLetters,
      maxEventAge: every,
      retryAttempts: 2,
    });
    new events.Rule(this, id, { schedule: events.Schedule.rate(every), targets: [target] });
  }

  /** Puts a message into a queue every few minutes. */
  sendEvery(id: string, every: Duration, { queue }: LinkQueue, message: JsonObject): void {
    const target = new targets.SqsQueue(queue, {
      deadLetterQueue: this.#deadLetters,
      maxEventAge: every,
      retryAttempts: 2,
      message: events.RuleTargetInput.fromObject(message),
    });
    new events.Rule(this, id, { schedule: events.Schedule.rate(every), targets: [target] });
  }

  /** Starts a workflow by the clock, once each time: the event's id is the idempotency key. */
  addSchedule(
    id: string,
    { schedule, workflow, version, variables }: ScheduleProps,
    intake: LinkQueue,
  ): void {
    const target = new targets.SqsQueue(intake.queue, {
      messageGroupId: `schedule/${id}`,
      deadLetterQueue: this.#deadLetters,
      message: events.RuleTargetInput.fromObject({
        operation: 'start',
        workflow,
        version,
        variables,
        idempotencyKey: events.EventField.eventId,
      }),
    });
    new events.Rule(this, id, { schedule, targets: [target] });
  }
}
