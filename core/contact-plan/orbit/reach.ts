/** From where a satellite can be seen, so that the rest of its orbit is passed over; every bound errs towards looking. */
import { EARTH_TURN_RAD_PER_S, MU_KM3_PER_S2, type Orbit, type State } from './orbit.ts';
import type { Station } from './station.ts';

const RAD = Math.PI / 180;
/** The geodetic vertical leans up to 0.193° from the geocentric one. */
const LEAN_RAD = 0.2 * RAD;
/** Short periods of SGP4 beyond an ellipse. */
const ELLIPSE_SLACK_KM = 50;
/** Above this period SGP4 flies with the Moon and the Sun, which bend the ellipse in the long run. */
const DEEP_SPACE_MS = 225 * 60_000;

/** The widest angle at the Earth's centre between a station and a satellite at `radiusKm` that it sees. */
function reachRad(radiusKm: number, stationRadiusKm: number, minElevationRad: number): number {
  const elevation = minElevationRad - LEAN_RAD;
  return Math.acos(Math.min(1, (stationRadiusKm / radiusKm) * Math.cos(elevation))) - elevation;
}

/** False where the ground track never comes near enough, whatever the time. */
export function mayReach(orbit: Orbit, station: Station, toMs: number): boolean {
  const { tle, semiMajorAxisKm, periodMs } = orbit;
  const apogeeKm =
    periodMs > DEEP_SPACE_MS ? Infinity : semiMajorAxisKm * (1 + tle.eccentricity) + 2 * ELLIPSE_SLACK_KM;
  const years = Math.abs(toMs - tle.epochMs) / (365.25 * 86_400_000);
  // The Moon and the Sun turn a free geostationary orbit by 0.9° a year.
  const slackRad = (1 + 2 * years) * RAD;
  const inclination = tle.inclinationDeg * RAD;
  const highestLatitude = Math.min(inclination, Math.PI - inclination) + slackRad;
  return (
    Math.abs(station.latitudeDeg) * RAD - LEAN_RAD <=
    highestLatitude + reachRad(apogeeKm, station.radiusKm, station.minElevationRad)
  );
}

export interface Outlook {
  /** For so long no station can see it. */
  blindMs: number;
  perigeeKm: number;
}

/** What all the stations of one satellite have in common, and how long it stays out of their sight. */
export class Reach {
  readonly #stations: readonly Station[];
  readonly #minElevationRad: number;
  readonly #radiusKm: number;

  constructor(stations: readonly Station[]) {
    this.#stations = stations;
    this.#minElevationRad = Math.min(...stations.map((station) => station.minElevationRad));
    this.#radiusKm = Math.min(...stations.map((station) => station.radiusKm));
  }

  /** `state` is Earth-fixed. Holds for less than a revolution. */
  from(state: State, periodMs: number): Outlook {
    const { x, y, z } = state;
    const vx = state.vx - EARTH_TURN_RAD_PER_S * y;
    const vy = state.vy + EARTH_TURN_RAD_PER_S * x;
    const vz = state.vz;
    const radius = Math.sqrt(x * x + y * y + z * z);
    const axis = 1 / (2 / radius - (vx * vx + vy * vy + vz * vz) / MU_KM3_PER_S2);
    if (!(axis > 0)) return { blindMs: 0, perigeeKm: 0 };
    const momentumX = y * vz - z * vy;
    const momentumY = z * vx - x * vz;
    const momentumZ = x * vy - y * vx;
    const momentum2 = momentumX * momentumX + momentumY * momentumY + momentumZ * momentumZ;
    const momentum = Math.sqrt(momentum2);
    const eccentricity = Math.sqrt(Math.max(0, 1 - momentum2 / (MU_KM3_PER_S2 * axis)));
    const perigeeKm = Math.max(1000, axis * (1 - eccentricity) - ELLIPSE_SLACK_KM);
    const apogeeKm = axis * (1 + eccentricity) + ELLIPSE_SLACK_KM;
    const relativeTurn = (turn: number) =>
      Math.sqrt(
        turn * turn + EARTH_TURN_RAD_PER_S ** 2 - (2 * turn * EARTH_TURN_RAD_PER_S * momentumZ) / momentum,
      );
    const turn = Math.max(relativeTurn(momentum / perigeeKm ** 2), relativeTurn(momentum / apogeeKm ** 2));

    let cosine = -1;
    for (const { upX, upY, upZ } of this.#stations)
      cosine = Math.max(cosine, (upX * x + upY * y + upZ * z) / radius);
    const gap =
      Math.acos(Math.min(1, cosine)) - LEAN_RAD - reachRad(apogeeKm, this.#radiusKm, this.#minElevationRad);
    return { blindMs: Math.min(periodMs, (gap / (turn * 1.02 + 1e-6)) * 1000), perigeeKm };
  }
}

/**
 * False where an arc stays below what a station can see: a cubic lies within the hull of its Bernstein coefficients,
 * and whatever is seen stands at least so far above the station's horizontal plane.
 */
export function mayRise(station: Station, a: State, b: State, perigeeKm: number): boolean {
  const { upX, upY, upZ, radiusKm, minElevationRad, sinMinElevation } = station;
  const floor = upX * station.x + upY * station.y + upZ * station.z;
  const from = upX * a.x + upY * a.y + upZ * a.z - floor;
  const to = upX * b.x + upY * b.y + upZ * b.z - floor;
  const third = (b.tMs - a.tMs) / 3000;
  const second = from + (upX * a.vx + upY * a.vy + upZ * a.vz) * third;
  const penultimate = to - (upX * b.vx + upY * b.vy + upZ * b.vz) * third;
  const highest = Math.max(from, second, penultimate, to);
  if (highest < 0) return false;
  const side = radiusKm * Math.cos(minElevationRad);
  const nearestKm = Math.sqrt(Math.max(0, perigeeKm * perigeeKm - side * side)) - radiusKm * sinMinElevation;
  return highest >= 0.8 * nearestKm * sinMinElevation - 5;
}
