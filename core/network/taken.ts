/** What is booked of contacts already, laid over the plan for one question. */
import type { Bookings } from '../contact-plan/bookings.ts';
import { type Precedence, PRECEDENCES } from '../satellite/precedence.ts';
import type { CompiledNetwork } from './compiled.ts';
import { carrierOf } from './contacts.ts';

/** Bytes that leave in a contact. */
export interface Taken {
  from: string;
  to: string;
  /** As `NetworkHop.link`. */
  link: string;
  precedence: Precedence;
  bytes: number;
  /** Within the contact, as it was planned then: plans are made anew, and times move a little. */
  departMs: number;
  closesMs: number;
}

type Network = Pick<CompiledNetwork, 'plan' | 'carriers'>;

const keyOf = (from: string, to: string, link: string): string => `${from} ${to} ${link}`;
const indices = new WeakMap<CompiledNetwork['plan'], ReadonlyMap<string, readonly number[]>>();

/** Books the most precedent first, each from when the contact begins; the returned function gives all of it back. */
export function layTaken(network: Network, bookings: Bookings, taken: readonly Taken[]): () => void {
  const { contacts } = network.plan;
  const booked: string[] = [];
  const freeFromMs = new Map<number, number>();
  for (const { from, to, link, precedence, bytes, departMs, closesMs } of byPrecedence(taken)) {
    const candidates = indexOf(network).get(keyOf(from, to, link)) ?? [];
    const at = candidates.find((one) => contacts[one]!.endMs > departMs && contacts[one]!.startMs < closesMs);
    if (at === undefined) continue;
    const { startMs, endMs, rateBitsPerSecond } = contacts[at]!;
    const beginMs = freeFromMs.get(at) ?? Math.max(startMs, departMs);
    const sentMs = Math.min(endMs, beginMs + (bytes * 8000) / rateBitsPerSecond);
    if (!(sentMs > beginMs)) continue;
    freeFromMs.set(at, sentMs);
    const id = `taken ${booked.length}`;
    bookings.book({ id, precedence, transmissions: [{ contact: at, departMs: beginMs, sentMs }] });
    booked.push(id);
  }
  return () => {
    for (const id of booked) bookings.release(id);
  };
}

const byPrecedence = (taken: readonly Taken[]): Taken[] =>
  taken.toSorted((a, b) => PRECEDENCES.indexOf(a.precedence) - PRECEDENCES.indexOf(b.precedence));

/** Contacts by what carries them, in order; worked out once a plan. */
function indexOf({ plan, carriers }: Network): ReadonlyMap<string, readonly number[]> {
  const known = indices.get(plan);
  if (known !== undefined) return known;
  const { contacts } = plan;
  const all = [...contacts.keys()];
  const byKey = Map.groupBy(all, (at) => {
    const contact = contacts[at]!;
    return keyOf(contact.from, contact.to, carrierOf(carriers, contact).id);
  });
  for (const of of byKey.values()) of.sort((a, b) => contacts[a]!.startMs - contacts[b]!.startMs);
  indices.set(plan, byKey);
  return byKey;
}
