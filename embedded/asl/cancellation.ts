import type { Cancelled } from './errors.ts';

/** A tree of things to stop. Cheaper than `AbortSignal`, which it makes only for who asks. */
export class Cancellation {
  #reason: Cancelled | undefined;
  #listeners: Set<(reason: Cancelled) => void> | undefined;
  #controller: AbortController | undefined;

  get reason(): Cancelled | undefined {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  throwIfCancelled(): void {
    if (this.#reason) throw this.#reason;
  }

  cancel(reason: Cancelled): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#listeners ?? []) listener(reason);
    this.#listeners = undefined;
  }

  /** Calls back once, now if it is cancelled already; the returned function takes the listener off. */
  onCancel(listener: (reason: Cancelled) => void): () => void {
    if (this.#reason) {
      listener(this.#reason);
      return () => undefined;
    }
    const listeners = (this.#listeners ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
