import type { NodeReport } from '../ports/network-store.ts';

/** How much nodes have to do: what they said last, and what this host has sent there since. */
export class Loads {
  readonly #sent = new Map<string, { reportedMs: number; tasks: number }>();

  /** Tasks at a node. */
  running(node: string, report: NodeReport | undefined): number {
    return (report?.load ?? 0) + this.#since(node, report).tasks;
  }

  /** Another task goes there. */
  placed(node: string, report: NodeReport | undefined): void {
    this.#since(node, report).tasks++;
  }

  #since(node: string, { atMs }: { atMs: number } = { atMs: -Infinity }): { tasks: number } {
    let sent = this.#sent.get(node);
    if (sent?.reportedMs !== atMs) this.#sent.set(node, (sent = { reportedMs: atMs, tasks: 0 }));
    return sent;
  }
}
