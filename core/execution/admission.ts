import type { ExecutionStore } from '../ports/execution-store.ts';
import type { TaskTokens } from '../ports/dispatcher.ts';
import type { SlotRequest, Slots } from '../ports/slots.ts';
import { EXECUTION_ENDS, type Execution } from './execution.ts';
import { executionHolder, POOLS } from './steps.ts';
import type { Waker } from './wake.ts';

export interface AdmissionPorts {
  store: Pick<ExecutionStore, 'get'>;
  slots: Slots;
  tokens: TaskTokens;
  waker: Waker;
}

/** Answers an execution's Admit state once what it comes after has succeeded and MAX_WORKFLOWS has a place. */
export type Admission = (execution: Execution) => Promise<void>;

export function createAdmission({ store, slots, tokens, waker }: AdmissionPorts): Admission {
  return async (execution) => {
    const token = execution.admitToken;
    if (token === undefined) return;
    if (EXECUTION_ENDS.includes(execution.status)) return tokens.succeed(token, {});
    for (const id of execution.status === 'QUEUED' ? execution.after : []) {
      const dependency = await store.get(id);
      if (dependency?.status === 'SUCCEEDED') continue;
      if (dependency?.status === 'FAILED' || dependency?.status === 'CANCELLED') {
        await tokens.fail(
          token,
          'DependencyFailed',
          `${id} ended ${dependency.status}, and this waits for its success`,
        );
      }
      return;
    }
    const request = placeOf(execution);
    if (request.pools.length > 0) {
      if (!(await slots.acquire(request))) return;
      const now = await store.get(execution.id);
      // The run was over before it got its place: nobody else would give that back.
      if (now?.run !== execution.run || EXECUTION_ENDS.includes(now.status))
        return waker.release(request.holder);
    }
    await tokens.succeed(token, {});
  };
}

/** The place that an execution runs in. */
export function placeOf({ id, run, kind, priority, submittedMs }: Execution): SlotRequest {
  // Children run inside their parent's place: were they to queue for one of their own, parents could hold them all.
  const pools = kind === 'workflow' ? [POOLS.workflows] : [];
  return { holder: executionHolder(id, run), pools, priority, readyMs: submittedMs, index: 0 };
}
