import { type Labels, searchTree, searchTreeBack } from './search.ts';
import { inOrderOfHeads, type NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/** What is off by less is rounding: sums of as many costs as there are nodes stay within it. */
export const ROUNDING = 2 ** -32;

/**
 * Nodes whose distances from and to all others are known, which bounds all distances by the inequality of triangles
 * (ALT: Goldberg and Harrelson 2005). They are measured by what links cost as long as nothing is wrong with them, so
 * that bounds outlast failures and degradations; they do not outlast a link that gets cheaper.
 */
export class Landmarks {
  readonly #state: NetworkState;
  readonly #cheaperCount: number;
  /** Of each node the distances from and to each landmark, side by side. */
  #distances = new Float64Array(0);
  #width = 0;
  /** Of each node to the landmark that is the least way off, there and back. */
  readonly #nearest: Float64Array;
  #from = 0;
  #to = 0;
  /** The rounding of bounds for the query that is aimed at. */
  slack = 0;

  constructor(state: NetworkState) {
    this.#state = state;
    this.#cheaperCount = state.cheaperCount;
    this.#nearest = new Float64Array(state.network.nodeCount).fill(Infinity);
  }

  get count(): number {
    return this.#width / 2;
  }

  get areRight(): boolean {
    return this.#state.cheaperCount === this.#cheaperCount;
  }

  /** Bounds are for this query from now on. False where they would be of no use. */
  aim({ from, to }: Ends): boolean {
    const width = this.#width;
    this.#from = from;
    this.#to = to;
    let farthest = 0;
    for (const node of [from, to])
      for (const distance of this.#distances.subarray(node * width, (node + 1) * width))
        if (distance < Infinity) farthest = Math.max(farthest, distance);
    this.slack = farthest * ROUNDING;
    return this.boundToEnd(from) > this.slack;
  }

  /** No way from the node to the end costs less, but for the slack. */
  boundToEnd(node: number): number {
    return this.#bound(node, this.#to);
  }

  /** No way from the start to the node costs less, but for the slack. */
  boundFromStart(node: number): number {
    return this.#bound(this.#from, node);
  }

  #bound(from: number, to: number): number {
    const distances = this.#distances;
    const width = this.#width;
    const end = (from + 1) * width;
    let bound = 0;
    // Neither difference counts where nothing leads to a landmark or from it: it is not a number, or below 0.
    for (let near = from * width, far = to * width; near < end; near += 2, far += 2) {
      const after = distances[far]! - distances[near]!;
      if (after > bound) bound = after;
      const before = distances[near + 1]! - distances[far + 1]!;
      if (before > bound) bound = before;
    }
    return bound;
  }

  /**
   * Measures one more: the node that is farthest from the others, or from `from` where none of them is within reach
   * of it. Takes as long as two or three trees; overwrites the labels.
   */
  add(from: number, forward: Labels, backward: Labels): void {
    const { network, baseCosts } = this.#state;
    const costs = { network, arcCosts: baseCosts, inCosts: inOrderOfHeads(network, baseCosts) };
    if (this.#nearest[from] === Infinity) searchTree(costs, forward, from);
    const landmark = this.#farthest(this.#nearest[from] === Infinity ? forward : undefined) ?? from;
    searchTree(costs, forward, landmark);
    searchTreeBack(costs, backward, landmark);
    this.#widen(forward, backward);
  }

  #farthest(reached: Labels | undefined): number | undefined {
    let farthest: number | undefined;
    let most = 0;
    this.#nearest.forEach((nearest, node) => {
      const cost = reached === undefined || nearest === 0 ? nearest : reached.cost(node);
      if (cost <= most || cost === Infinity) return;
      most = cost;
      farthest = node;
    });
    return farthest;
  }

  #widen(forward: Labels, backward: Labels): void {
    const old = this.#distances;
    const width = this.#width;
    const distances = new Float64Array(old.length + 2 * this.#nearest.length);
    this.#nearest.forEach((nearest, node) => {
      const place = node * (width + 2);
      for (let at = 0; at < width; at++) distances[place + at] = old[node * width + at]!;
      distances[place + width] = forward.cost(node);
      distances[place + width + 1] = backward.cost(node);
      this.#nearest[node] = Math.min(nearest, forward.cost(node) + backward.cost(node));
    });
    this.#distances = distances;
    this.#width = width + 2;
  }
}
