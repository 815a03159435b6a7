import type { Turns } from '../../core/ports/turns.ts';
import { Recent } from '../../core/recent.ts';

/** Keys kept; the one that was asked for the longest ago goes first. */
const KEYS_MAX = 10_000;

/** Counted while this process runs: after a restart whoever comes first by name has its turn. */
export class MemoryTurns implements Turns {
  readonly #next = new Recent<string, number>(KEYS_MAX);

  async next(key: string): Promise<number> {
    const turn = this.#next.get(key) ?? 0;
    this.#next.set(key, turn + 1);
    return turn;
  }
}
