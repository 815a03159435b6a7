/** How an execution that runs for a task of another node ended, for that task. */
import { PayloadTooLarge } from '../errors.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { RemoteWork, WorkEnd } from '../ports/remote-work.ts';
import { childResult } from './child-result.ts';
import type { Execution, Origin } from './execution.ts';
import { unpack } from './payload.ts';

/** The least time that an answer is given to arrive, whatever the clocks of the two nodes say. */
const LIFETIME_MS_MIN = 60_000;

/** A task that was sent alone ends as it did here; a sub-workflow as a child does. */
export async function workResult(execution: Execution, payloads: PayloadStore): Promise<WorkEnd['result']> {
  const { kind, status, errors } = execution;
  if (status === 'SUCCEEDED') return { ok: true, output: await unpack(execution, payloads) };
  const [first] = errors;
  if (kind !== 'task' || !first) return childResult(execution) as WorkEnd['result'] & { ok: false };
  const { error, cause, permanent } = first;
  return { ok: false, failure: { error, cause, retryable: !permanent } };
}

/** Errors: `StoreUnavailable`. */
export async function answerOrigin(
  work: Pick<RemoteWork, 'answer'>,
  { node, precedence, untilMs, ...parent }: Origin,
  { id, result, ranMs }: Omit<WorkEnd, 'parent'>,
  createdMs: number,
): Promise<void> {
  const lifetimeMs = Math.max(LIFETIME_MS_MIN, Math.ceil(untilMs - createdMs));
  const how = { precedence, createdMs, lifetimeMs };
  try {
    await work.answer(node, { id, parent, result, ...(ranMs !== undefined && { ranMs }) }, how);
  } catch (error) {
    if (!(error instanceof PayloadTooLarge)) throw error;
    const failure = { error: error.name, cause: `its output: ${error.message}`, retryable: false };
    await work.answer(node, { id, parent, result: { ok: false, failure } }, how);
  }
}
