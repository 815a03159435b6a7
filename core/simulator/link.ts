/** A link that takes time, loses and goes down. */
import { InvalidInput } from '../errors.ts';
import type { Random } from '../ports/random.ts';
import type { LinkProfile, LinkState } from './link-profile.ts';
import type { Timeline } from './virtual-time.ts';

export interface LinkEvents {
  /** The last bit is there. */
  delivered(): void;
  /** Nobody at the sending end is told in reality; what loses it is known here only. */
  lost(why: 'down' | 'noise'): void;
}

export interface LinkOptions {
  timeline: Timeline;
  random: Random;
  profile: LinkProfile;
  /** What was sent later may arrive sooner. @default false */
  reorders?: boolean;
}

/**
 * Sends one thing after the other, each bit by bit at the rate of the moment. What is being sent while the link is or
 * goes down is lost, and what is on its way already arrives.
 */
export class SimulatedLink {
  readonly #options: LinkOptions;
  #freeMs = -Infinity;
  #lastArrivalMs = -Infinity;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** When it can begin to send the next. */
  get freeMs(): number {
    return Math.max(this.#freeMs, this.#options.timeline.nowMs);
  }

  /** Tells when the sending end is done with it. Errors: `InvalidInput`. */
  send(sizeBytes: number, events: LinkEvents): number {
    if (!(sizeBytes >= 0 && sizeBytes < Infinity))
      throw new InvalidInput(`${sizeBytes} bytes are to be sent.`, 'Give a number from 0.');
    const { timeline, random } = this.#options;
    const { sentMs, state } = this.#transmit(this.freeMs, sizeBytes);
    this.#freeMs = sentMs;
    const { isUp, delayMs, jitterMs, lossRate } = state;
    const isHeard = random.next() >= lossRate;
    const jitter = jitterMs * random.next();
    if (!isUp) timeline.at(sentMs, () => events.lost('down'));
    else if (!isHeard) timeline.at(sentMs, () => events.lost('noise'));
    else timeline.at(this.#arrivalMs(sentMs + delayMs + jitter), () => events.delivered());
    return sentMs;
  }

  #arrivalMs(ms: number): number {
    if (!this.#options.reorders) this.#lastArrivalMs = Math.max(this.#lastArrivalMs, ms);
    return this.#options.reorders ? ms : this.#lastArrivalMs;
  }

  /** The end of it, and the state then: down where it is cut off. While the rate is 0 it waits. */
  #transmit(fromMs: number, sizeBytes: number): { sentMs: number; state: LinkState } {
    const { profile } = this.#options;
    let left = sizeBytes * 8000;
    let now = fromMs;
    for (;;) {
      const state = profile.at(now);
      if (!state.isUp) return { sentMs: now, state };
      const change = profile.nextChangeMs(now);
      const sentMs = left === 0 ? now : now + left / state.rateBitsPerSecond;
      if (sentMs <= change && sentMs < Infinity) return { sentMs, state };
      if (change === Infinity) return { sentMs: now, state: { ...state, isUp: false } };
      left -= (change - now) * state.rateBitsPerSecond;
      now = change;
    }
  }
}
