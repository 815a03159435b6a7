import { randomUUID } from 'node:crypto';
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PayloadTooLarge } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Dispatcher, MachineName } from '../../core/ports/dispatcher.ts';
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
 * The name of an execution. A workflow has one, and is started once by it. A task that is dispatched again is
 * started again, under another name, in both lanes: its fence decides, and a start that was swallowed
 * because an earlier one is about to end, or has ended in a queue for a place, could lose a wake-up.
 */
export function executionName(machine: MachineName, name: string): string {
  const isTask = machine === 'task' || machine === 'long';
  return fitName(isTask ? `${name}/${randomUUID()}` : name, NAME_RULES);
}
