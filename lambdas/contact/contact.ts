import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLease, ContactLeases } from '../../core/ports/contact-leases.ts';
import type { ContactTimer } from '../../core/ports/contact-timers.ts';
import type { Logger } from '../../core/task/handler.ts';

/** A contact that is to be looked at. */
export interface Call extends ContactTimer {
  /** What is booked for it is in its lanes already. */
  isOpened?: boolean;
}

export interface ContactPorts {
  /** Puts what is booked into the lanes, and tells whether the contact is on; see `ForwardUseCases`. */
  open: (contact: ContactTimer) => Promise<boolean>;
  /** Sends what is in the lanes; false where it stopped at `stopMs` before it was done. */
  drain: (contact: ContactTimer, stopMs: number) => Promise<boolean>;
  leases: ContactLeases;
  /** Has it looked at again, at `atMs` or soon after it. */
  call: (call: Call, atMs: number) => Promise<void>;
  clock: Pick<Clock, 'now'>;
  logger: Pick<Logger, 'warn'>;
}

/** The function's time limit. A crash costs so much of a contact. */
const LEASE_MS = 100_000;
/** Drains for so long before the next call goes on with it: what it sends then has half a minute (`fragmentMsMax`). */
const SLICE_MS = 60_000;
const RETRY_MS = 5000;

/**
 * Looks at a contact when it begins and when it ends, and drains it while it is on; one call at a time, the others have that one
 * look once more. Errors: `StoreUnavailable` once the contact is over.
 */
export function createContact({ open, drain, leases, call, clock, logger }: ContactPorts) {
  return async (given: Call): Promise<void> => {
    if (clock.now() < given.startMs) return call(given, given.startMs);
    try {
      if (given.isOpened || (await open(given))) await drainAlone({ ...given, isOpened: true });
    } catch (error) {
      if (clock.now() >= given.endMs) throw error;
      // Its queue would bring it again only when much of the contact is over.
      logger.warn('a contact is tried again', { ...given, error: String(error) });
      await call(given, clock.now() + RETRY_MS);
    }
  };

  async function drainAlone(contact: Call): Promise<void> {
    let lease = await leases.take(contact, clock.now() + LEASE_MS);
    const stopMs = clock.now() + SLICE_MS;
    while (lease !== undefined) {
      const isDone = await drain(contact, stopMs).catch(async (error: unknown) => {
        await letGo(contact, lease!);
        throw error;
      });
      if (isDone) lease = await leases.giveBack(contact, lease);
      else {
        await letGo(contact, lease);
        return call(contact, clock.now());
      }
    }
  }

  /** Whoever asked meanwhile is answered by the next call. */
  async function letGo(contact: Call, held: ContactLease): Promise<void> {
    let lease: ContactLease | undefined = held;
    while (lease !== undefined) lease = await leases.giveBack(contact, lease);
  }
}
