import type { Client } from '../client/index.ts';
import type { TaskSummaryView } from '../core/api/schemas.ts';

/** A task that only somebody outside can move: parked, or waiting for a signal. */
export interface StuckTask {
  executionId: string;
  taskId: string;
  type: string;
  reason: string;
}

const DEPTH_MAX = 20;

/**
 * The tasks that hold an execution up when nothing of it moves by itself any more, in its children either; undefined while
 * something does.
 */
export async function findStuck(
  client: Client,
  executionId: string,
  depth = 0,
): Promise<StuckTask[] | undefined> {
  const moving = await client.tasks(executionId, { status: ['READY', 'RUNNING'], limit: 1 });
  if (moving.items.length > 0) return undefined;
  const { items, nextCursor } = await client.tasks(executionId, {
    status: ['WAITING', 'PARKED'],
    limit: 1000,
  });
  // More than can be looked at are hardly all stuck; and nothing open at all is about to end.
  if (nextCursor !== undefined || items.length === 0 || depth > DEPTH_MAX) return undefined;
  if (items.some(movesByItself)) return undefined;
  const stuck: StuckTask[] = [];
  for (const task of items) {
    if (task.childExecutionId === undefined) stuck.push(stuckTask(task));
    else {
      const inner = await findStuck(client, task.childExecutionId, depth + 1);
      if (inner === undefined) return undefined;
      stuck.push(...inner);
    }
  }
  return stuck;
}

const movesByItself = ({ status, dueMs, type, childExecutionId }: TaskSummaryView): boolean =>
  (status === 'WAITING' && dueMs !== undefined) ||
  (status === 'WAITING' && childExecutionId === undefined && !SIGNALLED.has(type));

const SIGNALLED = new Set(['signal', 'approval']);

const stuckTask = ({ executionId, taskId, type, reason }: TaskSummaryView): StuckTask => ({
  executionId,
  taskId,
  type,
  reason: reason ?? 'waits for somebody',
});
