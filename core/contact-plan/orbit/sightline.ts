/** How much room a link between two satellites has: to its greatest range, and to the air below its line of sight. */
import type { Arc } from './arc.ts';
import type { State } from './orbit.ts';
import type { Curve } from './watch.ts';

const EQUATOR_KM = 6378.137;

export interface SightLimits {
  maxRangeKm: number;
  /** The line of sight stays so far above a sphere of the equator's radius. */
  atmosphereKm: number;
}

type Place = Omit<State, 'tMs'>;

/** Kilometres by which two satellites may part, or their line of sight sink, before the link breaks; negative: it is broken. */
export class Headroom implements Curve {
  value = 0;
  rate = 0;
  rangeKm = 0;
  readonly #limits: SightLimits;
  readonly #a: Arc;
  readonly #b: Arc;

  constructor(limits: SightLimits, a: Arc, b: Arc) {
    this.#limits = limits;
    this.#a = a;
    this.#b = b;
  }

  look(tMs: number): void {
    this.#a.at(tMs);
    this.#b.at(tMs);
    this.of(this.#a, this.#b);
  }

  of(a: Place, b: Place): void {
    const x = b.x - a.x;
    const y = b.y - a.y;
    const z = b.z - a.z;
    const vx = b.vx - a.vx;
    const vy = b.vy - a.vy;
    const vz = b.vz - a.vz;
    const range2 = x * x + y * y + z * z;
    const range = Math.sqrt(range2);
    const along = x * vx + y * vy + z * vz;
    this.rangeKm = range;
    this.value = this.#limits.maxRangeKm - range;
    this.rate = range === 0 ? 0 : -along / range;
    // Where the foot of the Earth's centre on the line isn't between the two, the Earth isn't either.
    const foot = -(a.x * x + a.y * y + a.z * z);
    if (!(foot > 0 && foot < range2)) return;
    const wx = a.y * z - a.z * y;
    const wy = a.z * x - a.x * z;
    const wz = a.x * y - a.y * x;
    const area = Math.sqrt(wx * wx + wy * wy + wz * wz);
    const room = area / range - EQUATOR_KM - this.#limits.atmosphereKm;
    if (room >= this.value) return;
    const ux = a.vy * z - a.vz * y + a.y * vz - a.z * vy;
    const uy = a.vz * x - a.vx * z + a.z * vx - a.x * vz;
    const uz = a.vx * y - a.vy * x + a.x * vy - a.y * vx;
    this.value = room;
    this.rate = (wx * ux + wy * uy + wz * uz) / (area * range) - (area * along) / (range2 * range);
  }
}
