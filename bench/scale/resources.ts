/** What is shared: token buckets, places for environments, and the order of events in simulated time. */

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

interface Event {
  atMs: number;
  /** Of two at one time the one that was planned first comes first. */
  number: number;
  happen: () => void;
}

/** Simulated time. */
export class Timeline {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #planned = 0;

  after(ms: number, happen: () => void): void {
    this.#add({ atMs: this.nowMs + ms, number: this.#planned++, happen });
  }

  /** Lets everything happen that is planned, or until it is enough. */
  run(isEnough: () => boolean = () => false): void {
    for (let event = this.#take(); event && !isEnough(); event = this.#take()) {
      this.nowMs = event.atMs;
      event.happen();
    }
  }

  #add(event: Event): void {
    const heap = this.#heap;
    let place = heap.push(event) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(event, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = event;
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
