import type { JsonValue } from '../../core/json.ts';
import { HeartbeatTimeout, TaskCancelled, TaskTimeout } from '../../core/task/errors.ts';
import type { TaskHandler } from '../../core/task/handler.ts';
import { toJson } from '../../core/task/output.ts';
import { Attempt, type AttemptPorts } from './attempt.ts';
import type { RunRequest } from './run.ts';

/** An attempt under its limits: the first of its answer, a limit and a stop settles it, and the rest is ignored. */
export class LiveAttempt extends Attempt {
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

  begin(handler: TaskHandler<JsonValue>, request: RunRequest): void {
    const { timeoutMs, heartbeatMs, hostLimit, signal } = request;
    if (signal?.aborted) return this.#reject(cancelled(signal));
    this.#live.add(this);
    if ((timeoutMs ?? heartbeatMs ?? hostLimit ?? signal) !== undefined) this.#limit(request);
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

  #limit({ timeoutMs = Infinity, hostLimit, heartbeatMs, signal }: RunRequest): void {
    const limits = (this.#limits = new AbortController()).signal;
    signal?.addEventListener('abort', () => this.end(cancelled(signal)), { once: true, signal: limits });
    if (hostLimit && hostLimit.ms < timeoutMs)
      void this.#keepTimeout(hostLimit.ms, outOfHostTime(hostLimit), limits);
    else if (timeoutMs < Infinity) void this.#keepTimeout(timeoutMs, timedOut(timeoutMs), limits);
    if (heartbeatMs !== undefined) void this.#keepHeartbeat(heartbeatMs, limits);
  }

  async #keepTimeout(ms: number, message: string, limits: AbortSignal): Promise<void> {
    if (await this.#slept(ms, limits)) this.end(new TaskTimeout(message));
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

const timedOut = (ms: number): string =>
  `The attempt took longer than ${ms} ms. Raise the task's timeout, or let it save checkpoints.`;

const outOfHostTime = ({ ms, fix }: NonNullable<RunRequest['hostLimit']>): string =>
  `The attempt took longer than the ${ms} ms that its host had for it. ${fix}`;
