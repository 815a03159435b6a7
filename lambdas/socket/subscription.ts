import type { HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionReader } from '../../core/ports/execution-store.ts';
import { type Placed, readLog } from '../../core/socket/log-page.ts';
import type { Wanted } from './messages.ts';

const REPLAY_PAGE = 200;

/** Where a subscription's events go. */
export interface Delivery {
  deliver(event: HoldfastEvent, cursor: number | undefined): void;
  /** So much is on its way that nothing more should be delivered before `flushed`. */
  isFull(): boolean;
  /** Resolves when what was delivered has left this host, or the client is gone. */
  flushed(): Promise<void>;
  /** The client can't take what is live: `replay` is needed again. */
  fellBehind(): void;
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
    this.#types = wanted.types && new Set(wanted.types);
    this.#delivery = delivery;
    this.#sent = wanted.position ?? -1;
    this.#live = wanted.position === undefined;
  }

  /** From the live feed, in order. */
  offer(event: HoldfastEvent, cursor: number): void {
    const position = this.executionId === undefined ? cursor : event.seq;
    this.#told = position;
    if (!this.#live || this.#ended || position <= this.#sent) return;
    if (!this.#delivery.isFull()) return this.#send(event, position, cursor);
    this.#sent = Math.max(this.#sent, position - 1);
    this.#live = false;
    this.#delivery.fellBehind();
  }

  end(): void {
    this.#ended = true;
  }

  /**
   * Reads until it has caught up with the live feed, no faster than the client does. No turn of the event loop lies between
   * seeing that and going live, so nothing falls between.
   */
  async replay(reader: Pick<ExecutionReader, 'events' | 'feed'>): Promise<void> {
    while (!this.#live && !this.#ended) {
      if (this.#delivery.isFull()) await this.#delivery.flushed();
      const isLast = await this.#replayPage(reader);
      if (isLast && this.#told <= this.#sent) this.#live = true;
    }
  }

  async #replayPage(reader: Pick<ExecutionReader, 'events' | 'feed'>): Promise<boolean> {
    const page = await readLog(reader, this.executionId, this.#sent, REPLAY_PAGE);
    await this.#sendPaced(page);
    return page.length < REPLAY_PAGE;
  }

  async #sendPaced(page: readonly Placed[]): Promise<void> {
    for (const { event, position, cursor } of page) {
      if (this.#ended) return;
      if (this.#delivery.isFull()) await this.#delivery.flushed();
      this.#send(event, position, cursor);
    }
  }

  #send(event: HoldfastEvent, position: number, cursor: number | undefined): void {
    if (this.#ended) return;
    this.#sent = position;
    if (this.#types === undefined || this.#types.has(event.type)) this.#delivery.deliver(event, cursor);
  }
}
