/** When to ask whether a link lives. */
import type { Channel } from '../node/node.ts';
import type { Random } from '../ports/random.ts';
import { checkNumbers, DAY_MS } from './checks.ts';

/**
 * The longest silence of a live link and one interval more must fit into the 2.5 intervals after which phi may fire.
 * Measured: every 15 seconds Starlink is silent for up to 0.75 s and answers 0.25 s late; a phone driven through a
 * city, often all that a second channel is, is silent for 5.8 s. A link that is known to be steadier is registered with
 * its own.
 */
export const PROBE_INTERVAL_MS: Record<Channel, number> = {
  primary: 1000,
  secondary: 5000,
  satellite: 1000,
  mesh: 5000,
};

/** What a probe and its answer take, with the headers below. */
export const PROBE_BYTES = 128;
/** Of a link's rate, what may go into probes. */
const PROBE_SHARE = 0.01;

/** Milliseconds between probes: the channel's, or longer where the link is so thin that they would crowd it. */
export function probeIntervalMs(channel: Channel, rateBitsPerSecond = Infinity): number {
  const thinMs = (PROBE_BYTES * 8 * 1000) / (rateBitsPerSecond * PROBE_SHARE);
  return Math.min(DAY_MS, Math.max(PROBE_INTERVAL_MS[channel], thinMs));
}

/** Probes are brought forward by up to a quarter at random, so that they don't march in step: RFC 5880, section 6.8.7. */
const JITTER = 0.25;
/** A link that is long silent is asked less often: after so many intervals half as often, and so on down to an eighth. */
const SLOWER_AFTER_INTERVALS = 20;
const SLOWER_MAX = 8;

export class ProbeSchedule {
  readonly #intervalMs: number;
  readonly #random: Random;
  #dueMs = -Infinity;

  constructor(intervalMs: number, random: Random) {
    checkNumbers({ intervalMs }, { intervalMs: { least: 1, most: DAY_MS } });
    this.#intervalMs = intervalMs;
    this.#random = random;
  }

  /** When the next probe goes out; −Infinity: now. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** After a probe was sent, or something was acknowledged that makes one needless. */
  put(nowMs: number, silenceMs = 0): void {
    const halvings = Math.floor(silenceMs / (SLOWER_AFTER_INTERVALS * this.#intervalMs));
    const slower = Math.min(SLOWER_MAX, 2 ** halvings);
    this.#dueMs = nowMs + this.#intervalMs * slower * (1 - JITTER * this.#random.next());
  }

  /** At once: a contact opened. */
  hurry(): void {
    this.#dueMs = -Infinity;
  }
}
