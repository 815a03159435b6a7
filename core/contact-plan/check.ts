import { InvalidInput } from '../errors.ts';
import type { Contact } from './contact.ts';

/** What a plan may hold at most; beyond it is a mistake or an attack. */
export const PLAN_LIMITS = {
  textLength: 256 * 1024 * 1024,
  contacts: 2_000_000,
  nodes: 200_000,
  rateSteps: 10_000,
  idLength: 200,
  /** As far from 1970 as a `Date` reaches. */
  timeMs: 8.64e15,
  delayMs: 1e12,
  rateBitsPerSecond: 1e18,
} as const;

/** For plans that say when links are up, and not how much they carry: everything, in no time. */
export const UNLIMITED_RATE = Number.MAX_VALUE;

const describe = (value: unknown): string =>
  typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value).slice(0, 40);

/**
 * Refuses numbers that no link can have and ids that are none.
 * Errors: `InvalidInput`, which begins with `where` (`contacts[3]`, `plan.txt:12`).
 */
export function checkContact(contact: Contact, where: string): void {
  const refuse = (what: string, came: unknown, fix: string): never => {
    throw new InvalidInput(`${where}: ${what} is ${describe(came)}.`, fix);
  };
  const number = (what: string, value: number, least: number, most: number) => {
    if (typeof value !== 'number' || !(value >= least && value <= most))
      refuse(what, value, `Give a number from ${least} to ${most}.`);
  };
  for (const end of ['from', 'to'] as const)
    if (typeof contact[end] !== 'string' || contact[end] === '' || contact[end].length > PLAN_LIMITS.idLength)
      refuse(`its "${end}"`, contact[end], `Name a node with 1 to ${PLAN_LIMITS.idLength} characters.`);
  const { timeMs, delayMs } = PLAN_LIMITS;
  number('its start in ms', contact.startMs, -timeMs, timeMs);
  number('its end in ms', contact.endMs, -timeMs, timeMs);
  number('its delay in ms', contact.delayMs, 0, delayMs);
  if (contact.confidence !== undefined) number('its confidence', contact.confidence, 0, 1);
  checkRate(contact.rateBitsPerSecond);
  const steps = contact.rateSteps ?? [];
  if (steps.length > PLAN_LIMITS.rateSteps)
    refuse('its number of rates', steps.length, `Give at most ${PLAN_LIMITS.rateSteps}.`);
  let before = contact.startMs;
  for (const { atMs, rateBitsPerSecond } of steps) {
    if (!(atMs > before && atMs < contact.endMs))
      refuse('the time of a change of rate, in ms', atMs, 'Order them by time, all within the window.');
    checkRate(rateBitsPerSecond);
    before = atMs;
  }

  function checkRate(rate: number): void {
    if (rate !== UNLIMITED_RATE) number('its rate in bits/s', rate, 0, PLAN_LIMITS.rateBitsPerSecond);
  }
}

/** Whether any bit fits. */
export const carriesNothing = ({ rateBitsPerSecond, rateSteps = [] }: Contact): boolean =>
  rateBitsPerSecond === 0 && rateSteps.every((step) => step.rateBitsPerSecond === 0);
