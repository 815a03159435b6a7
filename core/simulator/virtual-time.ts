/** Time that moves from event to event, as fast as they are dealt with. */
import { InvalidInput } from '../errors.ts';
import { Heap, type Heaped } from '../heap.ts';
import type { Clock } from '../ports/clock.ts';

/** What simulated parts need of time; an accelerated clock can give it as well. */
export interface Timeline {
  readonly nowMs: number;
  /** Runs it at a time, or now if that is over; the returned function takes it back. */
  at(ms: number, run: () => void): () => void;
}

interface Event extends Heaped {
  atMs: number;
  order: number;
  run: () => void;
}

/** Events run by time and, of one time, in the order in which they were asked for. */
export class VirtualTime implements Timeline, Clock {
  #nowMs: number;
  #order = 0;
  readonly #events = new Heap<Event>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(ms: number, run: () => void): () => void {
    if (Number.isNaN(ms)) throw new InvalidInput('An event is asked for at NaN.', 'Give milliseconds.');
    const event: Event = { atMs: Math.max(ms, this.#nowMs), order: this.#order++, run, place: -1 };
    this.#events.add(event);
    return () => {
      if (event.place >= 0) this.#events.remove(event);
    };
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.#nowMs + ms, run);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn((wake) => this.after(ms, wake), signal);
  }

  /** How many events are to come. */
  get waiting(): number {
    return this.#events.size;
  }

  /** Runs the next event. False where there is none up to a time. */
  step(untilMs = Infinity): boolean {
    const event = this.#events.peek();
    if (!event || event.atMs > untilMs) return false;
    this.#events.remove(event);
    this.#nowMs = event.atMs;
    event.run();
    return true;
  }

  /** Runs all events up to a time, those too that they ask for, and moves to it. */
  run(untilMs = Infinity): void {
    while (this.step(untilMs));
    if (untilMs < Infinity) this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}

/** Sleeps until what `after` calls; rejects with the signal's reason, and takes the call back, once it is aborted. */
export function sleepOn(after: (wake: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = () => {
      cancel();
      reject(signal!.reason as Error);
    };
    const cancel = after(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
