import type { Turns } from '../../core/ports/turns.ts';

/** Keys kept; the one that was asked for the longest ago goes first. */
const KEYS_MAX = 10_000;

/** Counted while this process runs: after a restart whoever comes first by name has its turn. */
export class MemoryTurns implements Turns {
  readonly #next = new Map<string, number>();

  async next(key: string): Promise<number> {
    const turn = this.#next.get(key) ?? 0;
    this.#next.delete(key);
    this.#next.set(key, turn + 1);
    if (this.#next.size > KEYS_MAX) this.#next.delete(this.#next.keys().next().value!);
    return turn;
  }
}
