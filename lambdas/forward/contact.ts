/** Contacts: from their beginning to their end, what they carry, in which order, and what becomes of the rest. */
import type { Contact } from '../../core/contact-plan/contact.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import type { Channel } from '../../core/node/node.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import { bookAgain, enter } from './book.ts';
import { Drain, type Planned } from './drain.ts';
import type { ForwardPorts } from './ports.ts';

/** So far back the plan is asked for contacts that are on. */
const AROUND_MS = 60_000;

/** Puts what is booked for a contact into its lanes. Tells whether it is on; at its end it is closed instead. */
export async function openContact(ports: ForwardPorts, contact: ContactTimer): Promise<boolean> {
  if (ports.clock.now() >= contact.endMs) {
    await closeContact(ports, contact);
    return false;
  }
  for await (const transfer of bookedFor(ports, contact)) await enter(ports, transfer, contact);
  return true;
}

/**
 * Sends what is in the lanes of a contact, the most urgent first, at the rate that it has, until nothing is left or nothing
 * more fits. What doesn't fit is booked for the next contact at once. False where `isOver` stopped it before that.
 */
export async function drain(
  ports: ForwardPorts,
  contact: ContactTimer,
  isOver: () => boolean,
): Promise<boolean> {
  const planned = await plannedOf(ports, contact);
  const rest = planned && (await new Drain(ports, contact, planned).run(isOver));
  if (rest === undefined || rest === 'full') await closeContact(ports, contact);
  return rest !== 'stopped';
}

/** The contact is over, or full. */
export async function closeContact(ports: ForwardPorts, contact: ContactTimer): Promise<void> {
  await ports.lanes.close({ link: contact.link, to: contact.to });
  for await (const transfer of bookedFor(ports, contact)) await bookAgain(ports, transfer, contact.endMs);
}

async function* bookedFor({ custody }: ForwardPorts, contact: ContactTimer): AsyncGenerator<Transfer> {
  const { to, link, endMs } = contact;
  const all: Transfer[] = [];
  let cursor: string | undefined;
  do {
    const page = await custody.open({ state: 'booked', to, ...(cursor !== undefined && { cursor }) });
    all.push(...page.transfers);
    cursor = page.cursor;
  } while (cursor !== undefined);
  yield* all.filter(({ hop }) => hop?.link === link && hop.departMs < endMs);
}

/** What is left of the contact as it is planned now: plans are made anew, and times move a little. */
async function plannedOf(
  { network, node, clock }: ForwardPorts,
  { to, link, startMs, endMs }: ContactTimer,
): Promise<Planned | undefined> {
  const nowMs = clock.now();
  const atMs = Math.min(nowMs, startMs) - AROUND_MS;
  const all = (await network.contacts({ from: node, to, atMs })).contacts;
  const contacts = all.filter((contact) => contact.link === link);
  const on = contacts.find((contact) => contact.endMs > nowMs);
  if (on === undefined || on.startMs >= endMs) return undefined;
  const next = contacts.find((contact) => contact.startMs >= on.endMs);
  const { rateBitsPerSecond, delayMs, channel } = on;
  const window = { startMs: Math.max(nowMs, on.startMs), endMs: on.endMs };
  const contact: Contact = { from: node, to, ...window, rateBitsPerSecond, delayMs };
  const isBack = (way: { from: string; to: string; channel: Channel }) =>
    way.from === to && way.to === node && way.channel === channel;
  const isAlways = (await network.registered()).links.some((one) => isBack(one) && one.viaContacts !== true);
  const back = isAlways
    ? [{ startMs: -Infinity, endMs: Infinity, delayMs }]
    : (await network.contacts({ from: to, to: node, atMs })).contacts.filter(isBack);
  return { contact, back, ...(next && { nextStartMs: next.startMs }) };
}
