/** Works for `ms`, with a sign of life every `everyMs`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext } from '../../../core/task/handler.ts';

export const handler = async ({ ms, everyMs }: { ms: number; everyMs: number }, context: TaskContext) => {
  for (let done = 0; done < ms; done += everyMs) {
    await sleep(everyMs, undefined, { signal: context.signal });
    context.heartbeat();
  }
  return { done: ms };
};
