import { randomUUID } from 'node:crypto';
import { HoldfastError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { StateFailure } from './errors.ts';

/** Nobody waits on a token: it was never given out, was answered already, or its state timed out. */
export class TaskDoesNotExist extends HoldfastError {
  override readonly name = 'TaskDoesNotExist';
  override readonly kind = 'not-found';
}

interface Waiting {
  succeed(output: JsonValue): void;
  fail(failure: StateFailure): void;
  heartbeat(): void;
}

/** Where states with `.waitForTaskToken` wait, and where their outcome is told. One serves any number of runs. */
export class TaskTokens {
  readonly #waiting = new Map<string, Waiting>();
  readonly #newToken: () => string;

  /** `newToken` gives a different token each time. */
  constructor(newToken: () => string = randomUUID) {
    this.#newToken = newToken;
  }

  /** How many states wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Ends the waiting state with an output. Errors: `TaskDoesNotExist`. */
  succeed(token: string, output: JsonValue): void {
    this.#take(token).succeed(output);
  }

  /** Fails the waiting state. Errors: `TaskDoesNotExist`. */
  fail(token: string, error?: string, cause?: string): void {
    this.#take(token).fail(new StateFailure(error, cause));
  }

  /** Starts the state's `HeartbeatSeconds` over. Errors: `TaskDoesNotExist`. */
  heartbeat(token: string): void {
    this.#find(token).heartbeat();
  }

  /** Opens a token for a state that begins to wait. */
  open(waiting: Waiting): string {
    const token = this.#newToken();
    this.#waiting.set(token, waiting);
    return token;
  }

  /** Forgets a token whose state waits no more. */
  close(token: string): void {
    this.#waiting.delete(token);
  }

  #take(token: string): Waiting {
    const waiting = this.#find(token);
    this.#waiting.delete(token);
    return waiting;
  }

  #find(token: string): Waiting {
    const waiting = this.#waiting.get(token);
    if (waiting) return waiting;
    throw new TaskDoesNotExist(
      `No state waits on the task token ${token}.`,
      'Answer each token once, while its state waits; after a timeout the answer comes too late.',
    );
  }
}
