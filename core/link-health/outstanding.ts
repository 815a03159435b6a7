/** Probes on their way, and how many of the last ones were lost. Bounded: the oldest goes when there are too many. */

const PLACES_MAX = 4096;
/** Loss is a share of so many of the last probes; of fewer than half of them it says nothing. */
export const LOSS_WINDOW = 20;

export class Outstanding {
  readonly #sentMs: Float64Array;
  readonly #lostAfterMs: number;
  readonly #outcomes = new Uint8Array(LOSS_WINDOW);
  #known = 0;
  #lost = 0;
  #turn = 0;
  /** Sequence numbers: the oldest that may be on its way, and the next. */
  #oldest = 0;
  #next = 0;

  constructor(lostAfterMs: number, leastGapMs: number) {
    this.#sentMs = new Float64Array(Math.min(PLACES_MAX, Math.ceil(lostAfterMs / leastGapMs) + 2));
    this.#lostAfterMs = lostAfterMs;
  }

  send(nowMs: number): number {
    const sequence = this.#next++;
    this.#sentMs[sequence % this.#sentMs.length] = nowMs;
    return sequence;
  }

  /** Milliseconds since it was sent; undefined for one that isn't on its way: unknown, answered before, or given up. */
  take(sequence: number, nowMs: number): number | undefined {
    if (!Number.isInteger(sequence) || sequence < this.#oldest || sequence >= this.#next) return undefined;
    const place = sequence % this.#sentMs.length;
    const sentMs = this.#sentMs[place]!;
    if (Number.isNaN(sentMs)) return undefined;
    this.#sentMs[place] = NaN;
    this.#count(0);
    return Math.max(0, nowMs - sentMs);
  }

  /** When the oldest is given up; Infinity where none is on its way. */
  get lostAtMs(): number {
    this.#skipAnswered();
    if (this.#oldest === this.#next) return Infinity;
    return this.#sentMs[this.#oldest % this.#sentMs.length]! + this.#lostAfterMs;
  }

  /** Gives up one that is overdue, or that there's no room for; false where there is none. */
  lose(nowMs: number): boolean {
    const { lostAtMs } = this;
    const isCrowded = this.#next - this.#oldest >= this.#sentMs.length;
    if (lostAtMs === Infinity || (nowMs < lostAtMs && !isCrowded)) return false;
    this.#oldest++;
    this.#count(1);
    return true;
  }

  /** 0 where too few are known to tell. */
  get lossRatio(): number {
    return this.#known * 2 < LOSS_WINDOW ? 0 : this.#lost / this.#known;
  }

  /** Those on their way are neither answered nor lost: the link was closed. */
  drop(): void {
    this.#oldest = this.#next;
  }

  forgetLoss(): void {
    this.#known = 0;
    this.#lost = 0;
  }

  #skipAnswered(): void {
    while (this.#oldest < this.#next && Number.isNaN(this.#sentMs[this.#oldest % this.#sentMs.length]!))
      this.#oldest++;
  }

  #count(isLost: 0 | 1): void {
    const place = this.#turn;
    this.#turn = (this.#turn + 1) % LOSS_WINDOW;
    this.#lost += isLost - (this.#known === LOSS_WINDOW ? this.#outcomes[place]! : 0);
    this.#outcomes[place] = isLost;
    if (this.#known < LOSS_WINDOW) this.#known++;
  }
}
