import type { AttemptRef } from './execution.ts';
import type { ClaimRef, Step, TaskResult } from './steps.ts';

type Failure = (TaskResult & { ok: false })['failure'];

export interface AnswerPorts {
  /** The states of these names. */
  complete: (input: { ref: ClaimRef; result: TaskResult & { ok: true } }) => Promise<Step>;
  heal: (input: { ref: ClaimRef; failure: Failure }) => Promise<Step>;
}

/** Ends the wait of a task for a signal, a child execution or another node, if it still waits: gives what its machine does next, where it has one. */
export type Answer = (ref: ClaimRef, result: TaskResult) => Promise<Step>;

export function createAnswer({ complete, heal }: AnswerPorts): Answer {
  return (ref, result) => (result.ok ? complete({ ref, result }) : heal({ ref, failure: result.failure }));
}

/** The wait of a task, to whoever answers it and is no state of its machine. */
export const waitOf = ({ executionId, taskId, attempt }: AttemptRef, run: number): ClaimRef => ({
  executionId,
  taskId,
  attempt,
  run,
  hops: 0,
  detached: true,
});
