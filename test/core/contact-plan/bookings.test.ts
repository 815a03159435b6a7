import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Booking, createBookings } from '../../../core/contact-plan/bookings.ts';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import { Conflict, InvalidInput } from '../../../core/errors.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { PRECEDENCES, type Precedence } from '../../../core/satellite/precedence.ts';

const plan = compilePlan([
  { from: 'a', to: 'b', startMs: 0, endMs: 100, rateBitsPerSecond: 8000, delayMs: 0 },
  { from: 'b', to: 'c', startMs: 0, endMs: 100, rateBitsPerSecond: 8000, delayMs: 0 },
]);
const booking = (
  id: string,
  precedence: Precedence,
  ...spans: [contact: number, departMs: number, sentMs: number][]
): Booking => ({
  id,
  precedence,
  transmissions: spans.map(([contact, departMs, sentMs]) => ({ contact, departMs, sentMs })),
});

describe('a booking', () => {
  test('is seen by its own precedence and below, and not above', () => {
    const bookings = createBookings(plan);
    bookings.book(booking('x', 'immediate', [0, 10, 30]));
    expect(PRECEDENCES.map((precedence) => bookings.freeMs(0, 20, precedence))).toEqual([
      80, 80, 70, 70, 70, 70,
    ]);
    expect(bookings.freeMs(1, 0, 'deferred')).toBe(100);
  });
  test('takes the place of lower ones that are in its way, wholly, and names them', () => {
    const bookings = createBookings(plan);
    const low = booking('low', 'routine', [0, 0, 10], [1, 10, 20]);
    const other = booking('other', 'routine', [0, 10, 20]);
    bookings.book(low);
    bookings.book(other);
    const { evicted } = bookings.book(booking('high', 'flash', [1, 15, 18]));
    expect(evicted).toEqual([low]);
    expect([...bookings.list()].map(({ id }) => id)).toEqual(['other', 'high']);
    expect(bookings.freeMs(0, 0, 'routine')).toBe(90);
  });
  test('of the same precedence is not evicted, nor a higher one', () => {
    const bookings = createBookings(plan);
    bookings.book(booking('first', 'flash', [0, 0, 10]));
    for (const precedence of ['flash', 'deferred'] as const)
      expect(() => bookings.book(booking('second', precedence, [0, 9, 12]))).toThrow(Conflict);
    expect(bookings.book(booking('second', 'flash', [0, 10, 12])).evicted).toEqual([]);
  });
  test('changes nothing when some of it is taken', () => {
    const bookings = createBookings(plan);
    bookings.book(booking('high', 'flash', [1, 0, 10]));
    bookings.book(booking('low', 'routine', [0, 0, 10]));
    expect(() => bookings.book(booking('middle', 'priority', [0, 0, 10], [1, 5, 15]))).toThrow(
      '[5, 15] ms of contact 1 is taken in part.',
    );
    expect([...bookings.list()].map(({ id }) => id)).toEqual(['high', 'low']);
  });
  test('gives its time back when it is released', () => {
    const bookings = createBookings(plan);
    const one = booking('x', 'flash', [0, 0, 10], [1, 10, 20]);
    bookings.book(one);
    expect(bookings.get('x')).toBe(one);
    expect(bookings.release('x')).toBe(one);
    expect([bookings.release('x'), bookings.get('x'), bookings.freeMs(0, 0, 'deferred')]).toEqual([
      undefined,
      undefined,
      100,
    ]);
  });
  test.each<[string, Booking, string]>([
    [
      'after its contact',
      booking('y', 'flash', [0, 95, 101]),
      '[95, 101] ms of contact 0 is not within its window.',
    ],
    [
      'before its contact',
      booking('y', 'flash', [0, -1, 5]),
      '[-1, 5] ms of contact 0 is not within its window.',
    ],
    ['on no contact', booking('y', 'flash', [9, 0, 5]), '[0, 5] ms of contact 9 is not within its window.'],
    ['backwards', booking('y', 'flash', [0, 5, 0]), '[5, 0] ms of contact 0 is not within its window.'],
    ['twice', booking('x', 'flash', [0, 50, 60]), '"x" has a booking already.'],
    ['of no precedence', booking('y', 'soon' as 'flash', [0, 50, 60]), 'There is no precedence "soon".'],
  ])('fails %s', (_, wrong, message) => {
    const bookings = createBookings(plan);
    bookings.book(booking('x', 'flash', [0, 0, 10]));
    expect(() => bookings.book(wrong)).toThrow(message);
    expect([...bookings.list()]).toHaveLength(1);
  });
  test('fails to measure a contact that there is not', () => {
    expect(() => createBookings(plan).freeMs(7, 0, 'flash')).toThrow(InvalidInput);
  });
});

test('bookings of routes as they are found never overlap, and what is evicted gives way to a higher one', () => {
  const wishes = fc.array(
    fc.record({
      precedence: fc.constantFrom(...PRECEDENCES),
      atMs: fc.nat(60),
      sizeBytes: fc.integer({ min: 1, max: 25 }),
      isReleased: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(wishes, (bundles) => {
      const bookings = createBookings(plan);
      const router = createRouter(plan, { bookings });
      const kept = new Map<string, Booking>();
      bundles.forEach(({ precedence, atMs, sizeBytes, isReleased }, index) => {
        const route = router.route({ from: 'a', to: 'c', atMs, sizeBytes, precedence });
        if (route === undefined) return;
        const one: Booking = { id: String(index), precedence, transmissions: route.hops };
        const { evicted } = bookings.book(one);
        kept.set(one.id, one);
        for (const { id, precedence: lower } of evicted) {
          expect(PRECEDENCES.indexOf(lower)).toBeGreaterThan(PRECEDENCES.indexOf(precedence));
          expect(kept.delete(id)).toBe(true);
        }
        if (isReleased) kept.delete(bookings.release(one.id)!.id);
      });
      expect([...bookings.list()]).toEqual([...kept.values()]);
      for (const contact of [0, 1]) {
        const spans = [...kept.values()]
          .flatMap(({ transmissions }) => transmissions.filter((one) => one.contact === contact))
          .sort((a, b) => a.departMs - b.departMs);
        for (const [at, span] of spans.entries())
          expect(span.departMs).toBeGreaterThanOrEqual(spans[at - 1]?.sentMs ?? 0);
        const takenMs = spans.reduce((sum, { departMs, sentMs }) => sum + sentMs - departMs, 0);
        expect(bookings.freeMs(contact, 0, 'deferred')).toBeCloseTo(100 - takenMs);
      }
    }),
    { numRuns: 300 },
  );
});
