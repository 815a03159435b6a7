/** When to look again at what can't go on now, though nothing changes until then. */
import type { Random } from '../ports/random.ts';

const LEAST_MS = 1000;
const MOST_MS = 300_000;

/**
 * A share of how long it has waited already, so exponential without counting, jittered, and never past its expiry.
 * Changes wake it sooner.
 */
export function lookAgainMs(
  { acceptedMs, expiresMs }: { acceptedMs: number; expiresMs: number },
  nowMs: number,
  random: Random,
): number {
  const waitMs = Math.min(MOST_MS, Math.max(LEAST_MS, nowMs - acceptedMs));
  return Math.min(expiresMs, nowMs + waitMs * (0.5 + random.next() / 2));
}
