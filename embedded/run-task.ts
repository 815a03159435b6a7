import { pack, unpack } from '../core/execution/payload.ts';
import type { TaskCall, TaskResult } from '../core/execution/steps.ts';
import type { JsonValue } from '../core/json.ts';
import type { PayloadStore } from '../core/ports/payload-store.ts';
import type { TaskRunner } from './task-runner.ts';

/** What the Run state invokes here: a handler in this process, its payloads unpacked and packed. */
export function createRunTask(runner: TaskRunner, payloads: PayloadStore) {
  return async (call: TaskCall): Promise<TaskResult> => {
    try {
      const input = await unpack({ output: call.input, outputRef: call.inputRef }, payloads);
      const output = await runner.run({ ...call, input });
      return { ok: true, ...(await pack(output, payloads)) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
}

function failureOf(thrown: unknown): (TaskResult & { ok: false })['failure'] {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { retryable, retryAfterMs } = error as { retryable?: JsonValue; retryAfterMs?: JsonValue };
  const wait = typeof retryAfterMs === 'number' ? { retryAfterMs } : {};
  return { error: error.name, cause: error.message, retryable: retryable !== false, ...wait };
}
