/** A contact plan of satellites and stations, worked out once and then only further. */
import { HoldfastError, InvalidInput } from '../../errors.ts';
import type { Contact } from '../contact.ts';
import { uselessAt } from './drift.ts';
import { type GroundLinkRates, groundContacts } from './ground-contacts.ts';
import {
  interSatelliteContacts,
  type InterSatelliteRules,
  type Sighting,
  SightScan,
} from './inter-satellite.ts';
import { createOrbit, type Orbit } from './orbit.ts';
import { byRise, checkWindow, type Loss, type Pass, PassScan } from './passes.ts';
import { createStations, type Station, type StationInput } from './station.ts';
import type { Tle } from './tle.ts';

export interface ConstellationOptions {
  /** Their names are the ids of their nodes. */
  satellites: readonly Tle[];
  stations: readonly StationInput[];
  /** Epoch milliseconds at which the plan begins. */
  fromMs: number;
  ground: GroundLinkRates;
  interSatellite?: InterSatelliteRules & {
    /** Names of satellites that can point at each other. */
    pairs: readonly (readonly [string, string])[];
    rateBitsPerSecond: number;
  };
}

/** A satellite that isn't in the plan, or not from some time on; the others are. */
export interface LeftOut {
  satellite: string;
  fromMs: number;
  reason: string;
}

interface Flown {
  orbit: Orbit;
  scan: PassScan;
}

export class Constellation {
  readonly fromMs: number;
  readonly leftOut: LeftOut[] = [];
  readonly #ground: GroundLinkRates;
  readonly #rateBitsPerSecond: number;
  readonly #stations: ReadonlyMap<string, Station>;
  readonly #flown: Flown[] = [];
  readonly #sights: SightScan | undefined;
  #passes: Pass[] = [];
  #contacts: Contact[] = [];
  #toMs: number;
  #snapshot: readonly Contact[] | undefined = [];

  /** Errors: `InvalidInput` of stations, rates, pairs, start, and for names that aren't one node's alone. */
  constructor(options: ConstellationOptions) {
    const { satellites, ground, interSatellite, fromMs } = options;
    checkWindow({ fromMs, toMs: fromMs + 1 });
    const stations = createStations(options.stations);
    checkNames(satellites, stations);
    checkRates({ ...ground, interSatelliteBitsPerSecond: interSatellite?.rateBitsPerSecond });
    this.fromMs = fromMs;
    this.#toMs = fromMs;
    this.#ground = ground;
    this.#rateBitsPerSecond = interSatellite?.rateBitsPerSecond ?? 0;
    this.#stations = new Map(stations.map((station) => [station.id, station]));
    for (const tle of satellites) this.#admit(tle, stations);
    if (interSatellite !== undefined)
      this.#sights = new SightScan(
        this.#flown.map(({ orbit }) => orbit),
        this.#pairs(satellites, interSatellite.pairs),
        rulesOf(interSatellite),
        fromMs,
      );
  }

  /** To where the plan is worked out. */
  get toMs(): number {
    return this.#toMs;
  }

  /** Works the plan out to `toMs`; what is known already stays. Errors: `InvalidInput` of the window. */
  extend(toMs: number): void {
    for (const _ of this.extending(toMs));
  }

  /** The same in pieces of about a millisecond, for a host that has other things to do between them. */
  *extending(toMs: number): Generator<void, void> {
    if (toMs <= this.#toMs) return;
    checkWindow({ fromMs: this.#toMs, toMs });
    for (const flown of this.#flown) {
      const useless = uselessAt(flown.orbit.tle, this.#toMs);
      if (useless !== undefined) flown.scan.stop(useless);
      for (const pass of flown.scan.advance(toMs)) {
        this.#passes.push(pass);
        this.#contacts.push(...this.#groundContacts(pass, flown, toMs));
      }
      this.#leaveOut(flown.orbit, flown.scan.lost);
      yield;
    }
    const step = 600_000;
    for (let untilMs = this.#toMs; this.#sights !== undefined && untilMs < toMs; ) {
      untilMs = Math.min(toMs, untilMs + step);
      for (const sighting of this.#sights.advance(untilMs))
        this.#contacts.push(...this.#linkContacts(sighting, toMs));
      yield;
    }
    for (const [orbit, loss] of this.#sights?.lost ?? []) this.#leaveOut(orbit, loss);
    this.#toMs = toMs;
    this.#snapshot = undefined;
  }

  /** All passes so far, those under way with nulls, by when they rise. */
  passes(): Pass[] {
    return [...this.#passes, ...this.#flown.flatMap(({ scan }) => scan.open())].sort(byRise);
  }

  /**
   * The plan so far by when contacts start; the same array until the plan changes, to be shared and not changed.
   * A contact that is under way at `toMs` ends there, and later where it is found to end.
   */
  contacts(): readonly Contact[] {
    this.#snapshot ??= Object.freeze(
      [
        ...this.#contacts,
        ...this.#flown.flatMap((flown) =>
          flown.scan.open().flatMap((pass) => this.#groundContacts(pass, flown, this.#toMs)),
        ),
        ...(this.#sights?.open() ?? []).flatMap((sighting) => this.#linkContacts(sighting, this.#toMs)),
      ].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs),
    );
    return this.#snapshot;
  }

  /** Drops what was over before `beforeMs`, so that a plan that runs on and on stays small. */
  forget(beforeMs: number): void {
    this.#passes = this.#passes.filter(({ setMs }) => setMs! > beforeMs);
    this.#contacts = this.#contacts.filter(({ endMs }) => endMs > beforeMs);
    this.#snapshot = undefined;
  }

  #admit(tle: Tle, stations: readonly Station[]): void {
    const { fromMs } = this;
    try {
      const orbit = createOrbit(tle);
      const reason = uselessAt(tle, fromMs);
      if (reason === undefined) this.#flown.push({ orbit, scan: new PassScan(orbit, stations, fromMs) });
      else this.leftOut.push({ satellite: tle.name, fromMs, reason });
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      this.leftOut.push({ satellite: tle.name, fromMs, reason: error.message });
    }
  }

  #pairs(satellites: readonly Tle[], pairs: readonly (readonly [string, string])[]): [number, number][] {
    const names = new Set(satellites.map(({ name }) => name));
    const seen = new Set<string>();
    const indexOf = new Map(this.#flown.map(({ orbit }, index) => [orbit.tle.name, index]));
    return pairs.flatMap(([a, b], index): [number, number][] => {
      const unknown = [a, b].find((name) => !names.has(name));
      if (unknown !== undefined)
        throw new InvalidInput(
          `Inter-satellite pair ${index} names "${unknown}", which is no satellite here.`,
          'Name satellites as their element sets do.',
        );
      if (a === b)
        throw new InvalidInput(`Inter-satellite pair ${index} is "${a}" and itself.`, 'Name two satellites.');
      const key = a < b ? `${a}\n${b}` : `${b}\n${a}`;
      if (seen.has(key))
        throw new InvalidInput(
          `Inter-satellite pair ${index}, "${a}" and "${b}", is there twice.`,
          'Name it once.',
        );
      seen.add(key);
      const [first, second] = [indexOf.get(a), indexOf.get(b)];
      return first === undefined || second === undefined ? [] : [[first, second]];
    });
  }

  #leaveOut(orbit: Orbit, loss: Loss | undefined): void {
    const satellite = orbit.tle.name;
    if (loss === undefined || this.leftOut.some((known) => known.satellite === satellite)) return;
    this.leftOut.push({ satellite, fromMs: loss.atMs, reason: loss.reason });
  }

  #groundContacts(pass: Pass, { orbit, scan }: Flown, toMs: number): Contact[] {
    const window = { fromMs: this.fromMs, toMs: Math.min(toMs, scan.lost?.atMs ?? Infinity) };
    return groundContacts(pass, orbit, this.#stations.get(pass.station)!, window, this.#ground);
  }

  #linkContacts(sighting: Sighting, toMs: number): Contact[] {
    return interSatelliteContacts(sighting, { fromMs: this.fromMs, toMs }, this.#rateBitsPerSecond);
  }
}

/** Only what `SightScan` knows. */
function rulesOf({ maxRangeKm, atmosphereKm, hysteresisKm, minDurationMs }: InterSatelliteRules) {
  const given = Object.entries({ maxRangeKm, atmosphereKm, hysteresisKm, minDurationMs });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as InterSatelliteRules;
}

function checkNames(satellites: readonly Tle[], stations: readonly Station[]): void {
  const seen = new Set(stations.map(({ id }) => id));
  for (const { name, line } of satellites) {
    if (seen.has(name))
      throw new InvalidInput(
        `"${name}" (line ${line}) is the name of two nodes.`,
        'Rename one of them; without a name line a satellite is called by its catalogue number.',
      );
    seen.add(name);
  }
}

function checkRates(rates: GroundLinkRates & { interSatelliteBitsPerSecond?: number }): void {
  for (const [name, value] of Object.entries(rates))
    if (value !== undefined && !(value >= (name === 'minDurationMs' ? 0 : Number.MIN_VALUE) && value <= 1e15))
      throw new InvalidInput(`${name} is ${value}.`, 'Give a number above 0 and up to 1e15.');
}
