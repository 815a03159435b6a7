import type { Clock } from '../../core/ports/clock.ts';
import { type Timeline, VirtualTime } from '../../core/simulator/virtual-time.ts';

export interface AcceleratedClockOptions {
  /** Epoch milliseconds at which it begins. */
  startMs: number;
  /** Its milliseconds for each of the machine's. */
  factor: number;
  /**
   * It goes at most so far at once: a machine that is busy slows it down, instead of having everything that waits come late.
   * @default 250
   */
  stepMsMax?: number;
}

const TICK_MS = 1;

/** Time that runs faster than the machine's, from any beginning on, until it is stopped. */
export class AcceleratedClock implements Clock, Timeline {
  readonly #time: VirtualTime;
  /** Its milliseconds for each of the machine's, from now on. */
  factor: number;
  readonly #stepMsMax: number;
  #tickedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor({ startMs, factor, stepMsMax = 250 }: AcceleratedClockOptions) {
    this.#time = new VirtualTime(startMs);
    this.factor = factor;
    this.#stepMsMax = stepMsMax;
    this.#wait();
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  now(): number {
    return this.#time.nowMs;
  }

  at(ms: number, run: () => void): () => void {
    return this.#time.at(ms, run);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#time.sleep(ms, signal);
  }

  /** What sleeps is not woken any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const nowMs = performance.now();
    const goneMs = (nowMs - this.#tickedMs) * this.factor;
    this.#tickedMs = nowMs;
    this.#wait();
    this.#time.run(this.#time.nowMs + Math.min(goneMs, this.#stepMsMax));
  }
}
