import type { RunRef } from '../execution/steps.ts';

/** A task to be taken up at a time. */
export interface Timer {
  /** ISO 8601. */
  timestamp: string;
  ref: RunRef;
}

/**
 * Keeps times by messages. What is set comes back at least once, at its time or, where that is far, some time before it: then it is
 * set again.
 */
export interface Timers {
  /** Durable when it resolves. Errors: `StoreUnavailable`. */
  set(timer: Timer): Promise<void>;
}
