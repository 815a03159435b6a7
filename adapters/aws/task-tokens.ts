import { SendTaskFailureCommand, SendTaskSuccessCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { PayloadTooLarge } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import type { TaskTokens } from '../../core/ports/dispatcher.ts';
import { failure, isNamed } from './failures.ts';

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html, …/API_SendTaskFailure.html */
export const OUTPUT_BYTES_MAX = 262_144;
const ERROR_LENGTH_MAX = 256;
const CAUSE_LENGTH_MAX = 32_768;

/** Answers states of Step Functions that wait on a task token. */
export class SfnTaskTokens implements TaskTokens {
  readonly #client: Pick<SFNClient, 'send'>;

  constructor({ client }: { client: Pick<SFNClient, 'send'> }) {
    this.#client = client;
  }

  /** Errors: `PayloadTooLarge`, `StoreUnavailable`. */
  async succeed(taskToken: string, output: JsonValue): Promise<void> {
    const text = JSON.stringify(output);
    const sizeBytes = Buffer.byteLength(text);
    if (sizeBytes > OUTPUT_BYTES_MAX) {
      throw new PayloadTooLarge(
        `The answer to a task token has ${sizeBytes} bytes; Step Functions takes ${OUTPUT_BYTES_MAX}.`,
        'Keep what is large in the payload store and pass its reference.',
      );
    }
    await this.#tell(() => this.#client.send(new SendTaskSuccessCommand({ taskToken, output: text })));
  }

  /** Errors: `StoreUnavailable`. */
  async fail(taskToken: string, error: string, cause: string): Promise<void> {
    const command = new SendTaskFailureCommand({
      taskToken,
      error: error.slice(0, ERROR_LENGTH_MAX),
      cause: cause.slice(0, CAUSE_LENGTH_MAX),
    });
    await this.#tell(() => this.#client.send(command));
  }

  async #tell(send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      // Unknown, timed out, answered before, of an execution that is closed.
      if (isNamed(error, 'TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken')) return;
      throw failure(error, 'Step Functions did not take the answer to a task token');
    }
  }
}
