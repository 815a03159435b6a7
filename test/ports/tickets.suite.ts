/** What every `Tickets` keeps to. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../core/ports/clock.ts';
import { TICKET_MS, type Tickets } from '../../core/ports/tickets.ts';

export function ticketsSuite(
  name: string,
  open: (clock: Pick<Clock, 'now'>) => Promise<Tickets> | Tickets,
): void {
  describe(`${name} as Tickets`, () => {
    let nowMs: number;
    let tickets: Tickets;
    beforeEach(async () => {
      nowMs = Date.UTC(2026, 10, 21);
      tickets = await open({ now: () => nowMs });
    });

    it('lets the principal in, once', async () => {
      const principal = { subject: 'ada', expiresMs: nowMs + 3_600_000 };
      const { ticket, expiresMs } = await tickets.issue(principal);
      expect(expiresMs).toBe(nowMs + TICKET_MS);
      expect(await tickets.redeem(ticket)).toEqual(principal);
      expect(await tickets.redeem(ticket)).toBeUndefined();
    });

    it('keeps a principal without an end as one', async () => {
      const { ticket } = await tickets.issue({ subject: 'ada' });
      expect(await tickets.redeem(ticket)).toEqual({ subject: 'ada' });
    });

    it('gives each a ticket of their own, hard to guess, which a URL takes as it is', async () => {
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, at) => tickets.issue({ subject: `s${at}` })),
      );
      expect(new Set(all.map(({ ticket }) => ticket)).size).toBe(50);
      for (const { ticket } of all) expect(ticket).toMatch(/^[\w-]{43,}$/);
      expect(await Promise.all(all.map(({ ticket }) => tickets.redeem(ticket)))).toEqual(
        all.map((_, at) => ({ subject: `s${at}` })),
      );
    });

    it('lets in one of many who come with the same ticket at once', async () => {
      const { ticket } = await tickets.issue({ subject: 'ada' });
      const answers = await Promise.all(Array.from({ length: 10 }, () => tickets.redeem(ticket)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([{ subject: 'ada' }]);
    });

    it('refuses a ticket whose time is over', async () => {
      const { ticket: early } = await tickets.issue({ subject: 'ada' });
      const { ticket: late } = await tickets.issue({ subject: 'ada' });
      nowMs += TICKET_MS - 1;
      expect(await tickets.redeem(early)).toEqual({ subject: 'ada' });
      nowMs += 1;
      expect(await tickets.redeem(late)).toBeUndefined();
    });

    it('refuses a ticket of a principal whose own time is over', async () => {
      const { ticket, expiresMs } = await tickets.issue({ subject: 'ada', expiresMs: nowMs + 1000 });
      expect(expiresMs).toBe(nowMs + 1000);
      nowMs += 1000;
      expect(await tickets.redeem(ticket)).toBeUndefined();
    });

    it.each(['', 'unknown', 'a'.repeat(10_000), '../T', 'ü'])(
      'refuses %j, which nobody was given',
      async (ticket) => {
        await tickets.issue({ subject: 'ada' });
        expect(await tickets.redeem(ticket)).toBeUndefined();
      },
    );
  });
}
