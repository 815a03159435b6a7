import type { JsonValue } from '../json.ts';

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a handler gets beside its input. */
export interface TaskContext {
  executionId: string;
  taskId: string;
  type: string;
  /** 1 for the first try. */
  attempt: number;
  /** The same for every attempt of this task, redrives included: hand it to whatever must not happen twice. */
  idempotencyKey: string;
  /** Aborted on timeout, missed heartbeat, cancel and shutdown; `signal.reason` says which. */
  signal: AbortSignal;
  /** Says that the attempt is alive; needed at least every `heartbeatMs` where the task sets it. */
  heartbeat(): void;
  /** Saved progress; `save` resolves when it is durable and rejects with `Fenced` when a newer attempt has taken over. */
  checkpoint: {
    load<T extends JsonValue = JsonValue>(): Promise<T | undefined>;
    save(value: JsonValue): Promise<void>;
  };
  logger: Logger;
}

/** Runs one attempt. Throw to fail it; an error whose `retryable` is false is not retried. */
export type TaskHandler<Input = never, Output extends JsonValue | void = JsonValue | void> = (
  input: Input,
  context: TaskContext,
) => Output | Promise<Output>;

/** What a file in `tasks/` may export; `handler` (or the default export) is all it needs. */
export interface TaskModule {
  handler: TaskHandler;
  /** JSON Schema of the input; checked before the handler runs. */
  inputSchema?: object;
  /** Attempts of this type at once on a host. */
  maxConcurrency?: number;
}

/** A failure that no retry can mend. */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure';
  readonly retryable = false;
}
