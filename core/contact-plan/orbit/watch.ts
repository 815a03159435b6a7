/** When a smooth function of time is at or above a threshold, found from its values and rates at chosen times. */

/** A function of time; `look` leaves value and rate (of whatever unit, only its sign and zeros count) in the fields. */
export interface Curve {
  value: number;
  rate: number;
  look(tMs: number): void;
}

export interface Stretch {
  /** Null where it began before the watch did. */
  startMs: number | null;
  /** Null where it has not ended yet. */
  endMs: number | null;
  /** The greatest value in the stretch as far as it was watched. */
  peak: number;
  /** When; null where that is the edge of what was watched, so that the true peak may lie beyond. */
  peakMs: number | null;
}

const CROSSING_TOLERANCE_MS = 0.05;
const PEAK_TOLERANCE_MS = 0.5;

/** Follows one curve through time; stretches come out as they end. */
export class Watch {
  readonly #threshold: number;
  #open: Stretch | undefined;

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  begin(value: number): void {
    if (value >= this.#threshold) this.#open = { startMs: null, endMs: null, peak: value, peakMs: null };
  }

  /** The stretch that is open at the present edge, where the curve has `value`. */
  stillOpen(value: number): Stretch | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    return value > open.peak ? { ...open, peak: value, peakMs: null } : { ...open };
  }

  /** Goes on from a to b, between which the curve may have one extremum. */
  step(curve: Curve, aMs: number, bMs: number, ended: (stretch: Stretch) => void): void {
    curve.look(aMs);
    const { value: aValue, rate: aRate } = curve;
    curve.look(bMs);
    const { value: bValue, rate: bRate } = curve;
    const isMaximum = aRate > 0 && bRate <= 0;
    if (!isMaximum && !(aRate < 0 && bRate >= 0)) {
      this.#cross(curve, aMs, aValue, bMs, bValue, ended);
      return;
    }
    const middleMs = zero(
      (tMs) => {
        curve.look(tMs);
        return curve.rate;
      },
      [aMs, aRate],
      [bMs, bRate],
      PEAK_TOLERANCE_MS,
    );
    curve.look(middleMs);
    const { value } = curve;
    this.#cross(curve, aMs, aValue, middleMs, value, ended);
    const open = this.#open;
    if (isMaximum && open !== undefined && value > open.peak) {
      open.peak = value;
      open.peakMs = middleMs;
    }
    this.#cross(curve, middleMs, value, bMs, bValue, ended);
  }

  /** Between a and b the curve only rises or only falls. */
  #cross(
    curve: Curve,
    aMs: number,
    aValue: number,
    bMs: number,
    bValue: number,
    ended: (stretch: Stretch) => void,
  ): void {
    const threshold = this.#threshold;
    const opens = bValue >= threshold;
    if (opens === this.isOpen) return;
    const atMs = zero(
      (tMs) => {
        curve.look(tMs);
        return curve.value - threshold;
      },
      [aMs, aValue - threshold],
      [bMs, bValue - threshold],
      CROSSING_TOLERANCE_MS,
    );
    if (opens) {
      this.#open = { startMs: atMs, endMs: null, peak: threshold, peakMs: atMs };
      return;
    }
    const stretch = this.#open!;
    this.#open = undefined;
    if (stretch.startMs === null || atMs > stretch.startMs) ended({ ...stretch, endMs: atMs });
  }
}

/** Where `f` is zero between two points of opposite signs: false position (Illinois), halved now and then so that it always ends. */
function zero(
  f: (tMs: number) => number,
  [aMs, aValue]: readonly [number, number],
  [bMs, bValue]: readonly [number, number],
  toleranceMs: number,
): number {
  if (aValue === 0) return aMs;
  if (bValue === 0) return bMs;
  if (aValue > 0 === bValue > 0) return Math.abs(aValue) < Math.abs(bValue) ? aMs : bMs;
  let [lowMs, low, highMs, high, side, before] = [aMs, aValue, bMs, bValue, 0, Infinity];
  for (let round = 1; round < 100; round++) {
    const guess = (lowMs * high - highMs * low) / (high - low);
    const tMs = round % 8 === 0 || !(guess > lowMs && guess < highMs) ? (lowMs + highMs) / 2 : guess;
    const value = f(tMs);
    if (value === 0 || Math.abs(tMs - before) < toleranceMs || highMs - lowMs < toleranceMs) return tMs;
    before = tMs;
    if (value > 0 === high > 0) {
      [highMs, high] = [tMs, value];
      if (side === 1) low /= 2;
      side = 1;
    } else {
      [lowMs, low] = [tMs, value];
      if (side === -1) high /= 2;
      side = -1;
    }
  }
  return (lowMs + highMs) / 2;
}
