import type { HoldfastEvent } from '../event/event.ts';

/**
 * Events that became durable together. Cursors number the events of all executions without gaps, in the order of
 * commits: these have `firstCursor`, `firstCursor + 1` …; a page of `ExecutionReader.feed` ends with its `cursor`.
 */
export interface CommittedBatch {
  firstCursor: number;
  events: readonly HoldfastEvent[];
}

/** Tells of events the moment they are durable, in commit order, each once. */
export interface CommittedEvents {
  /** Returns what ends the subscription. */
  onCommitted(listener: (batch: CommittedBatch) => void): () => void;
}

/**
 * Hands one feed on to listeners that come and go. A listener that throws goes to `onFault` and harms neither the feed nor
 * the others.
 */
export function shareCommitted(
  subscribe: (listener: (batch: CommittedBatch) => void) => void,
  onFault: (error: unknown) => void,
): CommittedEvents {
  const listeners = new Set<(batch: CommittedBatch) => void>();
  subscribe((batch) => {
    for (const listener of listeners) {
      try {
        listener(batch);
      } catch (error) {
        onFault(error);
      }
    }
  });
  return {
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
