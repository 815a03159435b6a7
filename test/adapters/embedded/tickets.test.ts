import { expect, test } from 'vitest';
import { MemoryTickets } from '../../../adapters/embedded/tickets.ts';
import { ticketsSuite } from '../../ports/tickets.suite.ts';

ticketsSuite('MemoryTickets', (clock) => new MemoryTickets(clock));

test('lets go of the oldest tickets when there are very many', async () => {
  const tickets = new MemoryTickets({ now: () => 0 });
  const first = await tickets.issue({ subject: 'first' });
  const second = await tickets.issue({ subject: 'second' });
  for (let count = 0; count < 9_999; count++) await tickets.issue({ subject: 'more' });
  expect(await tickets.redeem(first.ticket)).toBeUndefined();
  expect(await tickets.redeem(second.ticket)).toEqual({ subject: 'second' });
});
