import type { CommittedEvents } from '../core/api/committed-events.ts';
import type { HoldfastEvent } from '../core/event/event.ts';
import type { ExecutionReader } from '../core/ports/execution-store.ts';

const PAGE = 500;

/**
 * The events of an execution after `afterSeq`, in order, without gap or duplicate: first what is stored, then what comes. Ends when
 * `signal` is aborted; the caller decides which event is the last it wants.
 */
export async function* follow(
  { reader, committed }: { reader: Pick<ExecutionReader, 'events'>; committed: CommittedEvents },
  executionId: string,
  afterSeq: number,
  signal: AbortSignal,
): AsyncGenerator<HoldfastEvent, void, undefined> {
  let seq = afterSeq;
  let news = Promise.withResolvers<void>();
  const stopListening = committed.onCommitted((events) => {
    if (events.some(({ event }) => event.executionId === executionId)) news.resolve();
  });
  const stop = () => news.resolve();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted) {
      const page = await reader.events(executionId, { afterSeq: seq, limit: PAGE });
      for (const event of page) {
        seq = event.seq;
        yield event;
      }
      if (page.length > 0) continue;
      await news.promise;
      news = Promise.withResolvers<void>();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stopListening();
  }
}
