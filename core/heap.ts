/** A binary heap whose items know their place, so that any of them can be taken out in O(log n). */
export interface Heaped {
  /** Kept by the heap; -1 outside it. */
  place: number;
}

export class Heap<T extends Heaped> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  /** `before(a, b)`: a comes out before b. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** In no order. */
  items(): Iterable<T> {
    return this.#items;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.place = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  remove(item: T): void {
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#put(last, item.place);
      this.update(last);
    }
    item.place = -1;
  }

  /** Call it when the item's order has changed. */
  update(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #rise(item: T): void {
    let { place } = item;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above]!;
      if (!this.#before(item, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T): void {
    let { place } = item;
    for (;;) {
      const left = place * 2 + 1;
      const right = this.#items[left + 1];
      let child = this.#items[left];
      if (child === undefined) break;
      if (right !== undefined && this.#before(right, child)) child = right;
      if (!this.#before(child, item)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }
}
