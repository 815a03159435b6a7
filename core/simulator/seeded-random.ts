import type { Random } from '../ports/random.ts';

/** The same numbers for the same seed and stream (sfc32 by Chris Doty-Humphrey, PractRand). Not for secrets. */
export class SeededRandom implements Random {
  readonly #state: Int32Array;

  constructor(seed: number, stream = seed / 2 ** 32) {
    this.#state = Int32Array.of(seed, stream, 1, 1);
    for (let round = 0; round < 12; round++) this.next();
  }

  next(): number {
    const state = this.#state;
    const [a, b, c, counter] = [state[0]!, state[1]!, state[2]!, state[3]!];
    const sum = (a + b + counter) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = ((c << 21) | (c >>> 11)) + sum;
    state[3] = counter + 1;
    return (sum >>> 0) / 2 ** 32;
  }

  /** From `low` to below `high`. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]!;
  }
}

/** Exponentially distributed: the time between events that happen `rate` times a unit of time. */
export const exponential = (random: Random, rate: number): number => -Math.log(1 - random.next()) / rate;
