import type { HoldfastEvent } from '../event/event.ts';
import type { ExecutionReader } from '../ports/execution-store.ts';

/** An event at its place in the log that a subscription follows: its `seq`, or its cursor where that is of all executions. */
export interface Placed {
  event: HoldfastEvent;
  position: number;
  cursor: number | undefined;
}

/** What follows `position` in the log of one execution, or in the feed of all (undefined). */
export async function readLog(
  reader: Pick<ExecutionReader, 'events' | 'feed'>,
  executionId: string | undefined,
  position: number,
  limit: number,
): Promise<Placed[]> {
  if (executionId === undefined) {
    const { events, cursor } = await reader.feed(position, limit);
    const first = cursor - events.length + 1;
    return events.map((event, at) => ({ event, position: first + at, cursor: first + at }));
  }
  const events = await reader.events(executionId, { afterSeq: position, limit });
  return events.map((event) => ({ event, position: event.seq, cursor: undefined }));
}
