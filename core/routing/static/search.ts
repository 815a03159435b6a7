import { LabelHeap } from './label-heap.ts';
import type { NetworkState } from './state.ts';

/**
 * One direction of a search: for each node reached a label (cost, hops) and the arc that it came over. The
 * cost is Infinity for all others, which is put back by a list of the nodes that were reached, so that small
 * searches in a large network stay small. Labels are compared by cost, then hops; hops grow along every arc,
 * so that no chain of labels has a loop, not even over links that cost nothing.
 */
export class Labels {
  readonly #costs: Float64Array;
  readonly #hops: Int32Array;
  readonly #arcs: Int32Array;
  readonly #reached: Int32Array;
  /** May be more than there are, because what was dropped is reached again. */
  #reachedCount = 0;
  readonly heap: LabelHeap;

  constructor(nodeCount: number) {
    this.#costs = new Float64Array(nodeCount).fill(Infinity);
    this.#hops = new Int32Array(nodeCount);
    this.#arcs = new Int32Array(nodeCount);
    this.#reached = new Int32Array(nodeCount);
    this.heap = new LabelHeap(nodeCount);
  }

  /** Infinity for a node that isn't reached; then the rest of its label means nothing. */
  cost(node: number): number {
    return this.#costs[node]!;
  }

  hops(node: number): number {
    return this.#hops[node]!;
  }

  /** -1 at the node where the search began. */
  arc(node: number): number {
    return this.#arcs[node]!;
  }

  isReached(node: number): boolean {
    return this.#costs[node]! < Infinity;
  }

  /** Of nodes that have a label, about. */
  get reachedCount(): number {
    return this.#reachedCount;
  }

  begin(): void {
    this.heap.size = 0;
    const count = this.#reachedCount;
    if (count > this.#reached.length) this.#costs.fill(Infinity);
    else for (let place = 0; place < count; place++) this.#costs[this.#reached[place]!] = Infinity;
    this.#reachedCount = 0;
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
    if (!this.isBetter(node, cost, hops)) return false;
    if (this.#costs[node] === Infinity) this.heap.add(node, cost, hops);
    else this.heap.improve(node, cost, hops);
    this.#put(node, cost, hops, arc);
    return true;
  }

  /** As `offer`, for when a node that was settled may still get a better label. */
  offerAgain(node: number, cost: number, hops: number, arc: number): void {
    this.offerKeyed(node, cost, hops, arc, cost, hops);
  }

  /**
   * As `offerAgain`, but nodes come out of the heap in the order of a key (A*). Where that is rounded a node
   * may be settled too early, which is why it may come again.
   */
  offerKeyed(node: number, cost: number, hops: number, arc: number, keyCost: number, keyHops: number): void {
    if (!this.isBetter(node, cost, hops)) return;
    if (this.heap.has(node)) this.heap.improve(node, keyCost, keyHops);
    else this.heap.add(node, keyCost, keyHops);
    this.#put(node, cost, hops, arc);
  }

  /** Forgets the label of a node that isn't waiting. */
  drop(node: number): void {
    this.#costs[node] = Infinity;
  }

  isBetter(node: number, cost: number, hops: number): boolean {
    const old = this.#costs[node]!;
    // Infinity, the cost of what can't be used, is never better.
    return cost < old || (cost === old && cost < Infinity && hops < this.#hops[node]!);
  }

  #put(node: number, cost: number, hops: number, arc: number): void {
    if (this.#costs[node] === Infinity) {
      if (this.#reachedCount < this.#reached.length) this.#reached[this.#reachedCount] = node;
      this.#reachedCount++;
    }
    this.#costs[node] = cost;
    this.#hops[node] = hops;
    this.#arcs[node] = arc;
  }
}

/** What links cost, in both orders. */
export type ArcCosts = Pick<NetworkState, 'network' | 'arcCosts' | 'inCosts'>;

/** Labels every node that can be reached, or those up to `until`, which is the last one settled. */
export function searchTree(state: ArcCosts, labels: Labels, root: number, until = -1): void {
  const { outStarts, arcHeads } = state.network;
  const { arcCosts } = state;
  const { heap } = labels;
  labels.begin();
  labels.start(root);
  while (heap.size > 0) {
    const node = heap.pop();
    if (node === until) return;
    const cost = labels.cost(node);
    const hop = labels.hops(node) + 1;
    const end = outStarts[node + 1]!;
    for (let arc = outStarts[node]!; arc < end; arc++)
      labels.offer(arcHeads[arc]!, cost + arcCosts[arc]!, hop, arc);
  }
}

/**
 * The same backwards: labels are costs *to* the root. Their arcs are places in the order of the nodes that
 * arcs enter.
 */
export function searchTreeBack(state: ArcCosts, labels: Labels, root: number): void {
  const { inStarts, inTails } = state.network;
  const { inCosts } = state;
  const { heap } = labels;
  labels.begin();
  labels.start(root);
  while (heap.size > 0) {
    const node = heap.pop();
    const cost = labels.cost(node);
    const hop = labels.hops(node) + 1;
    const end = inStarts[node + 1]!;
    for (let place = inStarts[node]!; place < end; place++)
      labels.offer(inTails[place]!, cost + inCosts[place]!, hop, place);
  }
}

/** The arcs of the way through a node that both sides have labelled. */
export function arcsThrough(state: NetworkState, forward: Labels, backward: Labels, node: number): number[] {
  const { inArcs, arcHeads } = state.network;
  const arcs = arcsTo(state, forward, node);
  // Backwards, labels have places in the order of the nodes that arcs enter.
  for (let place = backward.arc(node); place >= 0; place = backward.arc(arcHeads[arcs.at(-1)!]!))
    arcs.push(inArcs[place]!);
  return arcs;
}

/** The arcs of the way that labels tell, from where the search began to `node`. */
export function arcsTo(state: NetworkState, labels: Labels, node: number): number[] {
  const { arcTails } = state.network;
  const arcs: number[] = [];
  for (let arc = labels.arc(node); arc >= 0; arc = labels.arc(arcTails[arc]!)) arcs.push(arc);
  return arcs.reverse();
}
