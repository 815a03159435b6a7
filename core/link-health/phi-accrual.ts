/**
 * The phi accrual failure detector: how improbable the present silence is, learnt from the silences before it.
 * Hayashibara, Défago, Yared, Katayama: "The φ Accrual Failure Detector", SRDS 2004.
 */
import { checkNumbers, DAY_MS } from './checks.ts';

export interface PhiSettings {
  /** Assumed between two arrivals until some were seen. */
  intervalMs: number;
  /** Arrivals more regular than this are not believed to stay so. */
  deviationMsMin: number;
  /** Arrivals remembered. @default 100 */
  samplesMax?: number;
}

const SAMPLES = 100;
/** The paper's window is 1000; what no window is worth is unbounded memory a link. */
const SAMPLES_MAX = 10_000;

export class PhiAccrual {
  readonly #gapsMs: Float64Array;
  readonly #assumedMs: number;
  readonly #deviationMsMin: number;
  #count = 0;
  #next = 0;
  /** Of gaps less the assumed one, so that squares stay small. */
  #sum = 0;
  #squares = 0;

  constructor({ intervalMs, deviationMsMin, samplesMax = SAMPLES }: PhiSettings) {
    checkNumbers(
      { intervalMs, deviationMsMin, samplesMax },
      {
        intervalMs: { least: 1, most: DAY_MS },
        deviationMsMin: { least: 0.001, most: DAY_MS },
        samplesMax: { least: 1, most: SAMPLES_MAX, isWhole: true },
      },
    );
    this.#gapsMs = new Float64Array(samplesMax);
    this.#assumedMs = intervalMs;
    this.#deviationMsMin = deviationMsMin;
  }

  /** Learns the time between two arrivals. */
  learn(gapMs: number): void {
    const excess = gapMs - this.#assumedMs;
    if (this.#count === this.#gapsMs.length) {
      const oldest = this.#gapsMs[this.#next]!;
      this.#sum -= oldest;
      this.#squares -= oldest * oldest;
    } else this.#count++;
    this.#gapsMs[this.#next] = excess;
    this.#sum += excess;
    this.#squares += excess * excess;
    this.#next = (this.#next + 1) % this.#gapsMs.length;
    if (this.#next === 0) this.#sumUp();
  }

  get meanMs(): number {
    return this.#count === 0 ? this.#assumedMs : this.#assumedMs + this.#sum / this.#count;
  }

  get deviationMs(): number {
    if (this.#count < 2) return Math.max(this.#deviationMsMin, this.#assumedMs / 4);
    const mean = this.#sum / this.#count;
    return Math.max(this.#deviationMsMin, Math.sqrt(Math.max(0, this.#squares / this.#count - mean * mean)));
  }

  /** −log10 of the probability that a silence of a live link lasts longer than this one. */
  phi(silenceMs: number): number {
    return -log10NormalTail((silenceMs - this.meanMs) / this.deviationMs);
  }

  /** Adds afresh, once a window: what rounding left behind doesn't pile up. */
  #sumUp(): void {
    this.#sum = 0;
    this.#squares = 0;
    for (let index = 0; index < this.#count; index++) {
      const excess = this.#gapsMs[index]!;
      this.#sum += excess;
      this.#squares += excess * excess;
    }
  }
}

/** How many standard deviations above the mean phi is `threshold`: 6.36 for 10. */
export function deviationsAt(threshold: number): number {
  let low = -10;
  let high = 100;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (-log10NormalTail(middle) < threshold) low = middle;
    else high = middle;
  }
  return high;
}

/** Chebyshev coefficients of erfc: relative error below 1.2e-7 however far out. Numerical Recipes, §6.2. */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

/** log10 of the probability that a standard normal variable exceeds `z`; no underflow. */
export function log10NormalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  let polynomial = 0;
  for (let power = ERFC.length - 1; power >= 0; power--) polynomial = polynomial * t + ERFC[power]!;
  const logTail = Math.log(t / 2) - x * x + polynomial;
  return (z >= 0 ? logTail : Math.log1p(-Math.exp(logTail))) / Math.LN10;
}
