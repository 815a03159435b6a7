/** Whether a link that is up does what it should: loss, delay and rate against its nominal ones. */
import { Gate, type GateSettings } from './gate.ts';
import { LOSS_WINDOW } from './outstanding.ts';

/** What a link is registered with. Where one is missing, nothing is measured against it. */
export interface Nominal {
  /** There and back. */
  rttMs?: number;
  rateBitsPerSecond?: number;
}

export interface QualitySettings {
  /** Of the share of probes lost. */
  loss: GateSettings;
  /** Of the time there and back over the nominal one. */
  delay: GateSettings;
  /** Of the share of the nominal rate that is missing. */
  rate: GateSettings;
}

/** Two of the periods in which Starlink changes its paths: what one change does is over by then. */
const DWELL_MS = 30_000;

/**
 * Every 15 seconds Starlink loses a probe or answers it late, and goes on some 40 ms nearer or farther: 2 of 20 probes
 * lost, 1 of 10 late, half as long again. All that is inside these bounds.
 */
export const QUALITY: QualitySettings = {
  loss: { enter: 0.25, leave: 0.1, n: 1, m: 1, dwellMs: DWELL_MS },
  delay: { enter: 2, leave: 1.5, n: 7, m: 10, dwellMs: DWELL_MS },
  rate: { enter: 0.5, leave: 0.3, n: 3, m: 5, dwellMs: DWELL_MS },
};

const RTTS = 10;

export class Quality {
  readonly #nominal: Nominal;
  readonly #loss: Gate;
  readonly #delay: Gate;
  readonly #rate: Gate;
  readonly #rttsMs = new Float64Array(RTTS);
  #rttCount = 0;
  #lossRatio = 0;
  #rateBitsPerSecond: number | undefined;

  constructor(nominal: Nominal, settings: QualitySettings = QUALITY) {
    this.#nominal = nominal;
    this.#loss = new Gate(settings.loss);
    this.#delay = new Gate(settings.delay);
    this.#rate = new Gate(settings.rate);
  }

  get isDegraded(): boolean {
    return this.#loss.isOn || this.#delay.isOn || this.#rate.isOn;
  }

  get rateBitsPerSecond(): number | undefined {
    return this.#rateBitsPerSecond;
  }

  /** The median of the last answers. */
  get rttMs(): number | undefined {
    const count = Math.min(RTTS, this.#rttCount);
    return count === 0 ? undefined : this.#rttsMs.slice(0, count).sort()[count >> 1];
  }

  measuredLoss(ratio: number, nowMs: number): void {
    this.#lossRatio = ratio;
    this.#loss.sample(ratio, nowMs);
  }

  measuredRtt(rttMs: number, nowMs: number): void {
    this.#rttsMs[this.#rttCount++ % RTTS] = rttMs;
    if (this.#nominal.rttMs !== undefined) this.#delay.sample(rttMs / this.#nominal.rttMs, nowMs);
  }

  measuredRate(rateBitsPerSecond: number, nowMs: number): void {
    this.#rateBitsPerSecond = rateBitsPerSecond;
    const nominal = this.#nominal.rateBitsPerSecond;
    if (nominal !== undefined) this.#rate.sample(1 - rateBitsPerSecond / nominal, nowMs);
  }

  /** What was measured before an outage says nothing about after it. */
  forget(): void {
    this.#rttCount = 0;
    this.#rateBitsPerSecond = undefined;
    for (const gate of [this.#loss, this.#delay, this.#rate]) gate.forget();
  }

  reasons(): string[] {
    const { rttMs: nominalRttMs = 0, rateBitsPerSecond: nominalRate = 0 } = this.#nominal;
    const reasons: string[] = [];
    if (this.#loss.isOn)
      reasons.push(`lost ${Math.round(this.#lossRatio * 100)} % of the last ${LOSS_WINDOW} probes`);
    if (this.#delay.isOn)
      reasons.push(`takes ${Math.round(this.rttMs ?? NaN)} ms there and back, nominally ${nominalRttMs} ms`);
    if (this.#rate.isOn)
      reasons.push(`carries ${rateText(this.#rateBitsPerSecond ?? NaN)}, nominally ${rateText(nominalRate)}`);
    return reasons;
  }
}

/** `9.6 kbit/s` */
export function rateText(bitsPerSecond: number): string {
  const [unit, scale] = (
    [
      ['Gbit/s', 1e9],
      ['Mbit/s', 1e6],
      ['kbit/s', 1e3],
    ] as const
  ).find(([, least]) => bitsPerSecond >= least) ?? ['bit/s', 1];
  return `${Number((bitsPerSecond / scale).toPrecision(3))} ${unit}`;
}
