import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Random } from '../../core/ports/random.ts';
import type { StateMachine } from './machine.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What a Task state asks its host to do: one call an attempt. */
export interface TaskCall {
  /** As written, e.g. `arn:aws:states:::lambda:invoke` or `arn:aws:lambda:eu-west-1:123456789012:function:route`. */
  readonly resource: string;
  /** The evaluated `Arguments`, or the state's input where there are none. */
  readonly arguments: JsonValue;
  /** Set for `.waitForTaskToken` resources; the state ends when `TaskTokens` is told the outcome. */
  readonly taskToken: string | undefined;
  /** `$states.context`, a plain object. */
  readonly context: JsonObject;
  /** Aborted when the attempt times out, misses a heartbeat or is cancelled. */
  readonly signal: AbortSignal;
  /** Says that the attempt is alive; counts against `HeartbeatSeconds`. */
  heartbeat(): void;
}

/**
 * Runs a task. What it gives is `$states.result` (undefined counts as null; for `.waitForTaskToken` it is
 * ignored). Throw to fail: the error's `name` is the ASL error, its `message` the cause.
 */
export type Invoke = (call: TaskCall) => JsonValue | undefined | Promise<JsonValue | undefined>;

export interface Host {
  invoke: Invoke;
  clock: Clock;
  /** For jitter, `$random`, `$uuid` and names. @default the runtime's generator */
  random?: Random;
  /** Where `.waitForTaskToken` states wait; a machine that has one needs it. */
  tokens?: TaskTokens;
  /**
   * Finds what `arn:aws:states:::states:startExecution` starts, with `.sync` and `.sync:2`.
   * @default none: those resources go to `invoke` as every other does
   */
  stateMachines?: (stateMachineArn: string) => StateMachine | undefined | Promise<StateMachine | undefined>;
  /** Laid over the context object's own `Execution` and `StateMachine`. */
  context?: { Execution?: JsonObject; StateMachine?: JsonObject };
  /** Told of each state as it is entered, by its name. */
  onState?: (name: string) => void;
  /** Stops the run, which then resolves with status `ABORTED`. */
  signal?: AbortSignal;
}

/** How a run ended; `error` and `cause` as the service reports them. `TIMED_OUT`: the machine's own `TimeoutSeconds`. */
export type RunResult =
  | { status: 'SUCCEEDED'; output: JsonValue; error?: undefined; cause?: undefined }
  | { status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; output?: undefined; error?: string; cause?: string };

export type MaybePromise<T> = T | Promise<T>;

/** Where a state leads: the output, and the next state's name, or undefined at the end. */
export interface Step {
  output: JsonValue;
  next: string | undefined;
}
