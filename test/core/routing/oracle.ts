/** Every route of a small plan, by trying them all; nothing here is shared with what it checks. */
import fc from 'fast-check';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import type { Exclusion } from '../../../core/routing/conditions.ts';

export interface Asked {
  from: string;
  to: string;
  atMs: number;
  sizeBytes: number;
}

export interface FoundRoute {
  contacts: number[];
  nodes: string[];
  arrivalMs: number;
  expiresMs: number;
}

export type Taken = ReadonlyMap<number, readonly (readonly [number, number])[]>;

export interface Circumstances {
  taken?: Taken;
  exclude?: Exclusion;
}

/** All routes that visit no node twice. */
export function allRoutes(
  plan: readonly Contact[],
  { from, to, atMs, sizeBytes }: Asked,
  { taken = new Map(), exclude = {} }: Circumstances = {},
): FoundRoute[] {
  const shut = new Set(exclude.nodes);
  const off = new Set(exclude.contacts);
  const found: FoundRoute[] = [];
  const go = (nodes: string[], contacts: number[], now: number, expiresMs: number): void => {
    const here = nodes.at(-1)!;
    if (here === to) {
      found.push({ contacts, nodes, arrivalMs: now, expiresMs });
      return;
    }
    plan.forEach((contact, index) => {
      if (contact.from !== here || nodes.includes(contact.to) || shut.has(contact.to) || off.has(index))
        return;
      const sent = sentAt(contact, now, sizeBytes * 8, taken.get(index) ?? []);
      if (sent === undefined) return;
      go(
        [...nodes, contact.to],
        [...contacts, index],
        sent + contact.delayMs,
        Math.min(expiresMs, contact.endMs),
      );
    });
  };
  if (!shut.has(from) && !shut.has(to)) go([from], [], atMs, Infinity);
  return found;
}

/** Goes through the contact millisecond by millisecond; times are whole. */
function sentAt(
  contact: Contact,
  now: number,
  bits: number,
  taken: readonly (readonly [number, number])[],
): number | undefined {
  const starts = [now, contact.startMs, ...taken.map(([, end]) => end)]
    .filter((start) => start >= now && start >= contact.startMs)
    .sort((a, b) => a - b);
  for (const start of starts) {
    let left = bits;
    let at = start;
    while (left > 0 && at < contact.endMs) {
      const step = Math.floor(at) + 1 - at;
      const perMs = rateAt(contact, at) / 1000;
      if (perMs * step >= left) {
        at += left / perMs;
        left = 0;
      } else {
        left -= perMs * step;
        at += step;
      }
    }
    if (left > 0 || at > contact.endMs) continue;
    const isFree = taken.every(([from, to]) => at <= from || start >= to);
    if (isFree) return at;
  }
  return undefined;
}

const rateAt = (contact: Contact, at: number): number =>
  contact.rateSteps?.findLast((step) => step.atMs <= at)?.rateBitsPerSecond ?? contact.rateBitsPerSecond;

/** Earlier, then over fewer hops, then expiring later. */
export const inOrder = (a: FoundRoute, b: FoundRoute): number =>
  a.arrivalMs - b.arrivalMs ||
  a.contacts.length - b.contacts.length ||
  (a.expiresMs === b.expiresMs ? 0 : b.expiresMs - a.expiresMs);

/** What the order looks at. */
export const figures = ({ arrivalMs, expiresMs, contacts }: FoundRoute) => ({
  arrivalMs,
  hops: contacts.length,
  expiresMs,
});

const NODES = ['a', 'b', 'c', 'd', 'e'];
const rates = fc.constantFrom(1000, 2000, 4000, 8000);

/** Contacts of which those of one link don't overlap; whole milliseconds, and rates that divide exactly. */
export const plans = (contactsMax = 14): fc.Arbitrary<Contact[]> =>
  fc
    .array(
      fc.record({
        ends: fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 2, maxLength: 2 }),
        startMs: fc.nat(40),
        lengthMs: fc.integer({ min: 1, max: 20 }),
        rateBitsPerSecond: rates,
        delayMs: fc.constantFrom(0, 0, 1, 3),
        link: fc.constantFrom(undefined, undefined, 'x', 'y'),
        step: fc.option(
          fc.record({ afterMs: fc.nat(20), rateBitsPerSecond: fc.oneof(rates, fc.constant(0)) }),
        ),
      }),
      { maxLength: contactsMax },
    )
    .map((rows) => {
      const kept: Contact[] = [];
      for (const { ends, startMs, lengthMs, rateBitsPerSecond, delayMs, link, step } of rows) {
        const [from, to] = ends as [string, string];
        const endMs = startMs + lengthMs;
        const linkId = link && `${from}${to}${link}`;
        const isFree = kept.every(
          (other) =>
            other.from !== from ||
            other.to !== to ||
            other.linkId !== linkId ||
            other.endMs <= startMs ||
            other.startMs >= endMs,
        );
        const atMs = startMs + (step?.afterMs ?? 0);
        const rateSteps =
          step && atMs > startMs && atMs < endMs
            ? [{ atMs, rateBitsPerSecond: step.rateBitsPerSecond }]
            : undefined;
        if (isFree)
          kept.push({
            from,
            to,
            startMs,
            endMs,
            rateBitsPerSecond,
            delayMs,
            ...(linkId !== undefined && { linkId }),
            ...(rateSteps && { rateSteps }),
          });
      }
      return kept;
    });

export const questions: fc.Arbitrary<Asked> = fc.record({
  from: fc.constantFrom('a', 'b'),
  to: fc.constantFrom('d', 'e'),
  atMs: fc.nat(20),
  sizeBytes: fc.constantFrom(0, 0, 1, 2, 5, 9),
});

export { NODES };

export function firstOf<Value>(values: Iterable<Value>, count: number): Value[] {
  const first: Value[] = [];
  for (const value of values) {
    first.push(value);
    if (first.length === count) break;
  }
  return first;
}
