import { HttpRefusal } from '../../core/api/problem.ts';
import { type Principal, TICKET_MS, type Tickets } from '../../core/ports/tickets.ts';

/** Whom a socket's ticket lets in: each once. Errors: `HttpRefusal` of status 401. */
export function createAuthorize({ tickets }: { tickets: Pick<Tickets, 'redeem'> }) {
  return async (ticket: string | undefined): Promise<Principal> => {
    const principal = ticket === undefined ? undefined : await tickets.redeem(ticket);
    if (principal !== undefined) return principal;
    throw new HttpRefusal(
      401,
      'TicketRefused',
      ticket === undefined
        ? 'There is no ticket.'
        : 'The ticket is not one of this host, or it has opened a socket before, or its time is over.',
      `Ask for one with POST /tickets, and connect within ${TICKET_MS / 1000} s: each opens one socket.`,
    );
  };
}
