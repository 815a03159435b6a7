/**
 * A 4-ary heap of node numbers over typed arrays, least cost first and among equal costs fewest hops first.
 * Nodes know their slot, so that a better label moves a node instead of adding it twice: it holds each node at
 * most once. With `Heap`, whose items are objects, a tree over 50,000 links takes twice as long.
 */
export class LabelHeap {
  size = 0;
  /** Of each slot, kept beside each other so that comparing touches no other memory. */
  readonly costs: Float64Array;
  readonly hops: Int32Array;
  readonly nodes: Int32Array;
  /** The slot of each node; means nothing for a node that isn't in. */
  readonly slots: Int32Array;

  constructor(nodeCount: number) {
    this.costs = new Float64Array(nodeCount);
    this.hops = new Int32Array(nodeCount);
    this.nodes = new Int32Array(nodeCount);
    this.slots = new Int32Array(nodeCount);
  }

  has(node: number): boolean {
    const slot = this.slots[node]!;
    return slot < this.size && this.nodes[slot] === node;
  }

  add(node: number, cost: number, hops: number): void {
    this.#rise(this.size++, node, cost, hops);
  }

  /** The label must be better than the one that the node has in here. */
  improve(node: number, cost: number, hops: number): void {
    this.#rise(this.slots[node]!, node, cost, hops);
  }

  /** Takes out the first node; there must be one. */
  pop(): number {
    const { costs, hops, nodes, slots } = this;
    const first = nodes[0]!;
    const last = --this.size;
    if (last === 0) return first;
    const cost = costs[last]!;
    const hop = hops[last]!;
    const node = nodes[last]!;
    let slot = 0;
    for (;;) {
      const firstChild = (slot << 2) + 1;
      if (firstChild >= last) break;
      const end = firstChild + 4 < last ? firstChild + 4 : last;
      let best = firstChild;
      let bestCost = costs[firstChild]!;
      for (let child = firstChild + 1; child < end; child++) {
        const childCost = costs[child]!;
        if (childCost < bestCost || (childCost === bestCost && hops[child]! < hops[best]!)) {
          best = child;
          bestCost = childCost;
        }
      }
      if (bestCost > cost || (bestCost === cost && hops[best]! >= hop)) break;
      const moved = nodes[best]!;
      costs[slot] = bestCost;
      hops[slot] = hops[best]!;
      nodes[slot] = moved;
      slots[moved] = slot;
      slot = best;
    }
    costs[slot] = cost;
    hops[slot] = hop;
    nodes[slot] = node;
    slots[node] = slot;
    return first;
  }

  #rise(from: number, node: number, cost: number, hop: number): void {
    const { costs, hops, nodes, slots } = this;
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 2;
      const parentCost = costs[parent]!;
      if (parentCost < cost || (parentCost === cost && hops[parent]! <= hop)) break;
      const moved = nodes[parent]!;
      costs[slot] = parentCost;
      hops[slot] = hops[parent]!;
      nodes[slot] = moved;
      slots[moved] = slot;
      slot = parent;
    }
    costs[slot] = cost;
    hops[slot] = hop;
    nodes[slot] = node;
    slots[node] = slot;
  }
}
