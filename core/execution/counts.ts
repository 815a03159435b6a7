/** How many tasks of an execution are in which status. */
import type { TaskCounts } from '../ports/execution-store.ts';
import { type Task, TASK_ENDS } from './execution.ts';

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
  return counts.PENDING + counts.READY + counts.RUNNING + counts.WAITING + counts.PARKED;
}

export function totalOf(counts: TaskCounts): number {
  return TASK_ENDS.reduce((sum, status) => sum + counts[status], openOf(counts));
}
