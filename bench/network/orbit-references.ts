/** Orbits beside published answers: the verification vectors of SGP4, and rise and set times of Skyfield. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createOrbit } from '../../core/contact-plan/orbit/orbit.ts';
import { findPasses, type TimeWindow } from '../../core/contact-plan/orbit/passes.ts';
import { createStations, type StationInput } from '../../core/contact-plan/orbit/station.ts';
import { parseTle, type Tle } from '../../core/contact-plan/orbit/tle.ts';
import { checksum } from '../../core/contact-plan/orbit/tle-fields.ts';

const FOLDER = resolve(import.meta.dirname, '../../../shared/data/orbits');
export const hasOrbits = existsSync(resolve(FOLDER, 'passes_set30.tle'));
export const readOrbits = (name: string): string => readFileSync(resolve(FOLDER, name), 'utf8');

/** In order. The file goes on beyond column 69, and some of its sets were edited without their checksums. */
export function verificationSets(): Tle[] {
  const lines = readOrbits('SGP4-VER.TLE')
    .split(/\r?\n/)
    .filter((line) => /^[12] /.test(line))
    .map((line) => `${line.slice(0, 68)}${checksum(line)}`);
  return lines.flatMap((line, index) => (index % 2 === 0 ? parseTle(`${line}\n${lines[index + 1]}`) : []));
}

/** Made to fail: the program that wrote the vectors then wrote the last one of the satellite before once more. */
export const FAILING_SATELLITE = 33334;

/** How far positions are from the verification vectors. */
export function checkVectors(): { vectors: number; worstMm: number } {
  const sets = verificationSets();
  let at = -1;
  let vectors = 0;
  let worstKm = 0;
  let orbit: ReturnType<typeof createOrbit> | undefined;
  for (const line of readOrbits('tcppver.out').trim().split(/\r?\n/)) {
    const words = line.trim().split(/\s+/);
    if (words[1] === 'xx') {
      const satellite = Number(words[0]);
      if (Number(sets[++at]?.catalogNumber) !== satellite)
        throw new Error(`SGP4-VER.TLE and tcppver.out part at satellite ${satellite}`);
      orbit = satellite === FAILING_SATELLITE ? undefined : createOrbit(sets[at]!);
    } else if (orbit !== undefined) {
      const [minutes, x, y, z] = words.map(Number) as [number, number, number, number];
      const state = orbit.inertialAt(orbit.tle.epochMs + minutes * 60_000);
      worstKm = Math.max(
        worstKm,
        state === undefined ? Infinity : Math.hypot(state.x - x, state.y - y, state.z - z),
      );
      vectors++;
    }
  }
  return { vectors, worstMm: worstKm * 1e6 };
}

/** Those of the recorded events. */
export const STATIONS: readonly StationInput[] = [
  { id: 'KIR', latitudeDeg: 67.86, longitudeDeg: 20.22, altitudeM: 400 },
  { id: 'SIN', latitudeDeg: 1.35, longitudeDeg: 103.8, altitudeM: 20 },
  { id: 'PSC', latitudeDeg: -53.16, longitudeDeg: -70.9, altitudeM: 30 },
];

export interface Events {
  events: number;
  /** Theirs that aren't here, counted by satellite, station and kind. */
  missed: number;
  /** Here and not theirs. */
  extra: number;
  /** Between the two, sorted. */
  apartSeconds: number[];
}

/** Rises and sets beside those of Skyfield, which stops once it is near: it rises late and sets early. */
export function checkEvents(): Events {
  const { passes } = JSON.parse(readOrbits('passes-skyfield-even.json')) as {
    passes: [satellite: number, station: string, events: [seconds: number, code: 0 | 1 | 2][]][];
  };
  const satellites = parseTle(readOrbits('passes_set30.tle'));
  const fromMs = Date.UTC(2022, 7, 10);
  const window: TimeWindow = { fromMs, toMs: fromMs + 48 * 3_600_000 };
  const sum: Events = { events: 0, missed: 0, extra: 0, apartSeconds: [] };
  for (const [satellite, name, events] of passes) {
    const stations = createStations(STATIONS.filter(({ id }) => id === name));
    const found = findPasses(createOrbit(satellites[satellite]!), stations, window);
    for (const [code, key] of [
      [0, 'riseMs'],
      [2, 'setMs'],
    ] as const) {
      const theirs = events.filter((event) => event[1] === code).map(([seconds]) => seconds);
      const ours = found.flatMap((pass) => pass[key] ?? []).map((tMs) => (tMs - fromMs) / 1000);
      ours.sort((a, b) => a - b);
      sum.events += theirs.length;
      sum.missed += Math.max(0, theirs.length - ours.length);
      sum.extra += Math.max(0, ours.length - theirs.length);
      if (ours.length === theirs.length)
        sum.apartSeconds.push(...theirs.map((seconds, index) => Math.abs(seconds - ours[index]!)));
    }
  }
  sum.apartSeconds.sort((a, b) => a - b);
  return sum;
}
