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
  /** Attempts of this type at once on a host. @default unlimited */
  maxConcurrency?: number;
  /** The Lambda function that the type becomes on AWS; other hosts check it and go on. @default a function with the defaults below */
  aws?: AwsTaskOptions;
}

/** A task type's Lambda function. */
export interface AwsTaskOptions {
  /** MiB, 128 to 10,240; processor time grows with it, and 1,769 is one virtual CPU. @default 512 */
  memoryMb?: number;
  /**
   * The longest attempt, 1 to 900. Attempts that may take longer than 240 s run on the Standard lane, which costs more.
   * @default 240
   */
  timeoutSeconds?: number;
  /** What the handler calls beyond what every task function may do. @default none */
  permissions?: AwsPermission[];
  /** Variables of the function beside Holdfast's own. Not for secrets: whoever may read the function reads them. @default none */
  environment?: Record<string, string>;
}

export interface AwsPermission {
  /** IAM actions by their full names, such as `s3:GetObject`; wildcards are refused. */
  actions: string[];
  /** ARNs, which may hold wildcards; `${AWS::Partition}`, `${AWS::Region}` and `${AWS::AccountId}` stand for the stack's own. */
  resources: string[];
}

/** A failure that no retry can mend. */
export class PermanentFailure extends Error {
  override readonly name: string = 'PermanentFailure';
  readonly retryable = false;
}
