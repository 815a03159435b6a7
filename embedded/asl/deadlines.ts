import type { Clock } from '../../core/ports/clock.ts';

interface Deadline {
  dueMs: number;
  fire: (() => void) | undefined;
}

const queues = new WeakMap<Clock, Deadlines>();

/**
 * Deadlines over one sleep of a clock. Nearly every deadline is called off before it is due, so that a timer
 * for each would be most of what a fast task costs.
 */
export class Deadlines {
  readonly #clock: Clock;
  #heap: Deadline[] = [];
  #live = 0;
  #armed: { dueMs: number; controller: AbortController } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  static of(clock: Clock): Deadlines {
    let queue = queues.get(clock);
    if (queue === undefined) queues.set(clock, (queue = new Deadlines(clock)));
    return queue;
  }

  /** Calls `fire` at or after `dueMs` (epoch milliseconds) unless the returned function was called before. */
  at(dueMs: number, fire: () => void): () => void {
    const deadline: Deadline = { dueMs, fire };
    this.#push(deadline);
    this.#live++;
    if (this.#armed === undefined || dueMs < this.#armed.dueMs) this.#arm(dueMs);
    return () => this.#callOff(deadline);
  }

  #callOff(deadline: Deadline): void {
    if (deadline.fire === undefined) return;
    deadline.fire = undefined;
    if (--this.#live > 0) return;
    this.#heap = [];
    this.#armed?.controller.abort();
    this.#armed = undefined;
  }

  #arm(dueMs: number): void {
    this.#armed?.controller.abort();
    const armed = { dueMs, controller: new AbortController() };
    this.#armed = armed;
    this.#clock.sleep(Math.max(0, dueMs - this.#clock.now()), armed.controller.signal).then(
      () => {
        if (this.#armed === armed) this.#fireDue();
      },
      () => undefined,
    );
  }

  #fireDue(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    while (this.#heap.length > 0 && (this.#heap[0]!.fire === undefined || this.#heap[0]!.dueMs <= now)) {
      const deadline = this.#pop();
      const fire = deadline.fire;
      if (fire === undefined) continue;
      deadline.fire = undefined;
      this.#live--;
      fire();
    }
    const next = this.#heap[0];
    if (next !== undefined && this.#armed === undefined) this.#arm(next.dueMs);
  }

  #push(deadline: Deadline): void {
    const heap = this.#heap;
    let index = heap.push(deadline) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.dueMs <= deadline.dueMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = deadline;
  }

  #pop(): Deadline {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++;
      if (heap[child]!.dueMs >= last.dueMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
