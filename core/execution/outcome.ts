import { ENDS } from '../dag/graph.ts';
import type { AttemptFailure } from '../healing/heal.ts';
import { failureOf } from '../task/failure.ts';
import type { TaskDefinition } from '../workflow/definition.ts';
import type { Finish } from './finish.ts';
import type { Packed } from './payload.ts';

type At = Pick<Finish, 'ref' | 'attempt' | 'from' | 'after'>;

export const succeeded = (at: At, packed: Packed, end: Finish['end'] = ENDS.success): Finish => ({
  ...at,
  end,
  set: { status: 'SUCCEEDED', reason: undefined, ...packed },
  event: { type: 'task.succeeded' },
});

export const skipped = (at: At, reason: string): Finish => ({
  ...at,
  end: ENDS.neither,
  set: { status: 'SKIPPED', reason },
  event: { type: 'task.skipped', data: { reason } },
});

/** The last failure of a task: healing has nothing left, or leaves it out because it isn't critical. */
export const failed = (
  at: At,
  task: TaskDefinition,
  { error, cause, retryable }: AttemptFailure,
  failures: number,
): Finish => ({
  ...at,
  end: task.critical ? ENDS.failure : ENDS.toleratedFailure,
  set: {
    status: 'FAILED',
    failures,
    reason: task.critical ? undefined : 'tolerated: the task is not critical',
    failure: {
      error,
      cause,
      taskId: at.ref.taskId,
      attempt: at.attempt,
      ...(!retryable && { permanent: true }),
    },
  },
  event: { type: 'task.failed', data: { error, cause, healing: task.critical ? 'none' : 'degrade' } },
});

/** An error that an expression, a definition or an input brought about: trying again can't help. */
export function permanent(error: unknown): AttemptFailure {
  return { ...failureOf(error), retryable: false };
}
