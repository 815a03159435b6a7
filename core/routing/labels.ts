/** Ways to a node that a search has found: arrays that grow and are used again. */
export class Labels {
  size = 0;
  node = new Int32Array(1024);
  atMs = new Float64Array(1024);
  hops = new Int32Array(1024);
  /** The position of its last contact, and the label that it goes on from; -1 at the source. */
  via = new Int32Array(1024);
  before = new Int32Array(1024);

  add(node: number, atMs: number, hops: number, via: number, before: number): number {
    if (this.size === this.node.length) this.#grow();
    const label = this.size;
    this.size += 1;
    this.node[label] = node;
    this.atMs[label] = atMs;
    this.hops[label] = hops;
    this.via[label] = via;
    this.before[label] = before;
    return label;
  }

  replace(label: number, atMs: number, via: number, before: number): void {
    this.atMs[label] = atMs;
    this.via[label] = via;
    this.before[label] = before;
  }

  /** Positions from the source to a label. */
  routeTo(label: number): number[] {
    const route: number[] = [];
    for (let at = label; this.before[at]! >= 0; at = this.before[at]!) route.push(this.via[at]!);
    return route.reverse();
  }

  #grow(): void {
    const length = this.size * 2;
    const ints = (old: Int32Array) => {
      const grown = new Int32Array(length);
      grown.set(old);
      return grown;
    };
    this.node = ints(this.node);
    this.hops = ints(this.hops);
    this.via = ints(this.via);
    this.before = ints(this.before);
    const atMs = new Float64Array(length);
    atMs.set(this.atMs);
    this.atMs = atMs;
  }
}
