import type { CommittedEvent, CommittedEvents } from '../../core/api/committed-events.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { EventPositions } from '../../core/ports/event-positions.ts';
import type { ExecutionReader } from '../../core/ports/execution-store.ts';
import { readLog } from '../../core/socket/log-page.ts';
import type { Logger } from '../../core/task/handler.ts';

export interface PolledEventsOptions {
  reader: Pick<ExecutionReader, 'events' | 'feed'>;
  positions: EventPositions;
  clock: Pick<Clock, 'sleep'>;
  logger: Pick<Logger, 'warn'>;
  /** Between the end of a look and the next. @default 250 ms */
  intervalMs?: number;
}

type Listener = (events: readonly CommittedEvent[]) => void;
type Of = { executionId: string; afterSeq: number };

const PAGE = 100;

/** Looks for events while somebody listens, who is one request of the API. Nothing is left behind when they stop. */
export class PolledEvents implements CommittedEvents {
  readonly #options: PolledEventsOptions;

  constructor(options: PolledEventsOptions) {
    this.#options = options;
  }

  onCommitted(listener: Listener, of?: Of): () => void {
    const stop = new AbortController();
    void this.#follow(listener, of, stop.signal);
    return () => stop.abort();
  }

  async #follow(listener: Listener, of: Of | undefined, stop: AbortSignal): Promise<void> {
    let position = of?.afterSeq;
    while (!stop.aborted) {
      const next = await this.#look(listener, of, position, stop);
      const isFull = position !== undefined && next !== undefined && next >= position + PAGE;
      position = next;
      if (!isFull) await this.#pause(stop);
    }
  }

  /** Tells of what follows `position`, and answers with where to go on: at the end of the feed to begin with. */
  async #look(
    listener: Listener,
    of: Of | undefined,
    position: number | undefined,
    stop: AbortSignal,
  ): Promise<number | undefined> {
    const { reader, positions, logger } = this.#options;
    try {
      if (position === undefined) return await positions.newest(undefined);
      const page = await readLog(reader, of?.executionId, position, PAGE);
      if (page.length === 0 || stop.aborted) return position;
      listener(page.map(({ event, cursor = 0 }) => ({ event, cursor })));
      return page.at(-1)!.position;
    } catch (error) {
      logger.warn('Events could not be looked for; the next look comes soon.', { error: String(error) });
      return position;
    }
  }

  async #pause(stop: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(this.#options.intervalMs ?? 250, stop);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }
}
