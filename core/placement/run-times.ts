/** How long tasks take, as they took lately. */
import { Recent } from '../recent.ts';

/** Enough that one that took long is none to go by. */
const KEPT = 15;
/** Of nodes and types of task. */
const PAIRS_MAX = 10_000;

/** Kept for as long as the process lives: what it doesn't know, it finds out again with the first that ends. */
export class RunTimes {
  readonly #times = new Recent<string, number[]>(PAIRS_MAX);

  /** A task of the type took so long at the node, without the way there and back. */
  ended(node: string, type: string, ranMs: number): void {
    const key = keyOf(node, type);
    this.#times.set(key, [...(this.#times.get(key) ?? []), ranMs].slice(-KEPT));
  }

  /** The median; 0 where none has ended: a node that nobody knows is tried. */
  expectedMs(node: string, type: string): number {
    const sorted = (this.#times.get(keyOf(node, type)) ?? []).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}

const keyOf = (node: string, type: string): string => `${node} ${type}`;
