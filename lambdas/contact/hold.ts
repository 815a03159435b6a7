import type { Clock } from '../../core/ports/clock.ts';
import type { ContactLease, ContactLeases } from '../../core/ports/contact-leases.ts';
import type { LaneLink } from '../../core/ports/release-lanes.ts';
import type { Logger } from '../../core/task/handler.ts';

export interface HoldPorts {
  leases: Pick<ContactLeases, 'renew'>;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
}

/** A crash costs so much of a contact. */
export const LEASE_MS = 30_000;
/** Two may be missed. */
const BEAT_MS = 9000;

/** Runs with a lease that is renewed meanwhile, and says by `isLost` when it is no more held. */
export async function holding<Result>(
  { leases, clock, logger }: HoldPorts,
  link: LaneLink,
  lease: ContactLease,
  run: (isLost: () => boolean) => Promise<Result>,
): Promise<Result> {
  const ended = new AbortController();
  let untilMs = clock.now() + LEASE_MS;
  const beating = beat();
  try {
    return await run(() => clock.now() >= untilMs);
  } finally {
    ended.abort();
    await beating;
  }

  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(BEAT_MS, ended.signal).catch(() => undefined);
      if (ended.signal.aborted) return;
      const nextMs = clock.now() + LEASE_MS;
      try {
        untilMs = (await leases.renew(link, lease, nextMs)) ? nextMs : -Infinity;
      } catch (error) {
        logger.warn('a lease is not renewed', { ...link, error: String(error) });
      }
    }
  }
}
