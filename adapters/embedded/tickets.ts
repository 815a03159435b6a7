import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import { type Principal, TICKET_MS, type Ticket, type Tickets } from '../../core/ports/tickets.ts';

/** Unredeemed at once; beyond that the oldest is let go of. */
const TICKETS_MAX = 10_000;

/** Tickets of this process: they end with it. */
export class MemoryTickets implements Tickets {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lifetimeMs: number;
  /** By hash, in the order of issue. */
  readonly #issued = new Map<string, { principal: Principal; expiresMs: number }>();

  constructor(clock: Pick<Clock, 'now'>, lifetimeMs = TICKET_MS) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
  }

  async issue(principal: Principal): Promise<Ticket> {
    const nowMs = this.#clock.now();
    for (const [hash, { expiresMs }] of this.#issued) {
      if (expiresMs > nowMs && this.#issued.size < TICKETS_MAX) break;
      this.#issued.delete(hash);
    }
    const ticket = randomBytes(32).toString('base64url');
    const expiresMs = Math.min(nowMs + this.#lifetimeMs, principal.expiresMs ?? Infinity);
    this.#issued.set(hashOf(ticket), { principal, expiresMs });
    return { ticket, expiresMs };
  }

  async redeem(ticket: string): Promise<Principal | undefined> {
    const hash = hashOf(ticket);
    const issued = this.#issued.get(hash);
    this.#issued.delete(hash);
    return issued !== undefined && this.#clock.now() < issued.expiresMs ? issued.principal : undefined;
  }
}

const hashOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex');
