/** Places on the ground, and how high a satellite stands over them. */
import { InvalidInput } from '../../errors.ts';
import { Arc } from './arc.ts';
import type { State } from './orbit.ts';
import type { Curve } from './watch.ts';

export interface StationInput {
  /** Id of its node. */
  id: string;
  /** Geodetic, WGS 84; north is positive. */
  latitudeDeg: number;
  /** East is positive; -180 to 360. */
  longitudeDeg: number;
  /** Above the WGS 84 ellipsoid. */
  altitudeM: number;
  /** What a satellite must stand above the horizon to be of use. @default 10 */
  minElevationDeg?: number;
}

/** A station as a point and the direction that is up there, fixed to the Earth; km. */
export interface Station {
  readonly id: string;
  readonly latitudeDeg: number;
  readonly minElevationRad: number;
  readonly sinMinElevation: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly upX: number;
  readonly upY: number;
  readonly upZ: number;
  readonly radiusKm: number;
}

export const DEFAULT_MIN_ELEVATION_DEG = 10;
/** https://earth-info.nga.mil: WGS 84. */
const EQUATOR_KM = 6378.137;
const FLATTENING = 1 / 298.257223563;
const E2 = FLATTENING * (2 - FLATTENING);
const RAD = Math.PI / 180;

/** Errors: `InvalidInput` naming the field that is out of its range or no number. */
export function createStation(input: StationInput): Station {
  const { id, latitudeDeg, longitudeDeg, altitudeM, minElevationDeg = DEFAULT_MIN_ELEVATION_DEG } = input;
  if (typeof id !== 'string' || id.length === 0 || id.length > 100)
    throw new InvalidInput('A station has no id of 1 to 100 characters.', 'Give each station a short name.');
  const within = (value: unknown, least: number, most: number, what: string, unit: string) => {
    if (typeof value !== 'number' || !(value >= least && value <= most))
      throw new InvalidInput(
        `Station ${id}: the ${what} is ${String(value)}.`,
        `Give ${unit} from ${least} to ${most}.`,
      );
  };
  within(latitudeDeg, -90, 90, 'latitude', 'degrees');
  within(longitudeDeg, -180, 360, 'longitude', 'degrees');
  within(altitudeM, -500, 20_000, 'altitude', 'metres above the ellipsoid');
  within(minElevationDeg, 0, 89.9, 'minimum elevation', 'degrees');

  const latitude = latitudeDeg * RAD;
  const longitude = longitudeDeg * RAD;
  const upX = Math.cos(latitude) * Math.cos(longitude);
  const upY = Math.cos(latitude) * Math.sin(longitude);
  const upZ = Math.sin(latitude);
  const normal = EQUATOR_KM / Math.sqrt(1 - E2 * upZ * upZ);
  const altitudeKm = altitudeM / 1000;
  const x = (normal + altitudeKm) * upX;
  const y = (normal + altitudeKm) * upY;
  const z = (normal * (1 - E2) + altitudeKm) * upZ;
  const minElevationRad = minElevationDeg * RAD;
  return {
    id,
    latitudeDeg,
    minElevationRad,
    sinMinElevation: Math.sin(minElevationRad),
    x,
    y,
    z,
    upX,
    upY,
    upZ,
    radiusKm: Math.hypot(x, y, z),
  };
}

/** Errors: `InvalidInput` as of `createStation`, for two of one id, and for more than 10,000. */
export function createStations(inputs: readonly StationInput[]): Station[] {
  if (inputs.length > 10_000)
    throw new InvalidInput(`There are ${inputs.length} stations; 10000 are the most.`, 'Plan them in parts.');
  const seen = new Set<string>();
  return inputs.map((input) => {
    const station = createStation(input);
    if (seen.has(station.id))
      throw new InvalidInput(`There are two stations "${station.id}".`, 'Give each its own name.');
    seen.add(station.id);
    return station;
  });
}

/** The sine of a satellite's elevation over a station along an arc; without refraction. */
export class Elevation implements Curve {
  value = 0;
  rate = 0;
  readonly #station: Station;
  readonly #arc: Arc;

  constructor(station: Station, arc: Arc) {
    this.#station = station;
    this.#arc = arc;
  }

  look(tMs: number): void {
    this.#arc.at(tMs);
    this.of(this.#arc);
  }

  of(state: Omit<State, 'tMs'>): void {
    const station = this.#station;
    const x = state.x - station.x;
    const y = state.y - station.y;
    const z = state.z - station.z;
    const range = Math.sqrt(x * x + y * y + z * z);
    const sine = (station.upX * x + station.upY * y + station.upZ * z) / range;
    const climb = station.upX * state.vx + station.upY * state.vy + station.upZ * state.vz;
    this.value = sine;
    this.rate = (climb - (sine * (x * state.vx + y * state.vy + z * state.vz)) / range) / range;
  }
}
