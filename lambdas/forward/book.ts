/** Puts a bundle into a contact: now in its lane, or when it begins. */
import { lookAgainMs } from '../../core/custody/patience.ts';
import type { Transfer, TransferHop } from '../../core/custody/transfer.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import { type Lane, LanesBusy } from '../../core/ports/release-lanes.ts';
import type { ForwardPorts } from './ports.ts';
import { nextWay } from './way.ts';

export type Booking = Required<TransferHop>;

export const laneOf = ({ to, link }: Pick<TransferHop, 'to' | 'link'>, { precedence }: Transfer): Lane => ({
  link,
  to,
  precedence,
});

/** Of one booking; the rest moves when the contact is full. */
const MOVES_MAX = 100;

/** Returns the contact where it is on: it is to be drained. */
export async function book(
  ports: ForwardPorts,
  transfer: Transfer,
  hop: Booking,
  reason: string,
): Promise<{ contact?: ContactTimer }> {
  const { custody, clock, timers } = ports;
  const nowMs = clock.now();
  const { to, link, departMs, closesMs } = hop;
  const { bundleId, state, attempt, expiresMs } = transfer;
  const contact: ContactTimer = { to, link, startMs: departMs, endMs: closesMs };
  // The timer is there before it is needed: a booking without it would leave with the next sweep only.
  if (departMs > nowMs) await timers.set(contact);
  const set = {
    state: 'booked',
    hop,
    dueMs: Math.min(expiresMs, Math.max(nowMs, departMs)),
    reason,
  } as const;
  const isBooked = await custody.change({ bundleId, expect: { states: [state], attempt }, set });
  if (isBooked) ports.booked?.put({ ...transfer, ...set });
  if (!isBooked || departMs > nowMs) return {};
  return (await enter(ports, { ...transfer, ...set }, contact)) ? { contact } : {};
}

/** Puts what is booked for a contact that is on into its lane, however often it is asked. Tells whether it is there. */
export async function enter(
  ports: ForwardPorts,
  transfer: Transfer,
  contact: ContactTimer,
): Promise<boolean> {
  const { lanes, custody, clock, timers, random } = ports;
  const { bundleId, attempt, source: flow, sizeBytes, expiresMs } = transfer;
  const expect = { states: ['booked'], attempt } as const;
  try {
    await lanes.put(laneOf(contact, transfer), [
      { bundleId, attempt: attempt + 1, flow, sizeBytes, expiresMs },
    ]);
  } catch (error) {
    if (!(error instanceof LanesBusy)) throw error;
    const dueMs = Math.min(contact.endMs, lookAgainMs(transfer, clock.now(), random));
    await custody.change({ bundleId, expect, set: { dueMs, reason: error.message } });
    return false;
  }
  // Asked again at its end, it closes the lanes.
  await timers.set({ ...contact, startMs: contact.endMs });
  const dueMs = Math.min(expiresMs, contact.endMs);
  return custody.change({ bundleId, expect, set: { dueMs } });
}

/** Has what is below it and fits no more go in another contact, the lowest first: at once, not when the contact turns out to be full. */
export async function giveWay(
  ports: ForwardPorts,
  { precedence }: Transfer,
  contact: Booking,
): Promise<void> {
  const { booked, custody, clock } = ports;
  if (booked === undefined || contact.departMs <= clock.now()) return;
  for (let moves = 0; moves < MOVES_MAX; moves++) {
    const bundleId = booked.lowest(contact, precedence);
    const lower = bundleId === undefined ? undefined : await custody.get(bundleId);
    if (lower?.state !== 'booked') return;
    const next = await nextWay(ports, lower);
    if (next.kind !== 'book' || isSame(next.hop, lower.hop!)) return booked.put(lower);
    await book(ports, lower, next.hop, `gave way to ${precedence}; ${next.reason}`);
  }
}

const isSame = (a: TransferHop, b: TransferHop): boolean =>
  a.to === b.to && a.link === b.link && a.closesMs === b.closesMs;

/** Books it for what comes after a time. */
export async function bookAgain(ports: ForwardPorts, transfer: Transfer, atMs: number): Promise<void> {
  const next = await nextWay(ports, transfer, { atMs });
  if (next.kind === 'book') return void (await book(ports, transfer, next.hop, next.reason));
  const { bundleId, state, attempt, expiresMs } = transfer;
  const dueMs = Math.min(expiresMs, next.kind === 'wait' ? next.untilMs : ports.clock.now());
  const set = { state: 'waiting', dueMs, reason: `did not fit into its contact; ${next.reason}` } as const;
  await ports.custody.change({ bundleId, expect: { states: [state], attempt }, set });
}
