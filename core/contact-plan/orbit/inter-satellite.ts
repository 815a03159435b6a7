/** When satellites can talk to each other: in range, with a line of sight above the air. */
import { InvalidInput } from '../../errors.ts';
import type { Contact } from '../contact.ts';
import { Arc, arcMs } from './arc.ts';
import { driftAt } from './drift.ts';
import { LIGHT_KM_PER_S } from './ground-contacts.ts';
import type { Orbit, State } from './orbit.ts';
import type { Loss } from './passes.ts';
import { Headroom } from './sightline.ts';
import { type Stretch, Watch } from './watch.ts';

export interface InterSatelliteRules {
  /** @default 5000 */
  maxRangeKm?: number;
  /** The line of sight stays so far above the equator's radius. @default 100 */
  atmosphereKm?: number;
  /** A link comes up only with so much to spare in range and height, so that it doesn't flap at the limit. @default 50 */
  hysteresisKm?: number;
  /** Shorter links are left out. @default 10000 */
  minDurationMs?: number;
}

export interface Sighting {
  a: Orbit;
  b: Orbit;
  /** Null where it was up when the watch began, and where it still is. */
  startMs: number | null;
  endMs: number | null;
  /** The longest it gets, to within an arc; never too short. */
  farthestKm: number;
}

export const PAIRS_MAX = 20_000;

interface Pair {
  a: number;
  b: number;
  headroom: Headroom;
  /** Open while the link may stay up. */
  keeps: Watch;
  /** Open while it may come up. */
  comes: Watch;
  came: Stretch[];
  farthestKm: number;
}

/** Pairs of satellites watched ever further; each satellite is propagated once a step, however many pairs it has. */
export class SightScan {
  readonly #orbits: readonly Orbit[];
  readonly #rules: Required<InterSatelliteRules>;
  readonly #arcs = [new Arc(), new Arc()] as const;
  #pairs: Pair[];
  /** Places of the satellites that have a pair. */
  #used: number[] = [];
  #states: (State | undefined)[] = [];
  #nowMs: number;
  /** Satellites whose links ended because SGP4 can't fly them any more. */
  readonly lost = new Map<Orbit, Loss>();

  /** `pairs` are places in `orbits`. Errors: `InvalidInput` of pairs and rules. */
  constructor(
    orbits: readonly Orbit[],
    pairs: readonly (readonly [number, number])[],
    rules: InterSatelliteRules,
    fromMs: number,
  ) {
    this.#orbits = orbits;
    this.#rules = checkRules(rules);
    this.#nowMs = fromMs;
    if (pairs.length > PAIRS_MAX)
      throw new InvalidInput(
        `There are ${pairs.length} pairs of satellites; ${PAIRS_MAX} are the most.`,
        'Name the pairs that can point at each other, not all.',
      );
    this.#pairs = pairs.map(([a, b]) => ({
      a,
      b,
      headroom: new Headroom(this.#rules, ...this.#arcs),
      keeps: new Watch(0),
      comes: new Watch(this.#rules.hysteresisKm),
      came: [],
      farthestKm: 0,
    }));
  }

  /** Watches on to `toMs`; returns the links that ended meanwhile. */
  advance(toMs: number): Sighting[] {
    const ended: Sighting[] = [];
    if (this.#pairs.length === 0) return ended;
    if (this.#states.length === 0) this.#begin();
    while (this.#nowMs < toMs && this.#used.length > 0) {
      const stepMs = Math.min(...this.#used.map((index) => arcMs(this.#states[index]!)));
      const nextMs = Math.min(toMs, this.#nowMs + stepMs);
      const next: (State | undefined)[] = [];
      for (const index of this.#used) next[index] = this.#fly(index, nextMs);
      this.#keepPairs((pair) => this.#step(pair, next, ended));
      this.#states = next;
      this.#nowMs = nextMs;
    }
    return ended;
  }

  /** The links that are up where the watch is now. */
  open(): Sighting[] {
    return this.#pairs.flatMap((pair) => {
      if (!pair.keeps.isOpen) return [];
      const came = pair.came[0] ?? pair.comes.stillOpen(0);
      return came === undefined ? [] : [this.#sighting(pair, came.startMs, null)];
    });
  }

  #keepPairs(isKept: (pair: Pair) => boolean): void {
    const before = this.#pairs.length;
    this.#pairs = this.#pairs.filter(isKept);
    if (this.#pairs.length < before || this.#used.length === 0)
      this.#used = [...new Set(this.#pairs.flatMap(({ a, b }) => [a, b]))];
  }

  #begin(): void {
    this.#states = this.#orbits.map((_, index) => this.#fly(index, this.#nowMs));
    this.#keepPairs(({ a, b, headroom, keeps, comes }) => {
      const [stateA, stateB] = [this.#states[a], this.#states[b]];
      if (stateA === undefined || stateB === undefined) return false;
      headroom.of(stateA, stateB);
      keeps.begin(headroom.value);
      comes.begin(headroom.value);
      return true;
    });
  }

  #fly(index: number, tMs: number): State | undefined {
    const orbit = this.#orbits[index]!;
    const state = orbit.inertialAt(tMs);
    if (state === undefined) this.lost.set(orbit, { atMs: this.#nowMs, reason: orbit.problem() });
    return state;
  }

  /** False where one of the two is lost. */
  #step(pair: Pair, next: readonly (State | undefined)[], ended: Sighting[]): boolean {
    const { headroom, keeps, comes } = pair;
    const [a, b, nextA, nextB] = [this.#states[pair.a]!, this.#states[pair.b]!, next[pair.a], next[pair.b]];
    if (nextA === undefined || nextB === undefined) {
      const [open] = keeps.isOpen ? [pair.came[0] ?? comes.stillOpen(0)] : [];
      if (open !== undefined) this.#keep(this.#sighting(pair, open.startMs, this.#nowMs), ended);
      return false;
    }
    headroom.of(a, b);
    const { value, rangeKm } = headroom;
    // Neither range nor height of the line changes faster than both satellites fly.
    const changeKm = (1.05 * (speed(a) + speed(b)) * (nextA.tMs - a.tMs)) / 1000;
    const wasOpen = keeps.isOpen;
    if (value - changeKm < this.#rules.hysteresisKm && value + changeKm >= 0) {
      this.#arcs[0].through(a, nextA);
      this.#arcs[1].through(b, nextB);
      const middleMs = (a.tMs + nextA.tMs) / 2;
      this.#watch(pair, a.tMs, middleMs, ended);
      this.#watch(pair, middleMs, nextA.tMs, ended);
    }
    if (wasOpen || keeps.isOpen) {
      headroom.of(nextA, nextB);
      const { maxRangeKm } = this.#rules;
      pair.farthestKm = Math.min(
        maxRangeKm,
        Math.max(wasOpen ? pair.farthestKm : 0, rangeKm, headroom.rangeKm),
      );
    }
    return true;
  }

  #watch(pair: Pair, fromMs: number, toMs: number, ended: Sighting[]): void {
    pair.comes.step(pair.headroom, fromMs, toMs, (stretch) => void pair.came.push(stretch));
    pair.keeps.step(pair.headroom, fromMs, toMs, ({ endMs }) => {
      const first = pair.came[0];
      pair.came = pair.came.filter(({ startMs }) => startMs !== null && startMs >= endMs!);
      if (first !== undefined && (first.startMs ?? -Infinity) < endMs!)
        this.#keep(this.#sighting(pair, first.startMs, endMs), ended);
    });
  }

  #keep(sighting: Sighting, ended: Sighting[]): void {
    const { startMs, endMs } = sighting;
    if (startMs === null || endMs! - startMs >= this.#rules.minDurationMs) ended.push(sighting);
  }

  #sighting(pair: Pair, startMs: number | null, endMs: number | null): Sighting {
    const farthestKm = pair.farthestKm || pair.headroom.rangeKm;
    return { a: this.#orbits[pair.a]!, b: this.#orbits[pair.b]!, startMs, endMs, farthestKm };
  }
}

const speed = ({ vx, vy, vz }: State): number => Math.sqrt(vx * vx + vy * vy + vz * vz);

function checkRules(rules: InterSatelliteRules): Required<InterSatelliteRules> {
  const full = { maxRangeKm: 5000, atmosphereKm: 100, hysteresisKm: 50, minDurationMs: 10_000, ...rules };
  for (const [name, least, most] of [
    ['maxRangeKm', 1, 400_000],
    ['atmosphereKm', 0, 2000],
    ['hysteresisKm', 0, 1000],
    ['minDurationMs', 0, 86_400_000],
  ] as const)
    if (!(full[name] >= least && full[name] <= most))
      throw new InvalidInput(
        `${name} of inter-satellite links is ${full[name]}.`,
        `Give a number from ${least} to ${most}.`,
      );
  return full;
}

/** Both directions of a link, shortened where it comes and goes by what the age of both element sets makes uncertain. */
export function interSatelliteContacts(
  { a, b, startMs, endMs, farthestKm }: Sighting,
  window: { fromMs: number; toMs: number },
  rateBitsPerSecond: number,
): Contact[] {
  const margin = (tMs: number) => driftAt(a.tle, tMs).timingMs + driftAt(b.tle, tMs).timingMs;
  const contact = {
    startMs: startMs === null ? window.fromMs : startMs + margin(startMs),
    endMs: endMs === null ? window.toMs : endMs - margin(endMs),
    rateBitsPerSecond,
    delayMs: (farthestKm / LIGHT_KM_PER_S) * 1000,
  };
  if (!(contact.endMs > contact.startMs)) return [];
  return [
    { from: a.tle.name, to: b.tle.name, ...contact },
    { from: b.tle.name, to: a.tle.name, ...contact },
  ];
}
