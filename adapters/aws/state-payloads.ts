/** What the states hand their functions, as the state machines write it. */
import type { Timer } from '../../core/ports/timers.ts';
import type { ClaimRef, RunRef, TaskCall, TaskResult } from '../../core/execution/steps.ts';
import {
  anything,
  count,
  flag,
  id,
  number,
  object,
  optional,
  type Shape,
  text,
  time,
  yes,
} from './shapes.ts';

/** Of a call that says nothing. */
export const anyPayload = anything;

interface Run {
  executionId: string;
  run: number;
}

const run = { executionId: id, run: count };
export const runPayload = object<Run>(run);
export const tokenPayload = object<Run & { token: string }>({ ...run, token: text });

const runRef = {
  executionId: id,
  taskId: id,
  run: count,
  hops: count,
  sinceMs: optional(number),
  detached: optional(flag),
};
export const runRefPayload = object<RunRef>(runRef);
/** Of a message, not of a state. */
export const timerPayload = object<Timer>({ timestamp: time, ref: runRefPayload });
const claimRef = object<ClaimRef>({ ...runRef, attempt: count });

/** The input is whatever the task is given. */
export const taskCallPayload = object<TaskCall>({
  ...runRef,
  attempt: count,
  type: text,
  input: anything as Shape<TaskCall['input']>,
  inputRef: optional(text),
  timeoutMs: optional(number),
  heartbeatMs: optional(number),
  idempotencyKey: optional(text),
});

interface StateFailure {
  Error: string;
  Cause?: string;
}

const stateFailure = object<StateFailure>({ Error: text, Cause: optional(text) });
export const mendPayload = object<Run & { failure: StateFailure }>({ ...run, failure: stateFailure });
export const settlePayload = object<Run & { failure?: StateFailure }>({
  ...run,
  failure: optional(stateFailure),
});

export const parkPayload = object<{ ref: ClaimRef; timestamp?: string }>({
  ref: claimRef,
  timestamp: optional(text),
});

type Success = TaskResult & { ok: true };
const success = object<Success>({
  ok: yes,
  output: anything as Shape<Success['output']>,
  outputRef: optional(text),
});
export const completePayload = object<{ ref: ClaimRef; result: Success }>({ ref: claimRef, result: success });

interface Failure {
  error: string;
  cause: string;
  retryable?: boolean;
  retryAfterMs?: number;
}

const failure = object<Failure>({
  error: text,
  cause: text,
  retryable: optional(flag),
  retryAfterMs: optional(number),
});
export const healPayload = object<{ ref: ClaimRef; failure: Failure }>({ ref: claimRef, failure });
