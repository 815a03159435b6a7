/** A set of time, as intervals that neither overlap nor touch, in order. */
export class Intervals {
  /** Start, end, start, end … */
  #bounds: number[] = [];

  get bounds(): readonly number[] {
    return this.#bounds;
  }

  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /** Index in `bounds` of the start of the first interval that ends after a time; `bounds.length` if none does. */
  firstEndingAfter(time: number): number {
    let [low, high] = [0, this.#bounds.length >> 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bounds[middle * 2 + 1]! > time) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }

  add(start: number, end: number): void {
    if (!(end > start)) return;
    let first = this.firstEndingAfter(start);
    if (first > 0 && this.#bounds[first - 1] === start) first -= 2;
    let after = first;
    let [from, to] = [start, end];
    while (after < this.#bounds.length && this.#bounds[after]! <= end) {
      from = Math.min(from, this.#bounds[after]!);
      to = Math.max(to, this.#bounds[after + 1]!);
      after += 2;
    }
    this.#bounds.splice(first, after - first, from, to);
  }

  remove(start: number, end: number): void {
    if (!(end > start)) return;
    const first = this.firstEndingAfter(start);
    const left: number[] = [];
    let after = first;
    while (after < this.#bounds.length && this.#bounds[after]! < end) {
      const [from, to] = [this.#bounds[after]!, this.#bounds[after + 1]!];
      if (from < start) left.push(from, start);
      if (to > end) left.push(end, to);
      after += 2;
    }
    this.#bounds.splice(first, after - first, ...left);
  }
}
