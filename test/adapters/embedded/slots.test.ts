import { expect, it } from 'vitest';
import { MemorySlots } from '../../../adapters/embedded/slots.ts';
import { slotsSuite } from '../../ports/slots.suite.ts';

slotsSuite('Slots in memory', () => new MemorySlots());

it('keeps nothing of an unlimited pool that nobody holds', async () => {
  const slots = new MemorySlots();
  await slots.limit('execution/e1', 1);
  const request = { pools: ['execution/e1', 'free'], priority: 5, readyMs: 0, index: 0 };
  await slots.acquire({ ...request, holder: 'a' });
  await slots.acquire({ ...request, holder: 'b' });
  await slots.release('b');
  await slots.release('a');
  await slots.limit('execution/e1', Number.POSITIVE_INFINITY);
  expect(await slots.usage()).toEqual({});
});
