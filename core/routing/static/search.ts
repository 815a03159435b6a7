import { LabelHeap } from './label-heap.ts';
import type { NetworkState } from './state.ts';

/**
 * One direction of a search: a label (cost, hops) and the arc that it came over, for each node reached. A label counts
 * only if it has the stamp of this search, so that nothing has to be cleared between queries.
 * Labels are compared by cost, then hops; hops grow along every arc, so that no chain of labels has a loop, not even over
 * links that cost nothing.
 */
export class Labels {
  readonly costs: Float64Array;
  readonly hops: Int32Array;
  /** -1 at the node where the search began. */
  readonly arcs: Int32Array;
  readonly stamps: Uint32Array;
  readonly heap: LabelHeap;
  stamp = 0;

  constructor(nodeCount: number) {
    this.costs = new Float64Array(nodeCount);
    this.hops = new Int32Array(nodeCount);
    this.arcs = new Int32Array(nodeCount);
    this.stamps = new Uint32Array(nodeCount);
    this.heap = new LabelHeap(nodeCount);
  }

  begin(): void {
    this.heap.size = 0;
    if (this.stamp === 0xffff_ffff) {
      this.stamps.fill(0);
      this.stamp = 0;
    }
    this.stamp++;
  }

  /** Nothing reaches the node in this search. */
  ban(node: number): void {
    this.#put(node, -Infinity, 0, -1);
  }

  start(node: number): void {
    this.#put(node, 0, 0, -1);
    this.heap.add(node, 0, 0);
  }

  /** Keeps the label if it is the best so far. */
  offer(node: number, cost: number, hops: number, arc: number): boolean {
    if (this.stamps[node] !== this.stamp) {
      // Infinity is the cost of what can't be used.
      if (cost === Infinity) return false;
      this.heap.add(node, cost, hops);
    } else {
      const old = this.costs[node]!;
      if (cost > old || (cost === old && hops >= this.hops[node]!)) return false;
      this.heap.improve(node, cost, hops);
    }
    this.#put(node, cost, hops, arc);
    return true;
  }

  /** As `offer`, for when a node that was settled may still get a better label. */
  offerAgain(node: number, cost: number, hops: number, arc: number): void {
    if (this.isReached(node) && !this.heap.has(node)) {
      const old = this.costs[node]!;
      if (cost > old || (cost === old && hops >= this.hops[node]!)) return;
      this.drop(node);
    }
    this.offer(node, cost, hops, arc);
  }

  /**
   * As `offerAgain`, but nodes come out of the heap in the order of what the whole way would cost, `rest` being labels
   * towards its end (A*). A rounded sum may then settle a node too early, which is why it may come again.
   */
  offerTowards(node: number, cost: number, hops: number, arc: number, rest: Labels): void {
    if (cost === Infinity) return;
    const { heap } = this;
    const isWaiting = this.isReached(node) && heap.has(node);
    if (this.isReached(node)) {
      const old = this.costs[node]!;
      if (cost > old || (cost === old && hops >= this.hops[node]!)) return;
    }
    this.#put(node, cost, hops, arc);
    const wholeCost = cost + rest.costs[node]!;
    const wholeHops = hops + rest.hops[node]!;
    if (isWaiting) heap.improve(node, wholeCost, wholeHops);
    else heap.add(node, wholeCost, wholeHops);
  }

  /** Forgets the label of a node that isn't waiting. */
  drop(node: number): void {
    this.stamps[node] = 0;
  }

  isReached(node: number): boolean {
    return this.stamps[node] === this.stamp;
  }

  #put(node: number, cost: number, hops: number, arc: number): void {
    this.costs[node] = cost;
    this.hops[node] = hops;
    this.arcs[node] = arc;
    this.stamps[node] = this.stamp;
  }
}

/** Labels every node that can be reached, or those up to `until`, which is the last one settled. */
export function searchTree(state: NetworkState, labels: Labels, root: number, until = -1): void {
  const { outStarts, arcHeads } = state.network;
  const { arcCosts } = state;
  const { costs, hops, heap } = labels;
  labels.begin();
  labels.start(root);
  while (heap.size > 0) {
    const node = heap.pop();
    if (node === until) return;
    const cost = costs[node]!;
    const hop = hops[node]! + 1;
    const end = outStarts[node + 1]!;
    for (let arc = outStarts[node]!; arc < end; arc++)
      labels.offer(arcHeads[arc]!, cost + arcCosts[arc]!, hop, arc);
  }
}

/** The same backwards: labels are costs *to* the root, arcs the first ones of the ways there. */
export function searchTreeBack(state: NetworkState, labels: Labels, root: number): void {
  const { inStarts, inTails, inArcs } = state.network;
  const { inCosts } = state;
  const { costs, hops, heap } = labels;
  labels.begin();
  labels.start(root);
  while (heap.size > 0) {
    const node = heap.pop();
    const cost = costs[node]!;
    const hop = hops[node]! + 1;
    const end = inStarts[node + 1]!;
    for (let place = inStarts[node]!; place < end; place++)
      labels.offer(inTails[place]!, cost + inCosts[place]!, hop, inArcs[place]!);
  }
}

/** The arcs of the way that labels tell, from where the search began to `node`. */
export function arcsTo(state: NetworkState, labels: Labels, node: number): number[] {
  const { arcTails } = state.network;
  const arcs: number[] = [];
  for (let arc = labels.arcs[node]!; arc >= 0; arc = labels.arcs[arcTails[arc]!]!) arcs.push(arc);
  return arcs.reverse();
}
