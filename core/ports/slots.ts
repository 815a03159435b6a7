/** A place to run in, asked for by `holder` in every one of `pools` at once. */
export interface SlotRequest {
  /** Unique among live requests: `task/<executionId>/<taskId>/<attempt>` or `execution/<id>/<run>`. */
  holder: string;
  /** Names of the pools it takes one place of each in. */
  pools: readonly string[];
  /** Higher first; ties by `index`. Waiting raises it by one each `AGEING_MS`. */
  priority: number;
  readyMs: number;
  index: number;
}

/** Milliseconds of waiting that outweigh one step of priority. */
export const AGEING_MS = 30_000;

/** Limits that hold: `MAX_WORKFLOWS`, `MAX_TASKS`, a pool a task type, an execution's own concurrency. */
export interface Slots {
  /** Sets a pool's size; one that nobody sized, or sized `Infinity`, is unlimited. Returns the holders that got their places by it. */
  limit(pool: string, size: number): Promise<string[]>;
  /** True: held now (or already). False: queued, and `release` will name it when its turn comes. */
  acquire(request: SlotRequest): Promise<boolean>;
  /** Gives back what `holder` holds, or leaves the queue. Returns the holders that got their places by it, in order. Idempotent. */
  release(holder: string): Promise<string[]>;
  /** Who holds or waits for places on behalf of an execution, where places outlive the process that asked; nobody where they don't. */
  holders(executionId: string): Promise<string[]>;
  /** Held and queued, a pool. */
  usage(): Promise<Record<string, { size: number; held: number; queued: number }>>;
}
