import { Heap, type Heaped } from '../../core/heap.ts';
import type { Clock } from '../../core/ports/clock.ts';

interface Deadline extends Heaped {
  dueMs: number;
  fire(): void;
}

const perClock = new WeakMap<Clock, Deadlines>();

/**
 * Deadlines over one sleep of a clock. Nearly every deadline is called off before it is due, so that a timer
 * for each would be most of what a fast task costs.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #open = new Heap<Deadline>((a, b) => a.dueMs < b.dueMs);
  #sleep: { untilMs: number; controller: AbortController } | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static of(clock: Clock): Deadlines {
    let deadlines = perClock.get(clock);
    if (deadlines === undefined) perClock.set(clock, (deadlines = new Deadlines(clock)));
    return deadlines;
  }

  /** Calls `fire` at or after `dueMs` (epoch milliseconds) unless the returned function was called before. */
  at(dueMs: number, fire: () => void): () => void {
    const deadline: Deadline = { dueMs, fire, place: -1 };
    this.#open.add(deadline);
    if (this.#sleep === undefined || dueMs < this.#sleep.untilMs) this.#sleepUntil(dueMs);
    return () => {
      if (deadline.place === -1) return;
      this.#open.remove(deadline);
      if (this.#open.size === 0) this.#wake();
    };
  }

  #wake(): void {
    this.#sleep?.controller.abort();
    this.#sleep = undefined;
  }

  #sleepUntil(untilMs: number): void {
    this.#wake();
    const sleep = { untilMs, controller: new AbortController() };
    this.#sleep = sleep;
    this.#clock.sleep(Math.max(0, untilMs - this.#clock.now()), sleep.controller.signal).then(
      () => {
        if (this.#sleep === sleep) this.#fireDue();
      },
      // Woken by `#wake`, which is the only one that can.
      () => undefined,
    );
  }

  #fireDue(): void {
    this.#sleep = undefined;
    const now = this.#clock.now();
    for (let first = this.#open.peek(); first && first.dueMs <= now; first = this.#open.peek()) {
      this.#open.remove(first);
      first.fire();
    }
    const next = this.#open.peek();
    if (next && this.#sleep === undefined) this.#sleepUntil(next.dueMs);
  }
}
