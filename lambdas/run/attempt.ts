import type { AttemptRef } from '../../core/execution/execution.ts';
import { pack, type Packed, unpack } from '../../core/execution/payload.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import { Fenced } from '../../core/task/errors.ts';
import type { Logger, TaskContext } from '../../core/task/handler.ts';
import { toJson } from '../../core/task/output.ts';

export interface AttemptPorts {
  executionStore: Pick<ExecutionStore, 'saveCheckpoint' | 'checkpoint'>;
  payloads: PayloadStore;
  clock: Clock;
  logger: Logger;
}

/** The context of one attempt. What a handler doesn't ask for isn't made: most attempts are short. */
export class Attempt implements TaskContext {
  readonly executionId: string;
  readonly taskId: string;
  readonly type: string;
  readonly attempt: number;
  readonly #idempotencyKey: string | undefined;
  /** The last sign of life. */
  aliveMs = 0;
  readonly #ports: AttemptPorts;
  #controller: AbortController | undefined;
  #stopped: Error | undefined;

  constructor(ref: AttemptRef & { type: string; idempotencyKey?: string }, ports: AttemptPorts) {
    this.executionId = ref.executionId;
    this.taskId = ref.taskId;
    this.type = ref.type;
    this.attempt = ref.attempt;
    this.#idempotencyKey = ref.idempotencyKey;
    this.#ports = ports;
  }

  get idempotencyKey(): string {
    return this.#idempotencyKey ?? `${this.executionId}/${this.taskId}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopped) this.#controller.abort(this.#stopped);
    }
    return this.#controller.signal;
  }

  get heartbeat(): () => void {
    return () => {
      this.aliveMs = this.#ports.clock.now();
    };
  }

  get checkpoint(): TaskContext['checkpoint'] {
    return {
      load: <T extends JsonValue>() => this.#load() as Promise<T | undefined>,
      save: (value) => this.#save(value),
    };
  }

  get logger(): Logger {
    const { logger } = this.#ports;
    const about = { executionId: this.executionId, taskId: this.taskId, attempt: this.attempt };
    return {
      debug: (message, fields) => logger.debug(message, { ...about, ...fields }),
      info: (message, fields) => logger.info(message, { ...about, ...fields }),
      warn: (message, fields) => logger.warn(message, { ...about, ...fields }),
      error: (message, fields) => logger.error(message, { ...about, ...fields }),
    };
  }

  /** Aborts the signal, now or when it is asked for. */
  stop(reason: Error): void {
    this.#stopped = reason;
    this.#controller?.abort(reason);
  }

  async #load(): Promise<JsonValue | undefined> {
    const packed = await this.#ports.executionStore.checkpoint(this);
    return packed === undefined ? undefined : unpack(packed as Packed, this.#ports.payloads);
  }

  async #save(value: JsonValue): Promise<void> {
    this.aliveMs = this.#ports.clock.now();
    const packed = await pack(toJson(value), this.#ports.payloads);
    const { executionId, taskId, attempt } = this;
    const saved = await this.#ports.executionStore.saveCheckpoint(
      { executionId, taskId, attempt },
      packed as JsonObject,
    );
    if (saved) return;
    const fenced = new Fenced(
      `Attempt ${attempt} of ${executionId}/${taskId} is no longer the task's own; its checkpoint is refused. Stop working.`,
    );
    this.stop(fenced);
    throw fenced;
  }
}
