import type { Claims } from '../../core/execution/claims.ts';
import type { Task } from '../../core/execution/execution.ts';
import { END, type Step } from '../../core/execution/steps.ts';

/** Parks in sight what can't run until somebody acts: `unplaced` where no node can run it. */
export function createParking(claims: Claims) {
  return async (record: Task, reason: string, unplaced?: true): Promise<Step> => {
    await claims.release(record);
    if (record.status === 'PARKED' && record.reason === reason) return END;
    const event = { type: 'task.parked', data: { reason } } as const;
    await claims.claim(record, { set: { status: 'PARKED', reason, unplaced }, durability: 'ordered', event });
    return END;
  };
}
