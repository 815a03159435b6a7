/** Nodes by time, the earliest first, in arrays that are used again. */
export class NodeQueue {
  #times: Float64Array;
  #nodes: Int32Array;
  #size = 0;
  /** Of what `take` gave last. */
  time = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#nodes = new Int32Array(capacity);
  }

  clear(): void {
    this.#size = 0;
  }

  add(node: number, time: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const [times, nodes] = [this.#times, this.#nodes];
    let place = this.#size;
    this.#size += 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (times[above]! <= time) break;
      times[place] = times[above]!;
      nodes[place] = nodes[above]!;
      place = above;
    }
    times[place] = time;
    nodes[place] = node;
  }

  /** The earliest, -1 when there is none. */
  take(): number {
    if (this.#size === 0) return -1;
    const [times, nodes] = [this.#times, this.#nodes];
    this.time = times[0]!;
    const first = nodes[0]!;
    this.#size -= 1;
    const size = this.#size;
    const [time, node] = [times[size]!, nodes[size]!];
    let place = 0;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && times[below + 1]! < times[below]!) below += 1;
      if (times[below]! >= time) break;
      times[place] = times[below]!;
      nodes[place] = nodes[below]!;
      place = below;
    }
    times[place] = time;
    nodes[place] = node;
    return first;
  }

  #grow(): void {
    const [times, nodes] = [this.#times, this.#nodes];
    this.#times = new Float64Array(times.length * 2);
    this.#nodes = new Int32Array(nodes.length * 2);
    this.#times.set(times);
    this.#nodes.set(nodes);
  }
}
