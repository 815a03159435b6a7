import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import { type Principal, TICKET_MS, type Ticket, type Tickets } from '../../core/ports/tickets.ts';
import type { ItemTable, Key } from './item-table.ts';

interface TicketItem extends Key {
  principal: Principal;
  expiresMs: number;
}

/** Tickets in the table: `TICKET#<hash>`, or of another kind. Consumed by a delete that only one caller's can be. */
export class DynamoTickets implements Tickets {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #lifetimeMs: number;
  readonly #kind: string;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>, lifetimeMs = TICKET_MS, kind = 'TICKET') {
    this.#table = table;
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#kind = kind;
  }

  async issue(principal: Principal): Promise<Ticket> {
    const ticket = randomBytes(32).toString('base64url');
    const expiresMs = Math.min(this.#clock.now() + this.#lifetimeMs, principal.expiresMs ?? Infinity);
    const expires = Math.ceil(expiresMs / 1000);
    await this.#table.put({ ...this.#keyOf(ticket), principal: { ...principal }, expiresMs, expires });
    return { ticket, expiresMs };
  }

  async redeem(ticket: string): Promise<Principal | undefined> {
    const key = this.#keyOf(ticket);
    const item = await this.#table.get<TicketItem>(key);
    if (item === undefined) return undefined;
    const isFirst = await this.#table.delete(key, { that: 'attribute_exists(#pk)' });
    return isFirst && this.#clock.now() < item.expiresMs ? item.principal : undefined;
  }

  #keyOf(ticket: string): Key {
    return { pk: `${this.#kind}#${createHash('sha256').update(ticket).digest('hex')}`, sk: 'T' };
  }
}
