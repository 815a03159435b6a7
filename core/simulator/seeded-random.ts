import type { Random } from '../ports/random.ts';

/** The same numbers for the same seed (sfc32 by Chris Doty-Humphrey, PractRand). Not for secrets. */
export class SeededRandom implements Random {
  readonly #state: Int32Array;

  constructor(seed: number) {
    this.#state = Int32Array.of(seed, seed / 2 ** 32, 0x9e3779b9, 1);
    for (let round = 0; round < 15; round++) this.next();
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
}

/** Exponentially distributed: the time between events that happen `rate` times a unit of time. */
export const exponential = (random: Random, rate: number): number => -Math.log(1 - random.next()) / rate;
