/** What the states hand their functions, as the state machines write it. */
import * as z from 'zod/mini';
import type { ClaimRef, RunRef, TaskCall, TaskResult } from '../../core/execution/steps.ts';

const id = z.string().check(z.minLength(1), z.maxLength(500));
const count = z.int().check(z.minimum(0));
const text = z.string();

/** Of a call that says nothing. */
export const anyPayload = z.unknown();
export const runPayload = z.object({ executionId: id, run: count });
export const tokenPayload = z.object({ executionId: id, run: count, token: text });

const runRef = {
  executionId: id,
  taskId: id,
  run: count,
  hops: count,
  sinceMs: z.optional(z.number()),
  parked: z.optional(z.boolean()),
};
export const runRefPayload: z.ZodMiniType<RunRef> = z.object(runRef);
const claimRef: z.ZodMiniType<ClaimRef> = z.object({ ...runRef, attempt: count });

/** The input is whatever the task is given. */
export const taskCallPayload = z.object({
  ...runRef,
  attempt: count,
  type: text,
  input: z.optional(z.unknown()),
  inputRef: z.optional(text),
  timeoutMs: z.optional(z.number()),
  heartbeatMs: z.optional(z.number()),
}) as z.ZodMiniType<TaskCall>;

const stateFailure = z.object({ Error: text, Cause: z.optional(text) });
export const mendPayload = z.object({ executionId: id, run: count, failure: stateFailure });
export const settlePayload = z.object({ executionId: id, run: count, failure: z.optional(stateFailure) });

export const parkPayload = z.object({ ref: claimRef, token: text });
const success: z.ZodMiniType<TaskResult & { ok: true }> = z.object({
  ok: z.literal(true),
  output: z.optional(z.json()),
  outputRef: z.optional(text),
}) as never;
export const completePayload = z.object({ ref: claimRef, result: success });
export const healPayload = z.object({
  ref: claimRef,
  failure: z.object({
    error: text,
    cause: text,
    retryable: z.optional(z.boolean()),
    retryAfterMs: z.optional(z.number()),
  }),
});
