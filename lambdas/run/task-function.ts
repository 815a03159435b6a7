/** The function that one task type becomes where each type has its own: the runner of attempts, with a single type to offer. */
import type { TaskCall, TaskResult } from '../../core/execution/steps.ts';
import { compileInputCheck } from '../../core/task/input-check.ts';
import { readTaskModule } from '../../core/task/task-file.ts';
import type { AttemptPorts } from './attempt.ts';
import { createTaskRunner, type RunnableTask, type TaskRunner } from './run.ts';

/** Kept back from the function's own time, to answer in: a tenth of it, and at most this. */
const ANSWER_MS_MAX = 1_000;
const FIX =
  'Raise "timeoutSeconds" in the "aws" of its task file, or let it save checkpoints: the next attempt goes on from there.';

/**
 * `module` is what the task file exports; `ports` is asked at the first call. The function answers failures as values; it rejects only
 * where it could not run at all. `remainingMs` is what the host leaves it.
 * Errors: `UnusableTaskFile`, `InvalidSchema`.
 */
export async function createTaskFunction(type: string, module: unknown, ports: () => AttemptPorts) {
  const { handler, inputSchema } = readTaskModule(module, `tasks/${type}`);
  const check = inputSchema && (await compileInputCheck(inputSchema));
  const task: RunnableTask = { handler, ...(check && { check }) };
  const types = { offered: (wanted: string) => (wanted === type ? task : undefined) };
  let runner: TaskRunner | undefined;

  return (call: TaskCall, remainingMs: number): Promise<TaskResult> => {
    runner ??= createTaskRunner({ ...ports(), types });
    const ms = Math.max(0, Math.floor(remainingMs - Math.min(ANSWER_MS_MAX, remainingMs / 10)));
    return runner.call(call, { ms, fix: FIX });
  };
}
