import type { JsonObject, JsonValue } from '../../core/json.ts';
import { Deadlines } from './deadlines.ts';
import { failureOf, StateFailure } from './errors.ts';
import type { Frame } from './frame.ts';
import { startNested } from './nested.ts';
import type { Invoke, TaskCall } from './types.ts';

export interface Assignment {
  resource: string;
  arguments: JsonValue;
  timeoutMs: number | undefined;
  heartbeatMs: number | undefined;
  /** The token that the outcome comes by; undefined where the invocation's own result is it. */
  token: string | undefined;
}

const nestedPrefix = 'arn:aws:states:::states:startExecution';

/** One attempt of a Task: settles once, by its result, its token, a deadline or a cancellation. */
export class Activity implements TaskCall {
  readonly #frame: Frame;
  readonly #assignment: Assignment;
  readonly #resolve: (result: JsonValue) => void;
  readonly #reject: (reason: Error) => void;
  readonly #cleanup: (() => void)[] = [];
  #settled = false;
  #controller: AbortController | undefined;
  #stopReason: Error | undefined;
  #lastBeatMs = 0;

  constructor(
    frame: Frame,
    assignment: Assignment,
    resolve: (result: JsonValue) => void,
    reject: (reason: Error) => void,
  ) {
    this.#frame = frame;
    this.#assignment = assignment;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get resource(): string {
    return this.#assignment.resource;
  }

  get arguments(): JsonValue {
    return this.#assignment.arguments;
  }

  get taskToken(): string | undefined {
    return this.#assignment.token;
  }

  get context(): JsonObject {
    return this.#frame.context;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopReason) this.#controller.abort(this.#stopReason);
    }
    return this.#controller.signal;
  }

  heartbeat(): void {
    this.#lastBeatMs = this.#frame.run.host.clock.now();
  }

  start(): void {
    const { timeoutMs, heartbeatMs, token } = this.#assignment;
    const { clock } = this.#frame.run.host;
    this.#cleanup.push(this.#frame.scope.cancellation.onCancel((reason) => this.#stop(reason)));
    if (this.#settled) return;
    if (timeoutMs !== undefined)
      this.#deadline(clock.now() + timeoutMs, () =>
        this.#stop(new StateFailure('States.Timeout', undefined)),
      );
    if (heartbeatMs !== undefined) {
      this.heartbeat();
      this.#watchHeartbeat(heartbeatMs);
    }
    this.#invoke(token === undefined);
  }

  succeed(result: JsonValue): void {
    if (this.#settle()) this.#resolve(result);
  }

  fail(thrown: unknown): void {
    if (this.#settle()) this.#reject(failureOf(thrown));
  }

  /** The result counts unless the outcome comes by a token; a failure to invoke always does. */
  #invoke(resultCounts: boolean): void {
    const { host } = this.#frame.run;
    const nested = host.stateMachines !== undefined && this.resource.startsWith(nestedPrefix);
    const invoke: Invoke = nested ? (call) => startNested(this.#frame.run, call) : host.invoke;
    try {
      const result = invoke(this);
      if (result instanceof Promise)
        result.then(
          (value) => resultCounts && this.succeed(value ?? null),
          (error) => this.fail(error),
        );
      else if (resultCounts) this.succeed(result ?? null);
    } catch (error) {
      this.fail(error);
    }
  }

  #stop(reason: Error): void {
    if (!this.#settle()) return;
    this.#stopReason = reason;
    this.#controller?.abort(reason);
    this.#reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const undo of this.#cleanup) undo();
    return true;
  }

  #deadline(dueMs: number, fire: () => void): void {
    this.#cleanup.push(Deadlines.of(this.#frame.run.host.clock).at(dueMs, fire));
  }

  #watchHeartbeat(heartbeatMs: number): void {
    const dueMs = this.#lastBeatMs + heartbeatMs;
    this.#deadline(dueMs, () => {
      if (this.#lastBeatMs + heartbeatMs > dueMs) this.#watchHeartbeat(heartbeatMs);
      else this.#stop(new StateFailure('States.HeartbeatTimeout', undefined));
    });
  }
}
