/** When to try again, if at all: capped exponential with full jitter, within a budget, never past the deadline. */
import type { Random } from '../ports/random.ts';
import { isUrgent, type Precedence } from '../satellite/precedence.ts';
import { checkNumbers, checkTime, DAY_MS } from './checks.ts';

export interface BudgetSettings {
  /** Retries saved up at most. */
  tokensMax: number;
  /** Of a retry, what each success earns: 0.1 keeps retries near a tenth of the traffic. */
  perSuccess: number;
  /** What time alone earns, so that a link without any success is still tried. */
  perSecond: number;
}

const BUDGET: BudgetSettings = { tokensMax: 10, perSuccess: 0.1, perSecond: 0.2 };
/** Of these little is sent, and none may be lost for want of a retry. */
const URGENT_BUDGET: BudgetSettings = { tokensMax: 100, perSuccess: 1, perSecond: 5 };

export const budgetOf = (precedence: Precedence): BudgetSettings =>
  isUrgent(precedence) ? URGENT_BUDGET : BUDGET;

/** Tokens of which each retry takes one. One for each link and precedence, so that none spends what is another's. */
export class RetryBudget {
  readonly #settings: BudgetSettings;
  #tokens: number;
  #atMs = -Infinity;

  /** @param settings `budgetOf` a precedence, or one's own */
  constructor(settings: BudgetSettings) {
    this.#settings = checkNumbers(settings, {
      tokensMax: { least: 1, most: 1e6 },
      perSuccess: { least: 0, most: 1 },
      perSecond: { least: 1e-6, most: 1e6 },
    });
    this.#tokens = settings.tokensMax;
  }

  succeeded(): void {
    this.#tokens = Math.min(this.#settings.tokensMax, this.#tokens + this.#settings.perSuccess);
  }

  /** Takes the next token that there is, and tells from when on it may be used: now, or later. */
  take(nowMs: number): number {
    this.#earn(nowMs);
    this.#tokens--;
    return this.#tokens >= 0 ? nowMs : nowMs + (-this.#tokens / this.#settings.perSecond) * 1000;
  }

  /** A token that was taken and not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#settings.tokensMax, this.#tokens + 1);
  }

  #earn(nowMs: number): void {
    checkTime(nowMs);
    if (nowMs <= this.#atMs) return;
    const earned = this.#atMs === -Infinity ? 0 : ((nowMs - this.#atMs) / 1000) * this.#settings.perSecond;
    this.#tokens = Math.min(this.#settings.tokensMax, this.#tokens + earned);
    this.#atMs = nowMs;
  }
}

export interface RetrySettings {
  delayMs: number;
  delayMsMax: number;
  /** Tries in all, the first among them. */
  triesMax: number;
}

export const RETRY: RetrySettings = { delayMs: 200, delayMsMax: 5000, triesMax: 10_000 };

/** Of these little is sent: in the seconds that a channel may live, each has several tries. */
const URGENT_RETRY: RetrySettings = { ...RETRY, delayMsMax: 500 };

export const retryOf = (precedence: Precedence): RetrySettings =>
  isUrgent(precedence) ? URGENT_RETRY : RETRY;

export interface Failed {
  /** Tries so far, at least one. */
  tries: number;
  /** What isn't there by then is worthless; Infinity where there is no such time. */
  deadlineMs: number;
  /** How long a try takes: one that can't end before the deadline isn't begun. */
  tryMs: number;
}

/** `budget` is never an answer of its own: it puts the try off, and past the deadline that is the end. */
export type Retry = { atMs: number } | { refused: 'deadline' | 'tries'; reason: string };

/** "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter. */
export function retryAt(
  failed: Failed,
  nowMs: number,
  { random, budget, settings = RETRY }: { random: Random; budget: RetryBudget; settings?: RetrySettings },
): Retry {
  const { delayMs, delayMsMax, triesMax } = settings === RETRY ? RETRY : checkRetry(settings);
  const { tries, deadlineMs, tryMs } = failed;
  if (tries >= triesMax) return { refused: 'tries', reason: `tried ${tries} times, which is the limit` };
  const backoffMs = Math.min(delayMsMax, delayMs * 2 ** Math.min(tries - 1, 52)) * random.next();
  const atMs = Math.max(nowMs + backoffMs, budget.take(nowMs));
  if (atMs + tryMs <= deadlineMs) return { atMs };
  budget.giveBack();
  return {
    refused: 'deadline',
    reason: `another try would end ${Math.round(atMs + tryMs - deadlineMs)} ms too late`,
  };
}

const checkRetry = (settings: RetrySettings): RetrySettings =>
  checkNumbers(settings, {
    delayMs: { least: 0, most: DAY_MS },
    delayMsMax: { least: settings.delayMs, most: DAY_MS },
    triesMax: { least: 1, most: 1e9, isWhole: true },
  });
