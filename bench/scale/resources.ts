/** What is shared: token buckets, and places for environments. */

/** How much somebody had to wait for it. */
export interface Waits {
  taken: number;
  waits: number;
  waitedMs: number;
  longestMs: number;
}

export const noWaits = (): Waits => ({ taken: 0, waits: 0, waitedMs: 0, longestMs: 0 });

export function note(waits: Waits, amount: number, ms: number): void {
  waits.taken += amount;
  if (ms <= 0) return;
  waits.waits++;
  waits.waitedMs += ms;
  waits.longestMs = Math.max(waits.longestMs, ms);
}

/** A token bucket whose callers come again until they get theirs, those that came first before the others. */
export class Bucket {
  readonly seen: Waits;
  readonly #ratePerMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = 0;

  /** `seen`: shared by buckets that are one quota. */
  constructor({ rate, burst }: { rate: number; burst: number }, seen: Waits = noWaits()) {
    this.#ratePerMs = rate / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.seen = seen;
  }

  /** Takes `amount` tokens; gives the milliseconds until they are there. */
  take(nowMs: number, amount = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#ratePerMs);
    this.#atMs = nowMs;
    this.#tokens -= amount;
    const ms = this.#tokens >= 0 ? 0 : -this.#tokens / this.#ratePerMs;
    note(this.seen, amount, ms);
    return ms;
  }
}

interface Waiting {
  sinceMs: number;
  begin: () => void;
  giveUp: () => void;
}

/** Those served are let go of so many at a time. */
const DONE_MAX = 100_000;

/** Environments, of which there are so many at once; who waits for longer than `patienceMs` gives up. */
export class Places {
  readonly seen = noWaits();
  gaveUp = 0;
  readonly #patienceMs: number;
  readonly #queue: Waiting[] = [];
  #first = 0;
  #free: number;

  constructor(places: number, patienceMs: number) {
    this.#free = places;
    this.#patienceMs = patienceMs;
  }

  ask(nowMs: number, begin: () => void, giveUp: () => void): void {
    if (this.#free === 0) {
      this.#queue.push({ sinceMs: nowMs, begin, giveUp });
      return;
    }
    this.#free--;
    note(this.seen, 1, 0);
    begin();
  }

  /** Gives a place back, to whoever has waited longest. */
  leave(nowMs: number): void {
    for (;;) {
      const next = this.#queue[this.#first];
      if (next === undefined) {
        this.#free++;
        return;
      }
      this.#first++;
      if (this.#first > DONE_MAX) {
        this.#queue.splice(0, this.#first);
        this.#first = 0;
      }
      const ms = nowMs - next.sinceMs;
      if (ms <= this.#patienceMs) {
        note(this.seen, 1, ms);
        return next.begin();
      }
      this.gaveUp++;
      next.giveUp();
    }
  }
}
