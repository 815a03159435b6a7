import type { CommittedEvents } from '../core/api/committed-events.ts';
import { ENDING_EVENTS } from '../core/event/event.ts';
import { EXECUTION_ENDS, type Execution } from '../core/execution/execution.ts';
import type { ExecutionReader } from '../core/ports/execution-store.ts';

/** Lets any number of callers wait for executions to end, at one look-up an event. */
export interface Endings {
  /** The execution once it has ended; undefined when there is none. Rejects when closed. */
  of(executionId: string): Promise<Execution | undefined>;
  /** Rejects everyone who waits. */
  close(reason: Error): void;
}

export function watchEndings(committed: CommittedEvents, reader: Pick<ExecutionReader, 'get'>): Endings {
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const stop = committed.onCommitted((events) => {
    if (waiting.size === 0) return;
    for (const { event } of events) {
      if (!ENDING_EVENTS.has(event.type)) continue;
      waiting.get(event.executionId)?.resolve();
      waiting.delete(event.executionId);
    }
  });

  return {
    async of(executionId) {
      for (;;) {
        // Asked for before the look, so that an end between the two is not missed.
        const news = waiting.get(executionId) ?? Promise.withResolvers<void>();
        waiting.set(executionId, news);
        const execution = await reader.get(executionId);
        if (!execution || EXECUTION_ENDS.includes(execution.status)) {
          if (waiting.get(executionId) === news) {
            waiting.delete(executionId);
            news.resolve();
          }
          return execution;
        }
        await news.promise;
      }
    },
    close(reason) {
      stop();
      for (const { reject } of waiting.values()) reject(reason);
      waiting.clear();
    },
  };
}
