import type { Execution } from './execution.ts';
import type { TaskResult } from './steps.ts';

/** What the task that waits for a child gets when the child has ended. */
export function childResult({ id, status, output, outputRef, errors }: Execution): TaskResult {
  if (status === 'SUCCEEDED')
    return { ok: true, ...(outputRef === undefined ? { output: output ?? null } : { outputRef }) };
  const cause = errors[0]
    ? `${errors[0].taskId ? `task ${errors[0].taskId}: ` : ''}${errors[0].error}: ${errors[0].cause}`
    : 'cancelled';
  return {
    ok: false,
    failure: {
      error: 'ChildFailed',
      cause: `child execution ${id} ended ${status}: ${cause}`,
      retryable: status === 'FAILED',
    },
  };
}
