import type { JsonValue } from '../json.ts';
import type { TaskTokens } from '../ports/dispatcher.ts';
import type { Task } from './execution.ts';
import type { ClaimRef, TaskResult } from './steps.ts';

type Failure = (TaskResult & { ok: false })['failure'];

export interface AnswerPorts {
  /** The states of these names; on the Standard lane they hand nothing on. */
  complete: (input: { ref: ClaimRef; result: TaskResult & { ok: true } }) => Promise<unknown>;
  heal: (input: { ref: ClaimRef; failure: Failure }) => Promise<unknown>;
  tokens: TaskTokens;
}

/**
 * Ends the wait of a task for a signal or a child execution: commits what came of it, then answers its Park state. In this order,
 * so that a crash between the two leaves a state that waits for nothing, not a task that nobody takes up.
 */
export type Answer = (
  task: Pick<Task, 'executionId' | 'taskId' | 'attempt' | 'token'>,
  run: number,
  result: TaskResult,
) => Promise<void>;

const NOTHING: JsonValue = {};

export function createAnswer({ complete, heal, tokens }: AnswerPorts): Answer {
  return async ({ executionId, taskId, attempt, token }, run, result) => {
    const ref: ClaimRef = { executionId, taskId, attempt, run, hops: 0, parked: true };
    await (result.ok ? complete({ ref, result }) : heal({ ref, failure: result.failure }));
    if (token !== undefined) await tokens.succeed(token, NOTHING);
  };
}
