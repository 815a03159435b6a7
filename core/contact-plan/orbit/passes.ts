/** When satellites stand above the stations of the ground. */
import { InvalidInput } from '../../errors.ts';
import { Arc, arcMs } from './arc.ts';
import type { Orbit, State } from './orbit.ts';
import { mayReach, mayRise, Reach } from './reach.ts';
import { Elevation, type Station } from './station.ts';
import { type Stretch, Watch } from './watch.ts';

export interface Pass {
  /** The element set's name. */
  satellite: string;
  station: string;
  /** Epoch milliseconds; null where it was up already when the window began. */
  riseMs: number | null;
  /** Of the greatest elevation; null where that is at an edge of the window, so that the true one may lie beyond. */
  culminateMs: number | null;
  /** Null where it is still up when the window ends. */
  setMs: number | null;
  /** The greatest within the window. */
  maxElevationDeg: number;
}

export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

export const WINDOW_DAYS_MAX = 366;

/** Errors: `InvalidInput`: no numbers, ends before it begins, longer than a year, before 1957 or after 2057. */
export function checkWindow({ fromMs, toMs }: TimeWindow): void {
  const fix = `Give a window of up to ${WINDOW_DAYS_MAX} days between 1957 and 2057 that ends after it begins.`;
  for (const [name, value] of [
    ['beginning', fromMs],
    ['end', toMs],
  ] as const)
    if (!(value >= Date.UTC(1957, 0) && value <= Date.UTC(2058, 0)))
      throw new InvalidInput(`The ${name} of the window is ${value} ms since 1970.`, fix);
  if (toMs <= fromMs)
    throw new InvalidInput(`The window ends ${fromMs - toMs} ms before it begins, or as it begins.`, fix);
  if (toMs - fromMs > WINDOW_DAYS_MAX * 86_400_000)
    throw new InvalidInput(`The window is ${(toMs - fromMs) / 86_400_000} days long.`, fix);
}

/** From when on, to within an arc, SGP4 can't fly a satellite, as a rule because it has decayed. */
export interface Loss {
  atMs: number;
  reason: string;
}

interface Sight {
  station: Station;
  elevation: Elevation;
  watch: Watch;
}

/**
 * One satellite over some stations, watched ever further: SGP4 is asked once an arc near a station, and once a
 * jump where none can see it; what happens within an arc is found on the cubic through its ends.
 */
export class PassScan {
  readonly #orbit: Orbit;
  readonly #stations: readonly Station[];
  readonly #arc = new Arc();
  #sights: Sight[] = [];
  #reach: Reach | undefined;
  #state: State | undefined;
  #reachableUntilMs = -Infinity;
  #lost: Loss | undefined;
  #nowMs: number;

  constructor(orbit: Orbit, stations: readonly Station[], fromMs: number) {
    this.#orbit = orbit;
    this.#stations = stations;
    this.#nowMs = fromMs;
  }

  /** Where the watch ended for good. */
  get lost(): Loss | undefined {
    return this.#lost;
  }

  /** Ends the watch where it is: what is known of the satellite is of no use from here on. */
  stop(reason: string): void {
    this.#lost ??= { atMs: this.#nowMs, reason };
  }

  /** Watches on to `toMs`; returns the passes that ended meanwhile, station after station as they set. */
  advance(toMs: number): Pass[] {
    const ended: Pass[] = [];
    if (this.#lost !== undefined || toMs <= this.#nowMs) return ended;
    this.#lookFor(toMs);
    if (this.#reach === undefined) {
      this.#nowMs = toMs;
      this.#state = undefined;
      return ended;
    }
    if (this.#state === undefined && !this.#begin()) return ended;
    let state: State = this.#state!;
    while (state.tMs < toMs) {
      const { blindMs, perigeeKm } = this.#reach.from(state, this.#orbit.periodMs);
      const longMs = arcMs(state);
      const blind = blindMs > longMs;
      const next = this.#orbit.earthFixedAt(Math.min(toMs, state.tMs + (blind ? blindMs : longMs)));
      if (next === undefined) {
        this.#lost = { atMs: state.tMs, reason: this.#orbit.problem() };
        break;
      }
      if (!blind) this.#watch(state, next, perigeeKm, ended);
      state = next;
    }
    this.#state = state;
    this.#nowMs = state.tMs;
    return ended;
  }

  /** The passes that are not over where the watch is now. */
  open(): Pass[] {
    const state = this.#state;
    if (state === undefined) return [];
    return this.#sights.flatMap(({ station, elevation, watch }) => {
      elevation.of(state);
      const stretch = watch.stillOpen(elevation.value);
      return stretch === undefined ? [] : [this.#pass(station, stretch)];
    });
  }

  /** Stations that come within reach as the orbit turns over the years are looked for from then on. */
  #lookFor(toMs: number): void {
    if (toMs <= this.#reachableUntilMs) return;
    this.#reachableUntilMs = toMs;
    const known = new Map(this.#sights.map((sight) => [sight.station, sight]));
    const state = this.#state;
    this.#sights = this.#stations
      .filter((station) => known.has(station) || mayReach(this.#orbit, station, toMs))
      .map((station) => known.get(station) ?? this.#sight(station, state));
    this.#reach =
      this.#sights.length === 0 ? undefined : new Reach(this.#sights.map(({ station }) => station));
  }

  #sight(station: Station, state: State | undefined): Sight {
    const sight = {
      station,
      elevation: new Elevation(station, this.#arc),
      watch: new Watch(station.sinMinElevation),
    };
    if (state !== undefined) {
      sight.elevation.of(state);
      sight.watch.begin(sight.elevation.value);
    }
    return sight;
  }

  #begin(): boolean {
    const state = this.#orbit.earthFixedAt(this.#nowMs);
    if (state === undefined) {
      this.#lost = { atMs: this.#nowMs, reason: this.#orbit.problem() };
      return false;
    }
    this.#state = state;
    this.#sights = this.#sights.map(({ station }) => this.#sight(station, state));
    return true;
  }

  #watch(a: State, b: State, perigeeKm: number, ended: Pass[]): void {
    this.#arc.through(a, b);
    const middleMs = (a.tMs + b.tMs) / 2;
    for (const { station, elevation, watch } of this.#sights) {
      if (!mayRise(station, a, b, perigeeKm)) continue;
      const end = (stretch: Stretch) => void ended.push(this.#pass(station, stretch));
      watch.step(elevation, a.tMs, middleMs, end);
      watch.step(elevation, middleMs, b.tMs, end);
    }
  }

  #pass(station: Station, { startMs, endMs, peak, peakMs }: Stretch): Pass {
    return {
      satellite: this.#orbit.tle.name,
      station: station.id,
      riseMs: startMs,
      culminateMs: peakMs,
      setMs: endMs,
      maxElevationDeg: (Math.asin(Math.min(1, peak)) * 180) / Math.PI,
    };
  }
}

/**
 * All passes of one satellite in a window, also those that are under way at its edges, by when they rise.
 * Errors: `InvalidInput` of the window.
 */
export function findPasses(orbit: Orbit, stations: readonly Station[], window: TimeWindow): Pass[] {
  checkWindow(window);
  const scan = new PassScan(orbit, stations, window.fromMs);
  return [...scan.advance(window.toMs), ...scan.open()].sort(byRise);
}

/** Passes that were under way come first; then time, satellite, station. */
export function byRise(a: Pass, b: Pass): number {
  return (
    (a.riseMs ?? -Infinity) - (b.riseMs ?? -Infinity) ||
    compare(a.satellite, b.satellite) ||
    compare(a.station, b.station)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
