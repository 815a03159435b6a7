/** Whom a host let in, as far as an event socket has to know. */
export interface Principal {
  /** Who it is, for the log. */
  subject: string;
  /** Epoch milliseconds at which their proof of it expires; never unless given. */
  expiresMs?: number;
}

/** How long a ticket opens the door, unless its keeper says otherwise. */
export const TICKET_MS = 30_000;

export interface Ticket {
  /** The secret; fits into a URL as it is. */
  ticket: string;
  expiresMs: number;
}

/** Lets whoever holds one in, once: a client that proved itself over HTTP opens an event socket, a node joins. Only hashes are kept. */
export interface Tickets {
  /** Good once, within its lifetime (`TICKET_MS`) and before the principal's own proof expires. */
  issue(principal: Principal): Promise<Ticket>;
  /** Whom it lets in; undefined when nobody was given it, it was redeemed before, or its time is over. */
  redeem(ticket: string): Promise<Principal | undefined>;
}
