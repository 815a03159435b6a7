/**
 * Whether a link lives, from what comes back over it. Down on whichever fires first: the phi accrual detector at its
 * threshold, or a fixed bound of missed intervals as in BFD (RFC 5880, section 6.8.4). Up again when n of the last m
 * probes were answered and it had been down for its dwell.
 */
import { checkNumbers, DAY_MS } from './checks.ts';
import { deviationsAt, PhiAccrual } from './phi-accrual.ts';

export interface DetectorSettings {
  intervalMs: number;
  /** @default 10 */
  phiThreshold?: number;
  /** Intervals of silence that are down, whatever phi says. @default 3 */
  missedMax?: number;
  /** Answers… @default 3 */
  recoverAnswers?: number;
  /** …of so many of the last probes bring a link back. @default 5 */
  recoverProbes?: number;
  /** @default three intervals */
  dwellMs?: number;
}

const SUSPECT_PHI = 3;
/** One probe lost and the next answered late is no failure: phi alone may not fire before. */
const PHI_INTERVALS_MIN = 2.5;
/** Regular arrivals are not believed to stay within less of an interval than this. */
const DEVIATION_INTERVALS_MIN = 0.1;
const SUSPECT_DEVIATIONS = deviationsAt(SUSPECT_PHI);
const DEFAULT_PHI = 10;
const DEFAULT_DEVIATIONS = deviationsAt(DEFAULT_PHI);

export class Detector {
  readonly #phi: PhiAccrual;
  readonly #deviations: number;
  readonly #phiMsMin: number;
  readonly #boundMs: number;
  readonly #dwellMs: number;
  readonly #answersMin: number;
  /** Of the last probes while down, whether each was answered, the latest in the lowest bit. */
  readonly #probesMask: number;
  #answers = 0;
  /** Silences that are suspect and down, by what was learnt. */
  #suspectMs = 0;
  #downMs = 0;
  #heardMs = -Infinity;
  #isUp = false;
  #sinceMs = -Infinity;
  #isFresh = true;

  constructor(settings: DetectorSettings) {
    const {
      intervalMs,
      phiThreshold = DEFAULT_PHI,
      missedMax = 3,
      recoverAnswers = 3,
      recoverProbes = 5,
    } = settings;
    const { dwellMs = 3 * intervalMs } = settings;
    checkNumbers(
      { intervalMs, phiThreshold, missedMax, recoverAnswers, recoverProbes, dwellMs },
      {
        intervalMs: { least: 1, most: DAY_MS },
        phiThreshold: { least: 1, most: 300 },
        missedMax: { least: 2, most: 100 },
        recoverProbes: { least: 1, most: 30, isWhole: true },
        recoverAnswers: { least: 1, most: recoverProbes, isWhole: true },
        dwellMs: { least: 0, most: DAY_MS },
      },
    );
    this.#phi = new PhiAccrual({ intervalMs, deviationMsMin: DEVIATION_INTERVALS_MIN * intervalMs });
    this.#deviations = phiThreshold === DEFAULT_PHI ? DEFAULT_DEVIATIONS : deviationsAt(phiThreshold);
    this.#boundMs = missedMax * intervalMs;
    this.#phiMsMin = Math.min(this.#boundMs, PHI_INTERVALS_MIN * intervalMs);
    this.#dwellMs = dwellMs;
    this.#answersMin = recoverAnswers;
    this.#probesMask = 2 ** recoverProbes - 1;
    this.#learn();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Not up yet since it was made or reset. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** When it went up or down, or was reset. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  /** The fixed bound. */
  get boundMs(): number {
    return this.#boundMs;
  }

  /** When silence makes it down, if nothing comes; Infinity where it is down. */
  get downAtMs(): number {
    return this.#isUp ? this.#heardMs + this.#downMs : Infinity;
  }

  /** From when on it is suspect, if nothing comes. */
  get suspectAtMs(): number {
    return this.#heardMs + this.#suspectMs;
  }

  phi(nowMs: number): number {
    return this.#heardMs === -Infinity ? 0 : this.#phi.phi(nowMs - this.#heardMs);
  }

  /** Lets silence have its effect. */
  look(nowMs: number): void {
    const downAtMs = this.downAtMs;
    if (nowMs < downAtMs) return;
    this.#isUp = false;
    this.#answers = 0;
    this.#sinceMs = downAtMs;
  }

  /** Something came back: both directions work. */
  heard(nowMs: number): void {
    this.look(nowMs);
    // A silence that was a failure is not what silences of this link are like.
    if (this.#isUp) this.#learn(nowMs - this.#heardMs);
    this.#heardMs = nowMs;
  }

  /** A probe was answered, or wasn't in its time. */
  probed(isAnswered: boolean, nowMs: number): void {
    if (isAnswered) this.heard(nowMs);
    else this.look(nowMs);
    if (this.#isUp) return;
    this.#answers = ((this.#answers << 1) | (isAnswered ? 1 : 0)) & this.#probesMask;
    if (isAnswered && this.#hasRecovered(nowMs)) this.#rise(nowMs);
  }

  /** Knows nothing any more, as before the first answer: the first one will do. */
  reset(nowMs: number): void {
    this.#isUp = false;
    this.#answers = 0;
    this.#heardMs = -Infinity;
    this.#isFresh = true;
    this.#sinceMs = nowMs;
  }

  #learn(gapMs?: number): void {
    if (gapMs !== undefined) this.#phi.learn(gapMs);
    const { meanMs, deviationMs } = this.#phi;
    this.#suspectMs = meanMs + SUSPECT_DEVIATIONS * deviationMs;
    const byPhiMs = Math.max(this.#phiMsMin, meanMs + this.#deviations * deviationMs);
    this.#downMs = Math.min(this.#boundMs, byPhiMs);
  }

  #hasRecovered(nowMs: number): boolean {
    if (this.#isFresh) return true;
    return nowMs - this.#sinceMs >= this.#dwellMs && bits(this.#answers) >= this.#answersMin;
  }

  #rise(nowMs: number): void {
    this.#isUp = true;
    this.#isFresh = false;
    this.#sinceMs = nowMs;
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
