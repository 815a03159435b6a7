import { TASK_ENDS, type Task, type TaskStatus } from '../../core/execution/execution.ts';
import type { TaskCounts } from '../../core/ports/execution-store.ts';

export function noCounts(): TaskCounts {
  return {
    PENDING: 0,
    READY: 0,
    RUNNING: 0,
    WAITING: 0,
    PARKED: 0,
    SUCCEEDED: 0,
    FAILED: 0,
    SKIPPED: 0,
    CANCELLED: 0,
  };
}

export function countsOf(tasks: readonly Pick<Task, 'status'>[]): TaskCounts {
  const counts = noCounts();
  for (const { status } of tasks) counts[status]++;
  return counts;
}

/** Tasks that have not ended. */
export function openOf(counts: TaskCounts): number {
  let open = 0;
  for (const [status, count] of Object.entries(counts))
    if (!TASK_ENDS.includes(status as TaskStatus)) open += count;
  return open;
}
