/** So much at once of each precedence over a link, each in its own compartment: a flood of one never keeps another out. */
import { PRECEDENCES, type Precedence } from '../satellite/precedence.ts';
import { checkNumber } from './checks.ts';

export const PLACES_EACH = 16;
const PLACES_MAX = 100_000;

/** Gives the place back, once. */
export type Leave = () => void;

interface Compartment {
  free: number;
  /** In their order. */
  line: ((leave: Leave | undefined) => void)[];
}

export class Bulkhead {
  readonly #compartments: Record<Precedence, Compartment>;

  /** @param places how many each. @default 16 */
  constructor(places: Partial<Record<Precedence, number>> = {}) {
    const compartments = PRECEDENCES.map((precedence): [Precedence, Compartment] => {
      const most = { least: 1, most: PLACES_MAX, isWhole: true };
      const free = checkNumber(`places.${precedence}`, places[precedence] ?? PLACES_EACH, most);
      return [precedence, { free, line: [] }];
    });
    this.#compartments = Object.fromEntries(compartments) as Record<Precedence, Compartment>;
  }

  free(precedence: Precedence): number {
    return this.#compartments[precedence].free;
  }

  /** A place, if one is free. */
  tryEnter(precedence: Precedence): Leave | undefined {
    const compartment = this.#compartments[precedence];
    if (compartment.free === 0) return undefined;
    compartment.free--;
    return leaving(compartment);
  }

  /** A place, when it is its turn; undefined where `patience` is over before, which is asked for where none is free. */
  enter(precedence: Precedence, patience: () => Promise<unknown>): Promise<Leave | undefined> {
    const leave = this.tryEnter(precedence);
    if (leave !== undefined) return Promise.resolve(leave);
    const { line } = this.#compartments[precedence];
    return new Promise((resolve) => {
      line.push(resolve);
      const giveUp = (): void => {
        const at = line.indexOf(resolve);
        if (at !== -1) line.splice(at, 1);
        resolve(undefined);
      };
      patience().then(giveUp, giveUp);
    });
  }
}

function leaving(compartment: Compartment): Leave {
  let isIn = true;
  return () => {
    if (!isIn) return;
    isIn = false;
    const next = compartment.line.shift();
    if (next) next(leaving(compartment));
    else compartment.free++;
  };
}
