import { describe, expect, test } from 'vitest';
import { MemoryTickets } from '../../adapters/embedded/tickets.ts';
import { createAuthorize } from '../../lambdas/authorize/authorize.ts';

describe('authorize', () => {
  let nowMs = 0;
  const tickets = new MemoryTickets({ now: () => nowMs });
  const authorize = createAuthorize({ tickets });

  test('lets a ticket in, once', async () => {
    const { ticket } = await tickets.issue({ subject: 'ada', expiresMs: 60_000 });
    expect(await authorize(ticket)).toEqual({ subject: 'ada', expiresMs: 60_000 });
    await expect(authorize(ticket)).rejects.toMatchObject({ status: 401, code: 'TicketRefused' });
  });

  test.each([undefined, '', 'foreign'])('refuses the ticket %j, and says how to get one', async (ticket) => {
    await expect(authorize(ticket)).rejects.toMatchObject({
      status: 401,
      fix: expect.stringContaining('POST /tickets'),
    });
  });

  test('refuses a ticket that came too late', async () => {
    const { ticket } = await tickets.issue({ subject: 'ada' });
    nowMs = 30_000;
    await expect(authorize(ticket)).rejects.toMatchObject({ status: 401 });
  });
});
