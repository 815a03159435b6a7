/**
 * The health of one link, as a state machine: samples and times go in, its state comes out. The host sends what
 * `probeDueMs` asks for, tells what came back, and looks again at `nextLookMs`.
 */
import type { Random } from '../ports/random.ts';
import { InvalidInput } from '../errors.ts';
import { checkNumbers, checkTime, DAY_MS } from './checks.ts';
import { Detector, type DetectorSettings } from './detector.ts';
import { Outstanding } from './outstanding.ts';
import { ProbeSchedule } from './probe-schedule.ts';
import { type Nominal, Quality, type QualitySettings } from './quality.ts';
import { lasting, type LinkState, type LinkStatus } from './state.ts';

export interface LinkHealthSettings extends DetectorSettings {
  /** @default nothing is nominal: it is never degraded by delay or rate */
  nominal?: Nominal;
  /** @default `QUALITY` */
  quality?: QualitySettings;
}

const RATE_MAX = 1e15;
/** Probes are never closer than this share of the interval. */
const GAP_MIN = 0.75;

export class LinkHealth {
  readonly #detector: Detector;
  readonly #schedule: ProbeSchedule;
  readonly #outstanding: Outstanding;
  readonly #quality: Quality;
  readonly #rttMs: number;
  #nowMs = -Infinity;
  #isOpen = false;
  #turnedMs = -Infinity;
  #missed = 0;

  /** Closed until `open`. */
  constructor(settings: LinkHealthSettings, random: Random) {
    const { nominal = {}, quality, ...detection } = settings;
    const { rttMs = 0, rateBitsPerSecond = 1 } = nominal;
    checkNumbers(
      { rttMs, rateBitsPerSecond },
      {
        rttMs: nominal.rttMs === undefined ? { least: 0, most: 0 } : { least: 1e-3, most: DAY_MS },
        rateBitsPerSecond: { least: 1e-3, most: RATE_MAX },
      },
    );
    this.#detector = new Detector(detection);
    this.#schedule = new ProbeSchedule(detection.intervalMs, random);
    this.#outstanding = new Outstanding(this.#detector.boundMs + 2 * rttMs, GAP_MIN * detection.intervalMs);
    this.#quality = new Quality(nominal, quality);
    this.#rttMs = rttMs;
  }

  /** When the next probe should go out; Infinity while closed. */
  get probeDueMs(): number {
    return this.#isOpen ? this.#schedule.dueMs : Infinity;
  }

  /** A contact began, or the link was registered. */
  open(nowMs: number): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#missed++;
    this.#turnedMs = this.#advance(nowMs);
    this.#detector.reset(this.#turnedMs);
    this.#outstanding.forgetLoss();
    this.#quality.forget();
    this.#schedule.hurry();
  }

  /** A contact ended as planned: no failure, nothing is probed, nothing on its way is lost. */
  close(nowMs: number): void {
    if (!this.#isOpen) return;
    this.#turnedMs = this.#advance(nowMs);
    this.#isOpen = false;
    this.#outstanding.drop();
  }

  /** A probe goes out: the number that its answer must bring back. Throws `InvalidInput` while closed. */
  probe(nowMs: number): number {
    if (!this.#isOpen)
      throw new InvalidInput('A probe was sent over a link without a contact.', 'Open the link first.');
    const atMs = this.#advance(nowMs);
    this.#schedule.put(atMs, atMs - Math.max(this.#detector.heardMs, this.#turnedMs));
    return this.#outstanding.send(atMs);
  }

  /** An answer came. Any that isn't waited for (unknown, late, twice) changes nothing. */
  answered(sequence: number, nowMs: number): void {
    const atMs = this.#advance(nowMs);
    const rttMs = this.#isOpen ? this.#outstanding.take(sequence, atMs) : undefined;
    if (rttMs === undefined) return;
    this.#probed(true, atMs);
    this.#quality.measuredRtt(rttMs, atMs);
    this.#missed = 0;
    // It may have been asked seldom while it was silent.
    if (!this.#detector.isUp) this.#schedule.put(atMs);
  }

  /** Something that was sent over it was acknowledged over it, which is as good as an answer and makes the next probe needless. */
  acknowledged(nowMs: number): void {
    if (!this.#isOpen) return;
    const atMs = this.#advance(nowMs);
    const wasUp = this.#detector.isUp;
    this.#detector.probed(true, atMs);
    this.#missed = 0;
    this.#schedule.put(atMs);
    if (this.#detector.isUp && !wasUp) this.#rose();
  }

  /** How much it carried when asked for more than it can. Throws `InvalidInput` for what is no rate. */
  measuredRate(rateBitsPerSecond: number, nowMs: number): void {
    checkNumbers({ rateBitsPerSecond }, { rateBitsPerSecond: { least: 0, most: RATE_MAX } });
    this.#quality.measuredRate(rateBitsPerSecond, this.#advance(nowMs));
  }

  status(nowMs: number): LinkStatus {
    const atMs = this.#advance(nowMs);
    if (!this.#isOpen) return 'closed';
    if (this.#detector.isUp) return atMs >= this.#detector.suspectAtMs ? 'suspect' : 'up';
    return this.#detector.isFresh && atMs < this.#openingEndMs ? 'opening' : 'down';
  }

  /** As of the last sample or look. */
  get isDegraded(): boolean {
    return this.#isOpen && this.#detector.isUp && this.#quality.isDegraded;
  }

  state(nowMs: number): LinkState {
    const status = this.status(nowMs);
    const isUp = status === 'up' || status === 'suspect';
    return {
      status,
      sinceMs: this.#sinceMs(status),
      isDegraded: this.isDegraded,
      lossRatio: this.#outstanding.lossRatio,
      rttMs: this.#quality.rttMs,
      rateBitsPerSecond: this.#quality.rateBitsPerSecond,
      missedContacts: this.#missed,
      reasons: [...this.#because(status), ...(isUp ? this.#quality.reasons() : [])],
    };
  }

  /** How improbable its present silence is, as in `PhiAccrual`. */
  phi(nowMs: number): number {
    return this.#detector.phi(nowMs);
  }

  /** When its state may change though nothing comes; Infinity where it can't. */
  get nextLookMs(): number {
    if (!this.#isOpen) return Infinity;
    const { isUp, isFresh, suspectAtMs, downAtMs } = this.#detector;
    const silentMs = isUp
      ? this.#nowMs < suspectAtMs
        ? Math.min(suspectAtMs, downAtMs)
        : downAtMs
      : Infinity;
    const openingMs = isFresh && this.#nowMs < this.#openingEndMs ? this.#openingEndMs : Infinity;
    return Math.min(silentMs, openingMs, this.#outstanding.lostAtMs);
  }

  get #openingEndMs(): number {
    return this.#turnedMs + this.#detector.boundMs + this.#rttMs;
  }

  /** Clocks that step back are taken to stand still. */
  #advance(nowMs: number): number {
    this.#nowMs = Math.max(this.#nowMs, checkTime(nowMs));
    if (this.#isOpen) {
      while (this.#outstanding.lose(this.#nowMs)) this.#probed(false, this.#nowMs);
      this.#detector.look(this.#nowMs);
    }
    return this.#nowMs;
  }

  #probed(isAnswered: boolean, nowMs: number): void {
    const wasUp = this.#detector.isUp;
    this.#detector.probed(isAnswered, nowMs);
    if (!this.#detector.isUp) return;
    if (!wasUp) this.#rose();
    this.#quality.measuredLoss(this.#outstanding.lossRatio, nowMs);
  }

  #rose(): void {
    this.#outstanding.forgetLoss();
    this.#quality.forget();
  }

  #sinceMs(status: LinkStatus): number {
    if (status === 'closed' || status === 'opening') return this.#turnedMs;
    return status === 'down' && this.#detector.isFresh ? this.#openingEndMs : this.#detector.sinceMs;
  }

  #because(status: LinkStatus): string[] {
    const { heardMs, isFresh } = this.#detector;
    const silence = lasting(this.#nowMs - heardMs);
    if (status === 'suspect') return [`silent for ${silence}, phi ${this.phi(this.#nowMs).toFixed(1)}`];
    if (status === 'closed')
      return [
        this.#missed === 0 ? 'no contact' : `no contact, nothing came back in the last ${this.#missed}`,
      ];
    if (status === 'opening') return ['its contact began, nothing came back yet'];
    if (status === 'up') return [];
    if (isFresh) return [`nothing came back for ${lasting(this.#nowMs - this.#turnedMs)}`];
    return [`nothing came back for ${silence}`];
  }
}
