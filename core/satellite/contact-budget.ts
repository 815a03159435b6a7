/** What one contact can still carry, so that what is sent in it never exceeds it. */
import type { Contact } from '../contact-plan/contact.ts';
import { InvalidInput } from '../errors.ts';
import { checkNumbers, checkTime, DAY_MS } from '../link-health/checks.ts';

export interface BudgetOptions {
  /** Nothing is sent so soon after the contact starts: the terminal may find it late. @default 0 */
  openMarginMs?: number;
  /** Everything is sent so long before it ends. @default 0 */
  closeMarginMs?: number;
  /** Of the volume, what is kept free for sending again. 0 to 1. @default 0 */
  reserveShare?: number;
  /** Booked for this queue; the rest of the contact is others'. @default the whole contact */
  volumeBytesMax?: number;
  /** When the rest of a bundle that doesn't fit can leave: what would be late then isn't begun. @default unknown */
  nextStartMs?: number;
}

export interface Airtime {
  startMs: number;
  endMs: number;
}

interface Segment {
  startMs: number;
  endMs: number;
  bytesPerMs: number;
}

/** A whole byte isn't lost to rounding. */
const ROUNDING_BYTES = 1e-6;

export class ContactBudget {
  readonly nextStartMs: number | undefined;
  readonly #segments: Segment[];
  #freeMs: number;
  #leftBytes: number;

  /** Errors: `InvalidInput` for options that can't be; the contact is taken as checked. */
  constructor(contact: Contact, options: BudgetOptions = {}) {
    const { openMarginMs = 0, closeMarginMs = 0, reserveShare = 0 } = options;
    checkNumbers(
      { openMarginMs, closeMarginMs, reserveShare },
      {
        openMarginMs: { least: 0, most: DAY_MS },
        closeMarginMs: { least: 0, most: DAY_MS },
        reserveShare: { least: 0, most: 1 },
      },
    );
    const { volumeBytesMax = Infinity, nextStartMs } = options;
    if (!(volumeBytesMax >= 0))
      throw new InvalidInput(`volumeBytesMax is ${volumeBytesMax}.`, 'Give bytes from 0.');
    this.nextStartMs = nextStartMs;
    this.#segments = segmentsOf(contact, contact.startMs + openMarginMs, contact.endMs - closeMarginMs);
    this.#freeMs = contact.startMs + openMarginMs;
    const volume = this.#bytesFrom(this.#freeMs);
    this.#leftBytes = Math.min(volumeBytesMax, Math.floor(volume * (1 - reserveShare) + ROUNDING_BYTES));
  }

  /** Whole bytes that can be sent from `nowMs` on, after what was taken. */
  leftBytes(nowMs: number): number {
    const volume = Math.floor(this.#bytesFrom(Math.max(checkTime(nowMs), this.#freeMs)) + ROUNDING_BYTES);
    return Math.max(0, Math.min(this.#leftBytes, volume));
  }

  /** Takes so much, to be sent right after what was taken before. Errors: `InvalidInput` for more than is left. */
  take(sizeBytes: number, nowMs: number): Airtime {
    const left = this.leftBytes(nowMs);
    if (!(sizeBytes >= 0 && sizeBytes <= left))
      throw new InvalidInput(
        `The contact can still carry ${left} bytes and is asked for ${sizeBytes}.`,
        'Take at most what leftBytes says; the rest waits for another contact.',
      );
    const startMs = Math.max(nowMs, this.#freeMs);
    this.#leftBytes -= sizeBytes;
    this.#freeMs = this.#sentAfter(startMs, sizeBytes);
    return { startMs, endMs: this.#freeMs };
  }

  #bytesFrom(fromMs: number): number {
    let bytes = 0;
    for (const { startMs, endMs, bytesPerMs } of this.#segments)
      if (endMs > fromMs) bytes += (endMs - Math.max(startMs, fromMs)) * bytesPerMs;
    return bytes;
  }

  #sentAfter(fromMs: number, sizeBytes: number): number {
    let left = sizeBytes;
    let now = fromMs;
    for (const { startMs, endMs, bytesPerMs } of this.#segments) {
      if (endMs <= now || left <= 0) continue;
      now = Math.max(now, startMs);
      const here = Math.min(left, (endMs - now) * bytesPerMs);
      now += here / bytesPerMs;
      left -= here;
    }
    return now;
  }
}

/** Where a contact has a rate, within `[fromMs, toMs)`. */
function segmentsOf(contact: Contact, fromMs: number, toMs: number): Segment[] {
  const { startMs, endMs, rateBitsPerSecond, rateSteps = [] } = contact;
  return [{ atMs: startMs, rateBitsPerSecond }, ...rateSteps]
    .map(({ atMs, rateBitsPerSecond: rate }, at) => ({
      startMs: Math.max(atMs, fromMs),
      endMs: Math.min(rateSteps[at]?.atMs ?? endMs, toMs),
      bytesPerMs: rate / 8000,
    }))
    .filter((segment) => segment.endMs > segment.startMs && segment.bytesPerMs > 0);
}
