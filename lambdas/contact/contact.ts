import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLease, ContactLeases } from '../../core/ports/contact-leases.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import type { Logger } from '../../core/task/handler.ts';
import { holding, LEASE_MS } from './hold.ts';

/** A contact that is to be looked at. */
export interface Call extends ContactTimer {
  /** What is booked for it is in its lanes already. */
  isOpened?: boolean;
  /** The holder of its lease that this call takes over from, if that crashed; else nothing is to be done. */
  watches?: string;
}

export interface ContactPorts {
  /** Puts what is booked into the lanes, and tells whether the contact is on; see `ForwardUseCases`. */
  open: (contact: ContactTimer) => Promise<boolean>;
  /** Sends what is in the lanes; false where `isOver` stopped it before it was done. */
  drain: (contact: ContactTimer, isOver: () => boolean) => Promise<boolean>;
  leases: ContactLeases;
  /** Has it looked at again, at `atMs` or soon after it. */
  call: (call: Call, atMs: number) => Promise<void>;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
}

/** Drains for so long before the next call goes on with it: what it sends then has half a minute (`fragmentMsMax`). */
const SLICE_MS = 60_000;
const RETRY_MS = 5000;

/**
 * Looks at a contact when it begins and when it ends, and drains it while it is on; one call at a time, the others have that one
 * look once more. Another call watches it, and takes over from it. Errors: `StoreUnavailable` once the contact is over.
 */
export function createContact({ open, drain, leases, call, clock, logger }: ContactPorts) {
  return async ({ watches, ...given }: Call): Promise<void> => {
    if (clock.now() < given.startMs) return call(given, given.startMs);
    try {
      if (watches !== undefined && !(await isLeft(given, watches))) return;
      if (given.isOpened || (await open(given))) await drainAlone({ ...given, isOpened: true });
    } catch (error) {
      if (clock.now() >= given.endMs) throw error;
      // Its queue would bring it again only when much of the contact is over.
      logger.warn('a contact is tried again', { ...given, error: String(error) });
      await call(given, clock.now() + RETRY_MS);
    }
  };

  /** Whoever drains it is watched for as long as that takes. */
  async function isLeft(contact: Call, watches: string): Promise<boolean> {
    const state = await leases.stateOf(contact, watches);
    if (state === 'held') await call({ ...contact, watches }, clock.now() + LEASE_MS);
    return state === 'left';
  }

  async function drainAlone(contact: Call): Promise<void> {
    let lease = await leases.take(contact, clock.now() + LEASE_MS);
    if (lease === undefined) return;
    await call({ ...contact, watches: lease.holder }, clock.now() + LEASE_MS);
    const stopMs = clock.now() + SLICE_MS;
    while (lease !== undefined) {
      const isDone = await drainHolding(contact, lease, stopMs);
      if (isDone) lease = await leases.giveBack(contact, lease);
      else {
        await letGo(contact, lease);
        return call(contact, clock.now());
      }
    }
  }

  function drainHolding(contact: Call, lease: ContactLease, stopMs: number): Promise<boolean> {
    return holding({ leases, clock, logger }, contact, lease, (isLost) =>
      drain(contact, () => isLost() || clock.now() >= stopMs),
    ).catch(async (error: unknown) => {
      await letGo(contact, lease);
      throw error;
    });
  }

  /** Whoever asked meanwhile is answered by the next call. */
  async function letGo(contact: Call, held: ContactLease): Promise<void> {
    let lease: ContactLease | undefined = held;
    while (lease !== undefined) lease = await leases.giveBack(contact, lease);
  }
}
