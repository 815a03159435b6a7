import type { Execution } from '../execution/execution.ts';
import type { EventPositions } from '../ports/event-positions.ts';
import type { ExecutionReader } from '../ports/execution-store.ts';
import { ENDING_EVENTS } from '../event/event.ts';

/**
 * Whether the log of an execution that has ended tells of that end: where events are numbered after they are committed, it does so
 * a moment later.
 */
export function createCaughtUp(positions: EventPositions, reader: Pick<ExecutionReader, 'events'>) {
  return async ({ id, endedMs = 0 }: Pick<Execution, 'id' | 'endedMs'>): Promise<boolean> => {
    const newest = await positions.newest(id);
    if (newest === 0) return false;
    const [last] = await reader.events(id, { afterSeq: newest - 1, limit: 1 });
    return last !== undefined && ENDING_EVENTS.has(last.type) && last.atMs >= endedMs;
  };
}
