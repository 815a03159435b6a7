import type { Clock } from '../ports/clock.ts';

/** How much is on its way to a connection: who comes when it is full waits until something is acknowledged. */
export class SendWindow {
  readonly #most: number;
  readonly #patienceMs: number;
  readonly #clock: Clock;
  readonly #onStuck: () => void;
  readonly #closing = new AbortController();
  readonly #waiting: ((isOpen: boolean) => void)[] = [];
  #count = 0;
  #acknowledgements = 0;

  /** `onStuck`: it is full, and nothing was acknowledged for `patienceMs`. */
  constructor(most: number, patienceMs: number, clock: Clock, onStuck: () => void) {
    this.#most = most;
    this.#patienceMs = patienceMs;
    this.#clock = clock;
    this.#onStuck = onStuck;
  }

  /** False: the connection is gone. */
  enter(): Promise<boolean> {
    if (this.#closing.signal.aborted) return Promise.resolve(false);
    if (this.#count < this.#most) {
      this.#count++;
      return Promise.resolve(true);
    }
    if (this.#waiting.length === 0) this.#watch();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  acknowledged(): void {
    this.#acknowledgements++;
    const next = this.#waiting.shift();
    if (next !== undefined) next(true);
    // What an earlier connection of its session left is acknowledged too.
    else this.#count = Math.max(0, this.#count - 1);
  }

  close(): void {
    this.#closing.abort();
    for (const next of this.#waiting.splice(0)) next(false);
  }

  #watch(): void {
    const before = this.#acknowledgements;
    this.#clock.sleep(this.#patienceMs, this.#closing.signal).then(
      () => {
        if (this.#waiting.length === 0) return;
        if (this.#acknowledgements === before) this.#onStuck();
        else this.#watch();
      },
      () => undefined,
    );
  }
}
