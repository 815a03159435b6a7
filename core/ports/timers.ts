import type { RunRef } from '../execution/steps.ts';

/** A task to be taken up at a time. */
export interface Timer {
  /** ISO 8601. */
  timestamp: string;
  ref: RunRef;
}

/** Keeps times that are further away than a machine of the Express lane waits for. */
export interface Timers {
  /**
   * Has a machine of the Express lane take the task up at its time or soon after it, once or more often. Setting the same timer again
   * is harmless. Lasts as long as the host's machines do: what takes those up again after a crash sets their timers again. Errors:
   * `StoreUnavailable`.
   */
  set(timer: Timer): Promise<void>;
}
