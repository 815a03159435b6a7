/** A threshold that one sample can't cross: separate levels to enter and to leave, n of the last m samples, and a dwell. */
import { InvalidInput } from '../errors.ts';
import { checkNumbers, DAY_MS } from './checks.ts';

export interface GateSettings {
  /** On when `n` of the last `m` samples are at or above this… */
  enter: number;
  /** …and off again when `n` of the last `m` are at or below this. */
  leave: number;
  n: number;
  m: number;
  /** It stays as it is at least so long. */
  dwellMs: number;
}

export class Gate {
  readonly #settings: GateSettings;
  readonly #samples: Float64Array;
  #count = 0;
  #next = 0;
  #isOn = false;
  #sinceMs = -Infinity;

  constructor(settings: GateSettings) {
    checkNumbers(settings, {
      enter: { least: -Number.MAX_VALUE, most: Number.MAX_VALUE },
      leave: { least: -Number.MAX_VALUE, most: Number.MAX_VALUE },
      m: { least: 1, most: 1000, isWhole: true },
      n: { least: 1, most: settings.m, isWhole: true },
      dwellMs: { least: 0, most: DAY_MS },
    });
    if (settings.leave >= settings.enter)
      throw new InvalidInput(
        `A gate enters at ${settings.enter} and leaves at ${settings.leave}.`,
        'Let it leave below where it enters.',
      );
    if (2 * settings.n <= settings.m)
      throw new InvalidInput(
        `${settings.n} of ${settings.m} samples could say both at once.`,
        'Ask for more than half of them.',
      );
    this.#settings = settings;
    this.#samples = new Float64Array(settings.m);
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** When it went on or off; −Infinity before that. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  sample(value: number, nowMs: number): void {
    this.#samples[this.#next] = value;
    this.#next = (this.#next + 1) % this.#samples.length;
    if (this.#count < this.#samples.length) this.#count++;
    if (nowMs - this.#sinceMs < this.#settings.dwellMs || this.#votes() < this.#settings.n) return;
    this.#isOn = !this.#isOn;
    this.#sinceMs = nowMs;
  }

  /** Forgets samples, not what they led to. */
  forget(): void {
    this.#count = 0;
    this.#next = 0;
  }

  /** Samples that speak for a change. */
  #votes(): number {
    const { enter, leave } = this.#settings;
    let votes = 0;
    for (let index = 0; index < this.#count; index++) {
      const value = this.#samples[index]!;
      if (this.#isOn ? value <= leave : value >= enter) votes++;
    }
    return votes;
  }
}
