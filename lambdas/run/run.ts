/** State `Run`: runs attempts of tasks, of every type that a process offers. */
import type { AttemptRef } from '../../core/execution/execution.ts';
import { pack, unpack } from '../../core/execution/payload.ts';
import type { TaskCall, TaskResult } from '../../core/execution/steps.ts';
import type { JsonValue } from '../../core/json.ts';
import { HostStopping, InvalidTaskInput, TaskCancelled } from '../../core/task/errors.ts';
import { failureOf } from '../../core/task/failure.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import type { InputCheck } from '../../core/task/input-check.ts';
import type { AttemptPorts } from './attempt.ts';
import { LiveAttempt } from './live-attempt.ts';

export interface RunnableTask {
  handler: TaskHandler;
  check?: InputCheck;
}

export interface RunRequest extends AttemptRef {
  type: string;
  input: JsonValue;
  idempotencyKey?: string;
  timeoutMs?: number;
  heartbeatMs?: number;
  /** The time that the host itself has, and what to do where that is too short. */
  hostLimit?: { ms: number; fix: string };
  signal?: AbortSignal;
}

export interface TaskRunnerOptions extends AttemptPorts {
  types: {
    /** What runs an attempt of this type, now. */
    offered(type: string): RunnableTask | undefined;
  };
}

/** Nobody offers the type any more, though somebody did when the task was routed. */
export class TaskTypeGone extends Error {
  override readonly name = 'TaskTypeGone';
}

export function createTaskRunner({ types, ...ports }: TaskRunnerOptions) {
  const { payloads } = ports;
  const live = new Set<LiveAttempt>();

  /** The handler's output. Rejects with what the handler threw, or `InvalidTaskInput`, `InvalidTaskOutput`, `TaskTimeout`, `HeartbeatTimeout`, `TaskCancelled`, `HostStopping`. */
  function run(request: RunRequest): Promise<JsonValue> {
    const task = types.offered(request.type);
    if (task === undefined) return Promise.reject(gone(request.type));
    return task.check === undefined ? start(task, request) : checked(task, task.check, request);
  }

  async function checked(task: RunnableTask, check: InputCheck, request: RunRequest): Promise<JsonValue> {
    const problems = await check(request.input);
    if (problems.length > 0)
      throw new InvalidTaskInput(
        `The input of "${request.type}" is wrong: ${problems.join('; ')}. Mend the task's "input".`,
      );
    return start(task, request);
  }

  function start({ handler }: RunnableTask, request: RunRequest): Promise<JsonValue> {
    return new Promise((resolve, reject) => {
      const attempt = new LiveAttempt(request, ports, live, resolve, reject);
      attempt.begin(handler as TaskHandler<JsonValue>, request);
    });
  }

  /** The state machine's side of it: payloads by reference, failures as values. */
  async function call(taskCall: TaskCall, hostLimit?: RunRequest['hostLimit']): Promise<TaskResult> {
    try {
      const input = await unpack({ output: taskCall.input, outputRef: taskCall.inputRef }, payloads);
      return { ok: true, ...(await pack(await run({ ...taskCall, hostLimit, input }), payloads)) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  }

  /** Ends live attempts of an execution, or of one of its tasks, with `TaskCancelled`. Returns how many. */
  function abort(executionId: string, taskId?: string, reason = 'cancelled'): number {
    const chosen = [...live].filter(
      (attempt) => attempt.executionId === executionId && (taskId === undefined || attempt.taskId === taskId),
    );
    for (const attempt of chosen) attempt.end(new TaskCancelled(reason));
    return chosen.length;
  }

  /** Ends every live attempt with `HostStopping`; each runs again where its execution goes on. */
  function stop(): void {
    for (const attempt of live) attempt.end(new HostStopping('The host is stopping.'));
  }

  return { run, call, abort, stop, live: () => live.size };
}

export type TaskRunner = ReturnType<typeof createTaskRunner>;

function gone(type: string): TaskTypeGone {
  return new TaskTypeGone(
    `Nobody here offers the task type "${type}" any more. Put tasks/${type}.ts back, or redrive.`,
  );
}
