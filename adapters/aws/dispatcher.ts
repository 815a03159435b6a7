import { randomUUID } from 'node:crypto';
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PayloadTooLarge } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Dispatcher, MachineName } from '../../core/ports/dispatcher.ts';
import type { Timer, Timers } from '../../core/ports/timers.ts';
import { failure, isNamed } from './failures.ts';
import { fitName } from './fit-name.ts';

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
export const INPUT_BYTES_MAX = 262_144;
/** Fewer characters than Step Functions takes: those that CloudWatch logs a name with. */
const NAME_RULES = { lengthMax: 80, forbidden: /[^0-9A-Za-z_-]/g };

export interface SfnDispatcherOptions {
  client: Pick<SFNClient, 'send'>;
  /** ARNs; `task` is Express, the others are Standard. */
  machines: Record<MachineName, string>;
}

/** Starts state machines as executions of Step Functions, which keeps the names of Standard ones for 90 days. */
export class SfnDispatcher implements Dispatcher {
  readonly #client: SfnDispatcherOptions['client'];
  readonly #machines: SfnDispatcherOptions['machines'];

  constructor({ client, machines }: SfnDispatcherOptions) {
    this.#client = client;
    this.#machines = machines;
  }

  /** Errors: `PayloadTooLarge`, `StoreUnavailable`. */
  async start(machine: MachineName, name: string, input: JsonObject): Promise<void> {
    const text = JSON.stringify(input);
    const sizeBytes = Buffer.byteLength(text);
    if (sizeBytes > INPUT_BYTES_MAX) {
      throw new PayloadTooLarge(
        `The input of the state machine ${machine} "${name}" has ${sizeBytes} bytes; Step Functions takes ${INPUT_BYTES_MAX}.`,
        'Keep what is large in the payload store and pass its reference.',
      );
    }
    const start = new StartExecutionCommand({
      stateMachineArn: this.#machines[machine],
      name: executionName(machine, name),
      input: text,
    });
    try {
      await this.#client.send(start);
    } catch (error) {
      // It runs with another input, or has run to its end: either way this name has been started.
      if (isNamed(error, 'ExecutionAlreadyExists')) return;
      throw failure(error, `Step Functions did not start the state machine ${machine} "${name}"`);
    }
  }
}

/**
 * The name of an execution. Workflows and timers have one each, and are started once by it. A task that is
 * dispatched again is started again, under another name, in both lanes: its fence decides, and a start that was swallowed
 * because an earlier one is about to end, or has ended in a queue for a place, could lose a wake-up.
 */
export function executionName(machine: MachineName, name: string): string {
  const isTask = machine === 'task' || machine === 'long';
  return fitName(isTask ? `${name}/${randomUUID()}` : name, NAME_RULES);
}

/**
 * How far a time may be that messages keep. Each 15 minutes one is sent, received and deleted, $1.20 a million at $0.40 a request, and
 * `remind` is called, $0.27 where it is called for that one alone: in half a day 48 times, $58 to $71. The two states of a Standard
 * machine are $50, or $100 if Start and End count, however long it waits.
 */
export const QUEUED_MS_MAX = 12 * 60 * 60_000;

/** Has messages keep the times of timers, or machines where a time is so far that they are cheaper; only those are started once by name. */
export function withTimerQueue(
  machines: Dispatcher,
  { timers, clock }: { timers: Timers; clock: Pick<Clock, 'now'> },
): Dispatcher {
  return {
    start(machine, name, input) {
      const { timestamp = '' } = input as { timestamp?: string };
      const isQueued = machine === 'timer' && Date.parse(timestamp) - clock.now() <= QUEUED_MS_MAX;
      return isQueued ? timers.set(input as unknown as Timer) : machines.start(machine, name, input);
    },
  };
}
