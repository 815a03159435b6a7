/** Where a satellite is: SGP4 (satellite.js), and the turn of the Earth. Loads satellite.js; import it lazily where start-up counts. */
import { gstime, sgp4, twoline2satrec } from 'satellite.js';
import { InvalidInput } from '../../errors.ts';
import type { Tle } from './tle.ts';

/** Position in km and velocity in km/s. */
export interface State {
  tMs: number;
  x: number;
  y: number;
  z: number;
  vx: number;
  vy: number;
  vz: number;
}

/** μ of WGS 72, which SGP4 and the mean motions of element sets are made with; km³/s². */
export const MU_KM3_PER_S2 = 398_600.8;
/** Of the Earth against the mean equinox: 1.00273790935 turns a day of UT1. */
export const EARTH_TURN_RAD_PER_S = 7.292115855e-5;

const UNIX_EPOCH_JULIAN_DAYS = 2_440_587.5;
const ERRORS: Record<number, string> = {
  1: 'its mean eccentricity leaves 0 to 1',
  2: 'its mean motion falls below zero',
  3: 'its perturbed eccentricity leaves 0 to 1',
  4: 'its semi-latus rectum falls below zero',
  6: 'it is below the ground: it has decayed',
};

export interface Orbit {
  readonly tle: Tle;
  readonly semiMajorAxisKm: number;
  readonly periodMs: number;
  /** In the true equator, mean equinox frame of SGP4; undefined where SGP4 gives up (`problem` says why). */
  inertialAt(tMs: number): State | undefined;
  /**
   * In the frame that turns with the Earth: TEME turned by Greenwich mean sidereal time (IAU 1982). UTC stands for
   * UT1 and the pole doesn't move: at most 0.9 s × 0.47 km/s = 0.42 km and 0.01 km off, less than an element set is.
   */
  earthFixedAt(tMs: number): State | undefined;
  /** Why the propagation failed that has just failed. */
  problem(): string;
}

/** Errors: `InvalidInput` where SGP4 can't fly the elements even at their own epoch. */
export function createOrbit(tle: Tle): Orbit {
  const record = twoline2satrec(tle.line1, tle.line2);
  const semiMajorAxisKm = Math.cbrt(MU_KM3_PER_S2 / ((tle.meanMotionRevPerDay * 2 * Math.PI) / 86_400) ** 2);
  const problem = () => ERRORS[record.error] ?? `SGP4 fails with ${record.error}`;

  function inertialAt(tMs: number): State | undefined {
    const found = sgp4(record, (tMs - tle.epochMs) / 60_000);
    if (!found || typeof found.position !== 'object' || typeof found.velocity !== 'object') return undefined;
    const { x, y, z } = found.position;
    const { x: vx, y: vy, z: vz } = found.velocity;
    return Number.isFinite(x + y + z + vx + vy + vz) ? { tMs, x, y, z, vx, vy, vz } : undefined;
  }

  function earthFixedAt(tMs: number): State | undefined {
    const state = inertialAt(tMs);
    if (state === undefined) return undefined;
    const angle = gstime(tMs / 86_400_000 + UNIX_EPOCH_JULIAN_DAYS);
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const { x, y, vx, vy } = state;
    state.x = cos * x + sin * y;
    state.y = cos * y - sin * x;
    state.vx = cos * vx + sin * vy + EARTH_TURN_RAD_PER_S * state.y;
    state.vy = cos * vy - sin * vx - EARTH_TURN_RAD_PER_S * state.x;
    return state;
  }

  if (inertialAt(tle.epochMs) === undefined)
    throw new InvalidInput(
      `Satellite ${tle.name} (line ${tle.line}) can't be propagated at its own epoch: ${problem()}.`,
      'Leave it out, or fetch a newer element set.',
    );
  const periodMs = 86_400_000 / tle.meanMotionRevPerDay;
  return { tle, semiMajorAxisKm, periodMs, inertialAt, earthFixedAt, problem };
}
