import type { HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionReader } from '../../core/ports/execution-store.ts';

const REPLAY_PAGE = 200;

/** Where a subscription's events go. */
export interface Delivery {
  /** False: the client is gone, stop. */
  deliver(event: HoldfastEvent, cursor: number | undefined): boolean;
  /** Resolves when what was delivered has left this host, or the client is gone. */
  flushed(): Promise<void>;
}

export interface Wanted {
  executionId?: string;
  types?: ReadonlySet<string>;
  /** The last `seq` (of one execution) or `cursor` (of all) that is not wanted; undefined: only what is new. */
  position?: number;
}

/** One client's view of the log: a replay, then live, without gap or duplicate. */
export class Subscription {
  readonly executionId: string | undefined;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #delivery: Delivery;
  /** The last position sent or passed over. */
  #sent: number;
  /** The newest position that the live feed has told of. */
  #told = -1;
  #live: boolean;
  #ended = false;

  constructor(wanted: Wanted, delivery: Delivery) {
    this.executionId = wanted.executionId;
    this.#types = wanted.types;
    this.#delivery = delivery;
    this.#sent = wanted.position ?? -1;
    this.#live = wanted.position === undefined;
  }

  /** From the live feed, in order. */
  offer(event: HoldfastEvent, cursor: number): void {
    const position = this.executionId === undefined ? cursor : event.seq;
    this.#told = Math.max(this.#told, position);
    if (this.#live) this.#send(event, position, cursor);
  }

  end(): void {
    this.#ended = true;
  }

  /**
   * Reads until it has caught up with the live feed. No turn of the event loop lies between seeing that and going live, so
   * nothing falls between.
   */
  async replay(reader: Pick<ExecutionReader, 'events' | 'feed'>): Promise<void> {
    while (!this.#live && !this.#ended) {
      const isLast = await this.#replayPage(reader);
      if (isLast && this.#told <= this.#sent) this.#live = true;
      else await this.#delivery.flushed();
    }
  }

  async #replayPage(reader: Pick<ExecutionReader, 'events' | 'feed'>): Promise<boolean> {
    if (this.executionId !== undefined) {
      const events = await reader.events(this.executionId, { afterSeq: this.#sent, limit: REPLAY_PAGE });
      for (const event of events) this.#send(event, event.seq, undefined);
      return events.length < REPLAY_PAGE;
    }
    const { events, cursor } = await reader.feed(this.#sent, REPLAY_PAGE);
    const before = cursor - events.length;
    events.forEach((event, index) => this.#send(event, before + index + 1, before + index + 1));
    return events.length < REPLAY_PAGE;
  }

  #send(event: HoldfastEvent, position: number, cursor: number | undefined): void {
    if (position <= this.#sent || this.#ended) return;
    this.#sent = position;
    if (this.#types !== undefined && !this.#types.has(event.type)) return;
    if (!this.#delivery.deliver(event, cursor)) this.end();
  }
}
