import type { EmbeddedStore } from '../adapters/embedded/store.ts';
import type { CommittedEvent, CommittedEvents } from '../core/api/committed-events.ts';

/** The store's committed batches, for any number of listeners that come and go. */
export function committedEvents(store: EmbeddedStore): CommittedEvents {
  const listeners = new Set<(events: readonly CommittedEvent[]) => void>();
  store.onCommitted(({ firstCursor, events }) => {
    if (listeners.size === 0) return;
    const batch = events.map((event, at) => ({ event, cursor: firstCursor + at }));
    for (const listener of listeners) listener(batch);
  });
  return {
    onCommitted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
