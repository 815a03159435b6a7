import type { Clock } from '../../core/ports/clock.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { Random } from '../../core/ports/random.ts';

/** Crockford's base 32: no I, L, O or U; in ASCII order. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** ULIDs (https://github.com/ulid/spec): 10 digits of milliseconds, 16 of randomness that counts up within a millisecond. */
export class UlidIds implements Ids {
  readonly #clock: Clock;
  readonly #random: Random;
  #latestMs = -1;
  #time = '';
  /** Digits of the random part, most significant first. */
  #digits: number[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next(prefix: string): string {
    const nowMs = Math.floor(this.#clock.now());
    // A clock that went back keeps counting at the latest time, so that order holds.
    if (nowMs > this.#latestMs) this.#startMillisecond(nowMs);
    else this.#countUp();
    let id = `${prefix}_${this.#time}`;
    for (const digit of this.#digits) id += DIGITS[digit];
    return id;
  }

  #startMillisecond(ms: number): void {
    this.#latestMs = ms;
    this.#time = '';
    for (let place = 0, rest = ms; place < TIME_DIGITS; place++, rest = Math.floor(rest / 32)) {
      this.#time = DIGITS[rest % 32] + this.#time;
    }
    this.#digits = Array.from({ length: RANDOM_DIGITS }, () => Math.floor(this.#random.next() * 32));
  }

  #countUp(): void {
    for (let place = RANDOM_DIGITS - 1; place >= 0; place--) {
      this.#digits[place] = (this.#digits[place]! + 1) % 32;
      if (this.#digits[place] !== 0) return;
    }
    this.#startMillisecond(this.#latestMs + 1);
  }
}
