import type { JsonValue } from '../json.ts';

/** Names one run of a task; what the states of the machines that run tasks hand on. */
export interface RunRef {
  executionId: string;
  taskId: string;
  run: number;
  /** Tasks continued inline so far; bounds a machine's history. */
  hops: number;
  /** When the machine began, in epoch milliseconds. */
  sinceMs?: number;
  /** True off the Express lane: what comes next is dispatched to it. */
  detached?: boolean;
}

export interface ClaimRef extends RunRef {
  attempt: number;
}

/** What a task function is invoked with. */
export interface TaskCall extends ClaimRef {
  type: string;
  input?: JsonValue;
  inputRef?: string;
  timeoutMs?: number;
  heartbeatMs?: number;
  /** Of a task that runs for another host: the same whichever node it runs on. @default `<executionId>/<taskId>` */
  idempotencyKey?: string;
}

/** What a task function answers: `ok`, or why not. */
export type TaskResult =
  | { ok: true; output?: JsonValue; outputRef?: string }
  | { ok: false; failure: { error: string; cause: string; retryable: boolean; retryAfterMs?: number } };

/** What a state machine does next; its `Decide` state reads `action`. */
export type Step =
  | { action: 'run'; functionName: string; timeoutSeconds: number; ref: ClaimRef; call: TaskCall }
  /** Wait until the time (ISO 8601), then Route again. */
  | { action: 'until'; timestamp: string; ref: RunRef }
  /** The next task, inline. */
  | { action: 'route'; ref: RunRef }
  /** Begin what the task waits for, or find that it has come; else wait until the time, if its time limit is that near. */
  | { action: 'park'; ref: ClaimRef; timestamp?: string }
  /** The task has waited for too long. */
  | { action: 'heal'; ref: ClaimRef; failure: { error: string; cause: string } }
  | { action: 'end' };

export const END: Step = { action: 'end' };

/** The service's own default for a task without a limit, in seconds. */
export const UNLIMITED_SECONDS = 99_999_999;

/**
 * Age at which a machine of the Express lane takes nothing new upon itself: the service ends it at five minutes, and an attempt
 * on that lane takes up to four.
 */
export const EXPRESS_AGE_MS_MAX = 45_000;

/** Inline continuations of one machine: about 20 history events each, well below the service's 25,000. */
export const HOPS_MAX = 500;

/** Holds a task's places during one attempt; `attempt` is the number of its claim, also before it is made. */
export const taskHolder = (executionId: string, taskId: string, attempt: number): string =>
  `task/${executionId}/${taskId}/${attempt}`;
/** Name of the state machine execution that takes up a task. */
export const taskName = (executionId: string, taskId: string): string => `${executionId}/${taskId}`;
/** Name of the state machine execution that runs one run of an execution. */
export const machineName = (executionId: string, run: number): string => `${executionId}/${run}`;
/** Holds a run's place: one that is settled late never gives back what a later one holds. */
export const executionHolder = (executionId: string, run: number): string =>
  `execution/${executionId}/${run}`;

/** Names of slot pools. */
export const POOLS = {
  workflows: 'workflows',
  tasks: 'tasks',
  type: (type: string): string => `type/${type}`,
  execution: (executionId: string): string => `execution/${executionId}`,
} as const;
