/** Keeps a channel to a neighbour that fails, or takes its time, from taking anything from the others. */
import { StoreUnavailable } from '../errors.ts';
import type { Channel } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import { LinkDown } from '../ports/link-client.ts';
import { isUrgent, type Precedence } from '../satellite/precedence.ts';
import { Breaker } from './breaker.ts';
import { Bulkhead } from './bulkhead.ts';

interface Isolated {
  breaker: Breaker;
  bulkhead: Bulkhead;
}

export interface Sending {
  to: string;
  channel: Channel;
  precedence: Precedence;
}

/** So long a bundle waits for a place; then it looks for another way. */
const LINE_MS = 1000;

/**
 * A bulkhead and a breaker for each channel to each neighbour. The bulkhead bounds what leaves at once: a channel that takes
 * nothing any more holds a few bundles, and the rest look for another way. The breaker counts sends that failed though nobody
 * knew that the link is down (`StoreUnavailable`: a broker that can't be reached, or throttles); `LinkDown` comes at once and
 * costs nothing.
 */
export class Isolation {
  readonly #clock: Clock;
  readonly #isolated = new Map<string, Isolated>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sends where there is room, and where it is worth a try. Errors: `LinkDown` where not, those of `send`. */
  async run(sending: Sending, send: () => Promise<void>): Promise<void> {
    const { to, channel, precedence } = sending;
    const { breaker, bulkhead } = this.#of(to, channel);
    const leave = await this.#enter(bulkhead, precedence);
    if (leave === undefined)
      throw new LinkDown(
        `As many bundles of the precedence ${precedence} as may are leaving for "${to}" over ${channel}.`,
        'Send over another channel, or wait until they have left.',
      );
    try {
      const sentMs = this.#clock.now();
      // These have few bundles and no time: they are tried whatever became of others.
      if (!breaker.tryPass(sentMs) && !isUrgent(precedence))
        throw new LinkDown(
          `Sending to "${to}" over ${channel} failed time after time.`,
          `Send over another channel; this one is tried again at ${new Date(breaker.retryAtMs).toISOString()}.`,
        );
      await this.#watched(breaker, sentMs, send);
    } finally {
      leave();
    }
  }

  async #watched(breaker: Breaker, sentMs: number, send: () => Promise<void>): Promise<void> {
    try {
      await send();
      breaker.succeeded(sentMs);
    } catch (error) {
      if (error instanceof StoreUnavailable) breaker.failed(sentMs, this.#clock.now());
      else breaker.succeeded(sentMs);
      throw error;
    }
  }

  async #enter(bulkhead: Bulkhead, precedence: Precedence) {
    const entered = new AbortController();
    const leave = await bulkhead.enter(precedence, () => this.#clock.sleep(LINE_MS, entered.signal));
    entered.abort();
    return leave;
  }

  #of(to: string, channel: Channel): Isolated {
    const key = `${to} ${channel}`;
    const known = this.#isolated.get(key);
    if (known !== undefined) return known;
    const fresh = { breaker: new Breaker(), bulkhead: new Bulkhead() };
    this.#isolated.set(key, fresh);
    return fresh;
  }
}
