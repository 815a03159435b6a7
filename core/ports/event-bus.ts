import type { HoldfastEvent } from '../event/event.ts';

/** Tells programs outside of what happens to executions. */
export interface EventBus {
  /**
   * Resolves when all were taken; delivery is at least once and in no order, so readers go by `executionId` and `seq`.
   * Errors: `StoreUnavailable`; some may have been taken, and publishing all of them again is safe.
   */
  publish(events: readonly HoldfastEvent[]): Promise<void>;
}
