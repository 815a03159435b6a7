/** Counts to a number by checkpoints; its first attempt fails half way. */
import type { TaskContext } from '../../../core/task/handler.ts';

export const handler = async ({ to }: { to: number }, { attempt, checkpoint }: TaskContext) => {
  const resumedFrom = (await checkpoint.load<number>()) ?? 0;
  for (let step = resumedFrom + 1; step <= to; step++) {
    if (attempt === 1 && step > to / 2) throw new Error(`lost at step ${step}`);
    await checkpoint.save(step);
  }
  return { resumedFrom, attempt };
};
