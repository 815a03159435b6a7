/** Runs attempts of tasks in this process. */
import type { EmbeddedTaskTypes, OfferedTask } from '../adapters/embedded/task-types.ts';
import type { AttemptRef } from '../core/execution/execution.ts';
import { pack, unpack } from '../core/execution/payload.ts';
import type { TaskCall, TaskResult } from '../core/execution/steps.ts';
import type { JsonValue } from '../core/json.ts';
import {
  HeartbeatTimeout,
  HostStopping,
  InvalidTaskInput,
  TaskCancelled,
  TaskTimeout,
} from '../core/task/errors.ts';
import { failureOf } from '../core/task/failure.ts';
import type { TaskHandler } from '../core/task/handler.ts';
import { toJson } from '../core/task/output.ts';
import { Attempt, type AttemptPorts } from './attempt.ts';

export interface RunRequest extends AttemptRef {
  type: string;
  input: JsonValue;
  timeoutMs?: number;
  heartbeatMs?: number;
  signal?: AbortSignal;
}

export interface TaskRunnerOptions extends AttemptPorts {
  types: Pick<EmbeddedTaskTypes, 'offered'>;
}

/** Nobody offers the type any more, though somebody did when the task was routed. */
export class TaskTypeGone extends Error {
  override readonly name = 'TaskTypeGone';
}

type Handler = TaskHandler<JsonValue>;

export function createTaskRunner({ types, ...ports }: TaskRunnerOptions) {
  const { payloads } = ports;
  const live = new Set<LiveAttempt>();

  /** The handler's output. Rejects with what the handler threw, or `InvalidTaskInput`, `InvalidTaskOutput`, `TaskTimeout`, `HeartbeatTimeout`, `TaskCancelled`, `HostStopping`. */
  function run(request: RunRequest): Promise<JsonValue> {
    const task = types.offered(request.type);
    if (task === undefined) return Promise.reject(gone(request.type));
    return task.check === undefined ? start(task, request) : checked(task, request);
  }

  async function checked(task: OfferedTask, request: RunRequest): Promise<JsonValue> {
    const problems = await task.check!(request.input);
    if (problems.length > 0)
      throw new InvalidTaskInput(
        `The input of "${request.type}" is wrong: ${problems.join('; ')}. Mend the task's "input".`,
      );
    return start(task, request);
  }

  function start(task: OfferedTask, request: RunRequest): Promise<JsonValue> {
    return new Promise((resolve, reject) => {
      const attempt = new LiveAttempt(request, ports, live, resolve, reject);
      attempt.begin(task.handler as Handler, request);
    });
  }

  /** The state machine's side of it: payloads by reference, failures as values. */
  async function call(taskCall: TaskCall): Promise<TaskResult> {
    try {
      const input = await unpack({ output: taskCall.input, outputRef: taskCall.inputRef }, payloads);
      return { ok: true, ...(await pack(await run({ ...taskCall, input }), payloads)) };
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

class LiveAttempt extends Attempt {
  readonly #clock: AttemptPorts['clock'];
  readonly #live: Set<LiveAttempt>;
  readonly #resolve: (output: JsonValue) => void;
  readonly #reject: (error: unknown) => void;
  /** Ends the sleeps that keep the limits, and the link to the caller's signal. */
  #limits: AbortController | undefined;
  #ended = false;

  constructor(
    request: RunRequest,
    ports: AttemptPorts,
    live: Set<LiveAttempt>,
    resolve: (output: JsonValue) => void,
    reject: (error: unknown) => void,
  ) {
    super(request, ports);
    this.#clock = ports.clock;
    this.#live = live;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(handler: Handler, request: RunRequest): void {
    const { timeoutMs, heartbeatMs, signal } = request;
    if (signal?.aborted) return this.#reject(cancelled(signal));
    this.#live.add(this);
    if (timeoutMs !== undefined || heartbeatMs !== undefined || signal !== undefined) this.#limit(request);
    let output: unknown;
    try {
      output = handler(request.input, this);
    } catch (error) {
      return this.#settle(() => this.#reject(error));
    }
    if (!isThenable(output)) return this.#succeed(output);
    output.then(
      (value) => this.#succeed(value),
      (error: unknown) => this.#settle(() => this.#reject(error)),
    );
  }

  /** Gives the attempt up: its handler is told, and whatever it still does is ignored. */
  end(reason: Error): void {
    this.#settle(() => {
      this.stop(reason);
      this.#reject(reason);
    });
  }

  #succeed(output: unknown): void {
    this.#settle(() => {
      try {
        this.#resolve(toJson(output));
      } catch (error) {
        this.#reject(error);
      }
    });
  }

  #settle(answer: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#live.delete(this);
    this.#limits?.abort();
    answer();
  }

  #limit({ timeoutMs, heartbeatMs, signal }: RunRequest): void {
    const limits = (this.#limits = new AbortController()).signal;
    signal?.addEventListener('abort', () => this.end(cancelled(signal)), { once: true, signal: limits });
    if (timeoutMs !== undefined) void this.#keepTimeout(timeoutMs, limits);
    if (heartbeatMs !== undefined) void this.#keepHeartbeat(heartbeatMs, limits);
  }

  async #keepTimeout(timeoutMs: number, limits: AbortSignal): Promise<void> {
    if (await this.#slept(timeoutMs, limits))
      this.end(
        new TaskTimeout(
          `The attempt took longer than ${timeoutMs} ms. Raise the task's timeout, or let it save checkpoints.`,
        ),
      );
  }

  async #keepHeartbeat(heartbeatMs: number, limits: AbortSignal): Promise<void> {
    this.aliveMs = this.#clock.now();
    for (;;) {
      const leftMs = this.aliveMs + heartbeatMs - this.#clock.now();
      if (leftMs <= 0) break;
      if (!(await this.#slept(leftMs, limits))) return;
    }
    this.end(
      new HeartbeatTimeout(
        `The attempt gave no sign of life for ${heartbeatMs} ms. Call context.heartbeat() more often, or raise the task's heartbeat.`,
      ),
    );
  }

  async #slept(ms: number, limits: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleep(ms, limits);
      return !limits.aborted;
    } catch (error) {
      if (limits.aborted) return false;
      throw error;
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function cancelled(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new TaskCancelled(String(reason));
}

function gone(type: string): TaskTypeGone {
  return new TaskTypeGone(
    `Nobody here offers the task type "${type}" any more. Put tasks/${type}.ts back, or redrive.`,
  );
}
