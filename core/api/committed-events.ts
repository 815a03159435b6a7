import type { HoldfastEvent } from '../event/event.ts';

export interface CommittedEvent {
  event: HoldfastEvent;
  /** Place in the order of commits over all executions, as `ExecutionReader.feed` counts it: 1, 2, 3 … without gaps. */
  cursor: number;
}

/** Tells of events the moment they are durable, in commit order, each once. */
export interface CommittedEvents {
  /**
   * Returns what ends the subscription. A listener must not throw. Whoever wants one execution's events after a number only
   * says so in `of`, which spares a host that has to look for them. It may be told of others all the same, and not of cursors (0).
   */
  onCommitted(
    listener: (events: readonly CommittedEvent[]) => void,
    of?: { executionId: string; afterSeq: number },
  ): () => void;
}
