/** Lets at most so many run at once. */
export class Limiter {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when it runs, not when it has ended; until then it waits for its turn. `run` must not reject. */
  async start(run: () => Promise<void>): Promise<void> {
    if (this.#running < this.#most) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    void run().finally(() => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    });
  }
}
