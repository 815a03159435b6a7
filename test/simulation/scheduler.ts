/** Virtual time and the one place where chance decides what happens next. */
import { Heap, type Heaped } from '../../core/heap.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { sleepOn } from '../../core/simulator/virtual-time.ts';

interface Work extends Heaped {
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
  readonly #ahead = new Heap<Work>(before);
  readonly #due: Work[] = [];
  #order = 0;

  constructor(rng: SeededRandom) {
    this.#rng = rng;
  }

  /** Runs `run` at or after `delayMs`, unless the returned function was called or the owner's work dropped before. */
  after(delayMs: number, run: () => void, owner?: object): () => void {
    const work: Work = { dueMs: this.nowMs + delayMs, order: this.#order++, run, owner, place: -1 };
    this.#ahead.add(work);
    return () => {
      work.run = undefined;
    };
  }

  sleep(delayMs: number, owner?: object): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve, owner));
  }

  /** A crash: none of the owner's work ever happens. */
  drop(owner: object): void {
    for (const work of [...this.#ahead.items(), ...this.#due]) if (work.owner === owner) work.run = undefined;
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
    const next = this.#next();
    if (!next || next.dueMs > this.nowMs + HORIZON_MS) return false;
    this.nowMs = Math.max(this.nowMs, next.dueMs);
    return true;
  }

  #collect(): void {
    for (let next = this.#next(); next && next.dueMs <= this.nowMs; next = this.#next()) {
      this.#ahead.remove(next);
      this.#due.push(next);
    }
  }

  /** The first that still is to run. */
  #next(): Work | undefined {
    for (let next = this.#ahead.peek(); next; next = this.#ahead.peek()) {
      if (next.run) return next;
      this.#ahead.remove(next);
    }
    return undefined;
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
    return sleepOn((wake) => this.#scheduler.after(ms, wake, this.#owner), signal);
  }
}
