/**
 * Numbers by time, the earliest first, in arrays that are used again. With `Heap`, whose items are objects, a tree over 16,000 contacts
 * takes an eighth longer and leaves garbage.
 */
export class TimeQueue {
  #times = new Float64Array(256);
  #items = new Int32Array(256);
  #size = 0;
  /** Of the first; Infinity when there is none. */
  firstMs = Infinity;

  clear(): void {
    this.#size = 0;
    this.firstMs = Infinity;
  }

  add(item: number, timeMs: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const items = this.#items;
    let place = this.#size;
    this.#size += 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (times[above]! <= timeMs) break;
      times[place] = times[above]!;
      items[place] = items[above]!;
      place = above;
    }
    times[place] = timeMs;
    items[place] = item;
    this.firstMs = times[0]!;
  }

  /** The first. Call it only when there is one. */
  take(): number {
    const times = this.#times;
    const items = this.#items;
    const first = items[0]!;
    this.#size -= 1;
    const size = this.#size;
    const time = times[size]!;
    const item = items[size]!;
    let place = 0;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && times[below + 1]! < times[below]!) below += 1;
      if (times[below]! >= time) break;
      times[place] = times[below]!;
      items[place] = items[below]!;
      place = below;
    }
    times[place] = time;
    items[place] = item;
    this.firstMs = size === 0 ? Infinity : times[0]!;
    return first;
  }

  #grow(): void {
    const [times, items] = [this.#times, this.#items];
    this.#times = new Float64Array(times.length * 2);
    this.#items = new Int32Array(items.length * 2);
    this.#times.set(times);
    this.#items.set(items);
  }
}
