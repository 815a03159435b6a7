import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import { type Principal, TICKET_MS, type Ticket, type Tickets } from '../../core/ports/tickets.ts';
import type { ItemTable, Key } from './item-table.ts';

interface TicketItem extends Key {
  principal: Principal;
  expiresMs: number;
}

/** Tickets in the table: `TICKET#<hash>`. Consumed by a delete that only one caller's can be. */
export class DynamoTickets implements Tickets {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#clock = clock;
  }

  async issue(principal: Principal): Promise<Ticket> {
    const ticket = randomBytes(32).toString('base64url');
    const expiresMs = Math.min(this.#clock.now() + TICKET_MS, principal.expiresMs ?? Infinity);
    const expires = Math.ceil(expiresMs / 1000);
    await this.#table.put({ ...keyOf(ticket), principal: { ...principal }, expiresMs, expires });
    return { ticket, expiresMs };
  }

  async redeem(ticket: string): Promise<Principal | undefined> {
    const key = keyOf(ticket);
    const item = await this.#table.get<TicketItem>(key);
    if (item === undefined) return undefined;
    const isFirst = await this.#table.delete(key, { that: 'attribute_exists(#pk)' });
    return isFirst && this.#clock.now() < item.expiresMs ? item.principal : undefined;
  }
}

function keyOf(ticket: string): Key {
  return { pk: `TICKET#${createHash('sha256').update(ticket).digest('hex')}`, sk: 'T' };
}
