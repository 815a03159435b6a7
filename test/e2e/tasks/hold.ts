/** Works for the given time, unless it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../../../core/task/handler.ts';

export const handler = async ({ ms }: { ms: number }, { signal }: TaskContext) => {
  await sleep(ms, undefined, { signal });
  return { heldMs: ms };
};
