import type { Finisher } from '../../core/execution/finish.ts';
import { succeeded } from '../../core/execution/outcome.ts';
import type { Plans } from '../../core/execution/plans.ts';
import { type ClaimRef, END, type Step, taskHolder, type TaskResult } from '../../core/execution/steps.ts';
import type { Waker } from '../../core/execution/wake.ts';

export interface CompleteInput {
  ref: ClaimRef;
  result: TaskResult & { ok: true };
}

/** State `Complete`: commits the success of an attempt, if it still is the task's own. */
export function createComplete({ plans, finish, waker }: { plans: Plans; finish: Finisher; waker: Waker }) {
  return async ({ ref, result }: CompleteInput): Promise<Step> => {
    const plan = await plans.of(ref.executionId, ref.run);
    if (!plan) {
      // Its run is over: only its place is left to see to.
      await waker.release(taskHolder(ref.executionId, ref.taskId, ref.attempt));
      return END;
    }
    const { output, outputRef } = result;
    const at = { ref, attempt: ref.attempt, from: ['RUNNING', 'WAITING'] as const };
    return finish(plan, succeeded(at, outputRef === undefined ? { output: output ?? null } : { outputRef }));
  };
}
