import type { NodeLoads } from '../../core/ports/node-loads.ts';

/** As nodes reported them while this process runs, with what went there since. */
export class MemoryNodeLoads implements NodeLoads {
  readonly #running = new Map<string, number>();

  async running(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#running);
  }

  placed(node: string): void {
    this.#running.set(node, (this.#running.get(node) ?? 0) + 1);
  }

  /** What a node says of itself takes the place of what was counted. */
  reported(node: string, running: number): void {
    this.#running.set(node, running);
  }
}
