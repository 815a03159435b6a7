import { hashJson } from '../hash.ts';
import type { AttemptRef } from './execution.ts';

/** Of the execution that runs an attempt on another node: the same for the same attempt, and none that another host gives. */
export const workId = (here: string, { executionId, taskId, attempt }: AttemptRef): string =>
  `wk_${hashJson([here, executionId, taskId, attempt]).slice(0, 26)}`;
