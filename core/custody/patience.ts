/** When to look again at what can't go on now, though nothing changes until then. */
import type { Contact } from '../contact-plan/contact.ts';
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

/**
 * When a neighbour's answer to what arrives in a contact can be here. Where it has no contact back then, nobody can answer in it:
 * what is sent again before it is over is sent in vain. Afterwards another way may be there before the next contact back is.
 * @param back contacts of the neighbour to here over the same channel
 */
export function answerMs(
  arrivesMs: number,
  contact: Pick<Contact, 'endMs' | 'delayMs'>,
  back: readonly Pick<Contact, 'startMs' | 'endMs' | 'delayMs'>[],
): number {
  const on = back.find(({ startMs, endMs }) => startMs <= arrivesMs && endMs > arrivesMs);
  return on ? arrivesMs + on.delayMs : Math.max(arrivesMs + contact.delayMs, contact.endMs);
}
