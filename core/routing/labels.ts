/** Fields of a label, side by side, so that one line of the processor's cache has it all. */
const NODE = 0;
const HOPS = 1;
const VIA = 2;
const BEFORE = 3;
const FIELDS = 4;

/** Ways to a node that a search has found, in arrays that grow and are used again. */
export class Labels {
  size = 0;
  #fields = new Int32Array(1024 * FIELDS);
  #atMs = new Float64Array(1024);

  /** `via` is the position of its last contact, `before` the label that it goes on from: -1 at the source. */
  add(node: number, atMs: number, hops: number, via: number, before: number): number {
    const label = this.size;
    if (label === this.#atMs.length) this.#grow();
    this.size = label + 1;
    const fields = this.#fields;
    const at = label * FIELDS;
    fields[at + NODE] = node;
    fields[at + HOPS] = hops;
    fields[at + VIA] = via;
    fields[at + BEFORE] = before;
    this.#atMs[label] = atMs;
    return label;
  }

  replace(label: number, atMs: number, via: number, before: number): void {
    this.#atMs[label] = atMs;
    this.#fields[label * FIELDS + VIA] = via;
    this.#fields[label * FIELDS + BEFORE] = before;
  }

  node(label: number): number {
    return this.#fields[label * FIELDS + NODE]!;
  }

  hops(label: number): number {
    return this.#fields[label * FIELDS + HOPS]!;
  }

  atMs(label: number): number {
    return this.#atMs[label]!;
  }

  /** Positions from the source to a label. */
  routeTo(label: number): number[] {
    const route: number[] = [];
    const fields = this.#fields;
    for (let at = label * FIELDS; fields[at + BEFORE]! >= 0; at = fields[at + BEFORE]! * FIELDS)
      route.push(fields[at + VIA]!);
    return route.reverse();
  }

  #grow(): void {
    const [fields, atMs] = [this.#fields, this.#atMs];
    this.#fields = new Int32Array(fields.length * 2);
    this.#fields.set(fields);
    this.#atMs = new Float64Array(atMs.length * 2);
    this.#atMs.set(atMs);
  }
}
