import { expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { InvalidInput } from '../../../core/errors.ts';

const contact = (more: Partial<Contact> = {}): Contact => ({
  from: 'a',
  to: 'b',
  startMs: 0,
  endMs: 10,
  rateBitsPerSecond: 1000,
  delayMs: 0,
  ...more,
});

test('keeps what it was given, and its order', () => {
  const contacts = [contact({ from: 'z' }), contact({ startMs: 20, endMs: 30 }), contact()];
  const plan = compilePlan(contacts, ['alone']);
  expect(plan.contacts).toBe(contacts);
  expect(plan.nodes).toEqual(['alone', 'z', 'a', 'b']);
  expect([...plan.positions.contact]).toEqual([0, 2, 1]);
  expect(contacts.map((_, index) => plan.positions.contact[plan.positionOf[index]!])).toEqual([0, 1, 2]);
});

test('takes links of one pair that are up at the same time', () => {
  const plan = compilePlan([contact({ linkId: 'x' }), contact({ linkId: 'y' }), contact()]);
  expect(plan.edges.isPlain[0]).toBe(0);
});

test('takes none at all', () => {
  expect(compilePlan([]).nodes).toEqual([]);
});

test.each<[string, Partial<Contact>, string]>([
  [
    'a window that ends before it starts',
    { endMs: -5 },
    'contacts[1]: the window from a to b starts at 0 ms and ends at -5 ms.',
  ],
  ['an empty window', { endMs: 0 }, 'contacts[1]: the window from a to b starts at 0 ms and ends at 0 ms.'],
  [
    'a window that overlaps another of its link',
    { startMs: 5, endMs: 15 },
    'Two contacts from a to b overlap: [0, 10) and [5, 15) ms.',
  ],
  ['a node that sends to itself', { to: 'a' }, 'contacts[1]: it leads from a to itself.'],
  ['times that are no number', { startMs: Number.NaN }, 'contacts[1]: its start in ms is NaN.'],
  ['windows without an end', { endMs: Infinity }, 'contacts[1]: its end in ms is Infinity.'],
  ['negative delays', { delayMs: -1 }, 'contacts[1]: its delay in ms is -1.'],
  ['negative rates', { rateBitsPerSecond: -1 }, 'contacts[1]: its rate in bits/s is -1.'],
  ['unlikely confidence', { confidence: 1.5 }, 'contacts[1]: its confidence is 1.5.'],
  ['nodes without a name', { from: '' }, 'contacts[1]: its "from" is "".'],
  [
    'changes of rate outside the window',
    { startMs: 20, endMs: 30, rateSteps: [{ atMs: 30, rateBitsPerSecond: 5 }] },
    'contacts[1]: the time of a change of rate, in ms is 30.',
  ],
  [
    'changes of rate out of order',
    {
      startMs: 20,
      endMs: 30,
      rateSteps: [
        { atMs: 25, rateBitsPerSecond: 5 },
        { atMs: 25, rateBitsPerSecond: 6 },
      ],
    },
    'contacts[1]: the time of a change of rate, in ms is 25.',
  ],
])('refuses %s', (_, wrong, message) => {
  const compile = () => compilePlan([contact(), contact(wrong)]);
  expect(compile).toThrow(InvalidInput);
  expect(compile).toThrow(message);
});
