/** What virtual time waits for: calls that are answered outside of it. */
export class Pending {
  #count = 0;

  async of<Result>(promise: Promise<Result>): Promise<Result> {
    this.#count++;
    try {
      return await promise;
    } finally {
      this.#count--;
    }
  }

  /** The port, every call of which is waited for. */
  around<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, method) => {
        const run = Reflect.get(target, method, target) as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]) => this.of(run.apply(target, given));
      },
    });
  }

  /** Resolves when nothing is under way and nothing more follows from what was. */
  async settle(): Promise<void> {
    for (let calm = 0; calm < CALM_TURNS; calm = this.#count === 0 ? calm + 1 : 0)
      await new Promise((resolve) => setImmediate(resolve));
  }
}

const CALM_TURNS = 4;
