/** A stretch of an orbit as a cubic through two propagated states, so that looking closely needs no SGP4. */
import { MU_KM3_PER_S2, type State } from './orbit.ts';

/**
 * Radians of orbit that one arc spans. A cubic's error is h⁴/384 of the fourth derivative, so r × 0.12⁴ / 384:
 * 4 m for a LEO satellite and 23 m for a GEO one, milliseconds of rise or set; SGP4 itself is off by a kilometre.
 */
const ARC_RAD = 0.12;

/** How long the arc from `state` may be; shorter where gravity turns it faster, or its radius changes fast. */
export function arcMs({ x, y, z, vx, vy, vz }: State): number {
  const r2 = x * x + y * y + z * z;
  const turn = Math.sqrt(MU_KM3_PER_S2 / (r2 * Math.sqrt(r2)));
  const climb = Math.abs(x * vx + y * vy + z * vz) / r2;
  return (ARC_RAD / Math.max(turn, climb)) * 1000;
}

/** Cubic Hermite interpolation; `at` leaves its answer in the fields, so that nothing is allocated. */
export class Arc {
  x = 0;
  y = 0;
  z = 0;
  vx = 0;
  vy = 0;
  vz = 0;
  #a!: State;
  #b!: State;
  #seconds = 0;

  through(a: State, b: State): void {
    this.#a = a;
    this.#b = b;
    this.#seconds = (b.tMs - a.tMs) / 1000;
  }

  at(tMs: number): void {
    const a = this.#a;
    const b = this.#b;
    const h = this.#seconds;
    const s = (tMs - a.tMs) / 1000 / h;
    const s2 = s * s;
    const b1 = s2 * (3 - 2 * s);
    const b0 = 1 - b1;
    const c0 = s * (1 - s) * (1 - s) * h;
    const c1 = s2 * (s - 1) * h;
    this.x = b0 * a.x + c0 * a.vx + b1 * b.x + c1 * b.vx;
    this.y = b0 * a.y + c0 * a.vy + b1 * b.y + c1 * b.vy;
    this.z = b0 * a.z + c0 * a.vz + b1 * b.z + c1 * b.vz;
    const d = (6 * s * (1 - s)) / h;
    const e0 = (1 - s) * (1 - 3 * s);
    const e1 = s * (3 * s - 2);
    this.vx = d * (b.x - a.x) + e0 * a.vx + e1 * b.vx;
    this.vy = d * (b.y - a.y) + e0 * a.vy + e1 * b.vy;
    this.vz = d * (b.z - a.z) + e0 * a.vz + e1 * b.vz;
  }
}
