/** So much at once of each precedence over a link, each in its own compartment: a flood of one never keeps another out. */
import { PRECEDENCES, type Precedence } from '../satellite/precedence.ts';
import { checkNumber } from './checks.ts';

export const PLACES_EACH = 16;
const PLACES_MAX = 100_000;

export class Bulkhead {
  readonly #free: Record<Precedence, number>;

  /** @param places how many each. @default 16 */
  constructor(places: Partial<Record<Precedence, number>> = {}) {
    const free = PRECEDENCES.map((precedence): [Precedence, number] => [
      precedence,
      checkNumber(`places.${precedence}`, places[precedence] ?? PLACES_EACH, {
        least: 1,
        most: PLACES_MAX,
        isWhole: true,
      }),
    ]);
    this.#free = Object.fromEntries(free) as Record<Precedence, number>;
  }

  free(precedence: Precedence): number {
    return this.#free[precedence];
  }

  /** Gives the place back when called, once; undefined where all are taken. */
  tryEnter(precedence: Precedence): (() => void) | undefined {
    if (this.#free[precedence] === 0) return undefined;
    this.#free[precedence]--;
    let isIn = true;
    return () => {
      if (isIn) this.#free[precedence]++;
      isIn = false;
    };
  }
}
