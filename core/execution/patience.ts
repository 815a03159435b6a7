import type { Execution } from './execution.ts';
import { UNLIMITED_SECONDS } from './steps.ts';

const MINUTE_MS = 60_000;

/** How long Await waits before it has lost tasks looked for; `Infinity` where none can be lost. Milliseconds. */
export interface Patience {
  firstMs: number;
  /** The longest; it grows with the age of the run, since each look reads all open tasks. */
  mostMs: number;
  /** The longest while all that is open waits for answers. */
  answersMs: number;
}

/** All that is open waits: nothing can be lost before the first of these times. */
export interface Rest {
  /** When the first of them is to have been taken up; epoch milliseconds, or `Infinity`. */
  untilMs: number;
  /** Some wait for an answer, which may come at any moment, and with it work that can be lost. */
  awaitsAnswers: boolean;
}

/** Until the deadline, or the next look for lost tasks: the service's own default where there is neither. */
export function awaitSeconds(
  { deadlineMs = Infinity, startedMs }: Pick<Execution, 'deadlineMs' | 'startedMs'>,
  nowMs: number,
  { firstMs, mostMs, answersMs }: Patience,
  rest?: Rest,
): number {
  const grownMs = Math.max(firstMs, nowMs - (startedMs ?? nowMs));
  const restMs = rest
    ? Math.min(rest.untilMs - nowMs, rest.awaitsAnswers ? Math.min(answersMs, grownMs) : Infinity)
    : 0;
  const lookMs = Math.max(Math.min(mostMs, grownMs), restMs);
  return Math.min(UNLIMITED_SECONDS, Math.max(1, Math.ceil(Math.min(deadlineMs - nowMs, lookMs) / 1000)));
}

/**
 * For a host whose functions and machines die one by one, as on AWS. The first look comes when an Express execution that died with
 * the run's first task has certainly been ended by the service.
 */
export const OFTEN_THEN_SELDOM: Patience = {
  firstMs: 6 * MINUTE_MS,
  mostMs: 6 * 60 * MINUTE_MS,
  answersMs: 24 * 60 * MINUTE_MS,
};

/** For a host that loses tasks only with itself, and takes up all when it starts. */
export const NEVER: Patience = { firstMs: Infinity, mostMs: Infinity, answersMs: Infinity };
