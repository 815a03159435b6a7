/** Route flap damping, RFC 2439: what keeps failing is not trusted again at once, and the longer it was calm the more. */
import { InvalidInput } from '../errors.ts';
import { checkNumbers, checkTime, DAY_MS } from './checks.ts';

export interface DampingSettings {
  penaltyPerFlap: number;
  suppress: number;
  reuse: number;
  halfLifeMs: number;
  /** Counted from the last flap. */
  suppressMsMax: number;
}

/** Section 4.2 with the usual figures: four flaps in quick succession suppress; calm, it is back after 31 to 60 minutes. */
export const DAMPING: DampingSettings = {
  penaltyPerFlap: 1000,
  suppress: 3000,
  reuse: 750,
  halfLifeMs: 15 * 60_000,
  suppressMsMax: 60 * 60_000,
};

/** What a `FlapDamping` knows, as JSON holds it, and the same however long ago it last flapped. */
export interface DampingMemory {
  /** When the penalty has gone down to 1, epoch milliseconds. */
  calmMs: number;
  isSuppressed: boolean;
}

export class FlapDamping {
  readonly #settings: DampingSettings;
  readonly #ceiling: number;
  #penalty = 0;
  #atMs = -Infinity;
  #isSuppressed = false;

  constructor(settings: DampingSettings = DAMPING) {
    this.#settings = checkDamping(settings);
    this.#ceiling = settings.reuse * 2 ** (settings.suppressMsMax / settings.halfLifeMs);
  }

  /** A failure of what had worked. */
  flap(nowMs: number): void {
    this.#decay(checkTime(nowMs));
    this.#penalty = Math.min(this.#ceiling, this.#penalty + this.#settings.penaltyPerFlap);
    if (this.#penalty >= this.#settings.suppress) this.#isSuppressed = true;
  }

  isSuppressed(nowMs: number): boolean {
    if (this.#isSuppressed) this.#decay(nowMs);
    return this.#isSuppressed;
  }

  penalty(nowMs: number): number {
    this.#decay(checkTime(nowMs));
    return this.#penalty;
  }

  /** When it will be free if it doesn't flap again; undefined where it is. */
  reuseAtMs(nowMs: number): number | undefined {
    if (!this.isSuppressed(nowMs)) return undefined;
    const halfLives = Math.log2(this.#penalty / this.#settings.reuse);
    // Where rounding leaves it a trace above the threshold at that very moment, the next moment is the answer.
    return Math.max(this.#atMs + halfLives * this.#settings.halfLifeMs, this.#atMs + 1e-3);
  }

  /** Undefined where it never flapped. */
  memory(nowMs: number): DampingMemory | undefined {
    const penalty = this.penalty(nowMs);
    if (penalty < 1) return undefined;
    const calmMs = Math.round(this.#atMs + Math.log2(penalty) * this.#settings.halfLifeMs);
    return { calmMs, isSuppressed: this.#isSuppressed };
  }

  /** Goes on from what another one knew. */
  restore(memory: DampingMemory | undefined, nowMs: number): void {
    this.#atMs = checkTime(nowMs);
    this.#isSuppressed = memory?.isSuppressed ?? false;
    const penalty = memory && 2 ** ((memory.calmMs - nowMs) / this.#settings.halfLifeMs);
    this.#penalty = Math.min(this.#ceiling, penalty ?? 0);
  }

  #decay(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    if (this.#penalty > 0) this.#penalty *= 2 ** ((this.#atMs - nowMs) / this.#settings.halfLifeMs);
    this.#atMs = nowMs;
    if (this.#isSuppressed && this.#penalty <= this.#settings.reuse * (1 + 1e-9)) this.#isSuppressed = false;
  }
}

/**
 * The most flaps that a damped thing can show in `durationMs`, however it behaves, where only those made while it was
 * not suppressed show: 4 and 8.3 more each hour with the usual figures.
 *
 * Each adds its penalty, to less than `suppress`. What they added goes away again by decay: while not suppressed at
 * most at the rate of decay at `suppress`; while suppressed all of it but `reuse`, which takes the time from
 * `suppress` to `reuse` at least and, where that is quicker, is the excess.
 */
export function flapsMax(durationMs: number, settings: DampingSettings = DAMPING): number {
  const { penaltyPerFlap, suppress, reuse, halfLifeMs } = checkDamping(settings);
  const lastsMs = Math.max(0, durationMs);
  const decayed = (lastsMs * Math.LN2 * suppress) / halfLifeMs;
  const suppressions = Math.ceil(lastsMs / (halfLifeMs * Math.log2(suppress / reuse)));
  const excess = Math.max(0, suppress + penaltyPerFlap - reuse - suppress * Math.log(suppress / reuse));
  return Math.floor((suppress + decayed + excess * suppressions) / penaltyPerFlap) + 1;
}

function checkDamping(settings: DampingSettings): DampingSettings {
  checkNumbers(settings, {
    penaltyPerFlap: { least: 1, most: 1e6 },
    suppress: { least: 1, most: 1e6 },
    reuse: { least: 1, most: 1e6 },
    halfLifeMs: { least: 1, most: DAY_MS },
    suppressMsMax: { least: 1, most: 7 * DAY_MS },
  });
  const { suppress, reuse, halfLifeMs, suppressMsMax } = settings;
  const ceiling = reuse * 2 ** (suppressMsMax / halfLifeMs);
  if (reuse < suppress && suppress <= ceiling && Number.isFinite(ceiling)) return settings;
  throw new InvalidInput(
    `Damping suppresses at ${suppress}, reuses at ${reuse}, and can't count beyond ${ceiling}.`,
    'Let reuse be below suppress, and suppress no more than reuse × 2^(suppressMsMax / halfLifeMs).',
  );
}
