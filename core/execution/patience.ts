import type { Execution } from './execution.ts';
import { UNLIMITED_SECONDS } from './steps.ts';

/** How long Await waits before it has lost tasks looked for; `Infinity` where none can be lost. Milliseconds. */
export interface Patience {
  firstMs: number;
  /** The longest; it grows with the age of the run, since each look reads all open tasks. */
  mostMs: number;
}

/** Until the deadline, or the next look for lost tasks: the service's own default where there is neither. */
export function awaitSeconds(
  { deadlineMs = Infinity, startedMs }: Pick<Execution, 'deadlineMs' | 'startedMs'>,
  nowMs: number,
  { firstMs, mostMs }: Patience,
): number {
  const lookMs = Math.min(mostMs, Math.max(firstMs, nowMs - (startedMs ?? nowMs)));
  return Math.min(UNLIMITED_SECONDS, Math.max(1, Math.ceil(Math.min(deadlineMs - nowMs, lookMs) / 1000)));
}

/**
 * For a host whose functions and machines die one by one, as on AWS. The first look comes when an Express execution that died with
 * the run's first task has certainly been ended by the service.
 */
export const OFTEN_THEN_SELDOM: Patience = { firstMs: 6 * 60_000, mostMs: 6 * 60 * 60_000 };

/** For a host that loses tasks only with itself, and takes up all when it starts. */
export const NEVER: Patience = { firstMs: Infinity, mostMs: Infinity };
