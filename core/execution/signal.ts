import { isObject, type JsonValue } from '../json.ts';
import type { Signal } from '../ports/execution-store.ts';
import type { TaskDefinition } from '../workflow/definition.ts';
import type { Task } from './execution.ts';
import type { TaskResult } from './steps.ts';

/** The name of the signal that answers a `signal` or `approval` task: `input.name`, or the task's id. */
export function signalName(task: TaskDefinition, input: JsonValue): string {
  return isObject(input) && typeof input.name === 'string' ? input.name : task.id;
}

/** A task that a signal answers; any other that waits without a time waits for a child execution. */
export const isSignalled = ({ type }: Pick<Task, 'type'>): boolean =>
  type === 'signal' || type === 'approval';

/** What a signal means to the `signal` or `approval` task that waited for it; an approval may say no. */
export function signalResult(type: string, { payload, name, atMs }: Signal): TaskResult {
  const rejected =
    type === 'approval' && (payload === false || (isObject(payload) && payload.approved === false));
  if (!rejected) return { ok: true, output: { name, atMs, payload } };
  const why = isObject(payload) && typeof payload.comment === 'string' ? `: ${payload.comment}` : '';
  return {
    ok: false,
    failure: { error: 'Rejected', cause: `"${name}" was not approved${why}`, retryable: false },
  };
}
