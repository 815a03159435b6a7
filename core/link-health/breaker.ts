/** A circuit breaker: after failures in a row nothing is sent for a while, then one probe decides. Nygard, "Release It!". */
import { checkNumbers, checkTime, DAY_MS } from './checks.ts';

export interface BreakerSettings {
  /** In a row. */
  failuresMax: number;
  /** Doubled each time that the probe fails… */
  openMs: number;
  /** …up to this. */
  openMsMax: number;
  /** A probe whose outcome nobody told by then counts as failed. */
  probeMsMax: number;
}

export const BREAKER: BreakerSettings = {
  failuresMax: 5,
  openMs: 5000,
  openMsMax: 60_000,
  probeMsMax: 30_000,
};

export class Breaker {
  readonly #settings: BreakerSettings;
  #state: 'closed' | 'open' | 'half-open' = 'closed';
  #failures = 0;
  #openMs: number;
  /** While open: when it half-opens. While half-open: when the probe is given up. */
  #untilMs = 0;
  #probeMs = 0;

  constructor(settings: BreakerSettings = BREAKER) {
    this.#settings = checkNumbers(settings, {
      failuresMax: { least: 1, most: 1000, isWhole: true },
      openMs: { least: 1, most: DAY_MS },
      openMsMax: { least: settings.openMs, most: DAY_MS },
      probeMsMax: { least: 1, most: DAY_MS },
    });
    this.#openMs = settings.openMs;
  }

  state(nowMs: number): 'closed' | 'open' | 'half-open' {
    if (this.#state === 'half-open' && nowMs >= this.#untilMs) this.#open(this.#untilMs, true);
    return this.#state;
  }

  /** Whether something may be sent now. Half-open: true once, for the probe. Whoever gets true must tell the outcome. */
  tryPass(nowMs: number): boolean {
    const state = this.state(checkTime(nowMs));
    if (state === 'closed') return true;
    if (state === 'half-open' || nowMs < this.#untilMs) return false;
    this.#state = 'half-open';
    this.#probeMs = nowMs;
    this.#untilMs = nowMs + this.#settings.probeMsMax;
    return true;
  }

  /** When to try again where `tryPass` refused. */
  get retryAtMs(): number {
    return this.#untilMs;
  }

  /** @param sentMs when `tryPass` said true */
  succeeded(sentMs: number): void {
    if (this.#isStale(sentMs)) return;
    this.#state = 'closed';
    this.#failures = 0;
    this.#openMs = this.#settings.openMs;
  }

  /** @param sentMs when `tryPass` said true */
  failed(sentMs: number, nowMs: number): void {
    if (this.#isStale(sentMs)) return;
    this.#failures++;
    if (this.#state === 'half-open') this.#open(checkTime(nowMs), true);
    else if (this.#failures >= this.#settings.failuresMax) this.#open(checkTime(nowMs), false);
  }

  /** What was sent before it opened says nothing about now, and doesn't stand for the probe. */
  #isStale(sentMs: number): boolean {
    return this.#state === 'open' || (this.#state === 'half-open' && sentMs < this.#probeMs);
  }

  #open(nowMs: number, isAgain: boolean): void {
    if (isAgain) this.#openMs = Math.min(this.#settings.openMsMax, this.#openMs * 2);
    this.#state = 'open';
    this.#untilMs = nowMs + this.#openMs;
  }
}
