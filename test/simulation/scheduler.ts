/** Virtual time and the one place where chance decides what happens next. */
import type { Clock } from '../../core/ports/clock.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';

interface Work {
  dueMs: number;
  order: number;
  run: (() => void) | undefined;
  owner: object | undefined;
}

const before = (a: Work, b: Work): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);

/** Work further away than this is a limit that nobody waits for (a state without a timeout: three years). */
const HORIZON_MS = 60 * 24 * 3600 * 1000;

export class Scheduler {
  nowMs = Date.UTC(2026, 0, 1);
  steps = 0;
  readonly #rng: SeededRandom;
  readonly #heap: Work[] = [];
  readonly #due: Work[] = [];
  #order = 0;

  constructor(rng: SeededRandom) {
    this.#rng = rng;
  }

  /** Runs `run` at or after `delayMs`, unless the returned function was called or the owner's work dropped before. */
  after(delayMs: number, run: () => void, owner?: object): () => void {
    const work: Work = { dueMs: this.nowMs + delayMs, order: this.#order++, run, owner };
    this.#push(work);
    return () => {
      work.run = undefined;
    };
  }

  sleep(delayMs: number, owner?: object): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve, owner));
  }

  /** A crash: none of the owner's work ever happens. */
  drop(owner: object): void {
    for (const work of [...this.#heap, ...this.#due]) if (work.owner === owner) work.run = undefined;
  }

  /** Takes one step: something that is due, by chance; else time moves to what comes next. False when nothing comes. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      if (this.#due.length === 0 && !this.#advance()) return false;
      this.#collect();
      const [work] = this.#due.splice(this.#rng.int(0, this.#due.length - 1), 1);
      if (!work?.run) continue;
      this.steps++;
      work.run();
      return true;
    }
  }

  #advance(): boolean {
    while (this.#heap.length > 0 && this.#heap[0]!.run === undefined) this.#pop();
    const next = this.#heap[0];
    if (!next || next.dueMs > this.nowMs + HORIZON_MS) return false;
    this.nowMs = Math.max(this.nowMs, next.dueMs);
    return true;
  }

  #collect(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.dueMs <= this.nowMs) {
      const work = this.#pop();
      if (work.run) this.#due.push(work);
    }
  }

  #push(work: Work): void {
    const heap = this.#heap;
    let at = heap.push(work) - 1;
    while (at > 0 && before(work, heap[(at - 1) >> 1]!)) {
      heap[at] = heap[(at - 1) >> 1]!;
      at = (at - 1) >> 1;
    }
    heap[at] = work;
  }

  #pop(): Work {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

/** The clock of one incarnation of the host: its sleeps end with it. */
export class VirtualClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #owner: object;

  constructor(scheduler: Scheduler, owner: object) {
    this.#scheduler = scheduler;
    this.#owner = owner;
  }

  now(): number {
    return this.#scheduler.nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = () => {
        cancel();
        reject(signal!.reason as Error);
      };
      const cancel = this.#scheduler.after(
        ms,
        () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
        this.#owner,
      );
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
