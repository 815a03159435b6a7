import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBookings } from '../../../core/contact-plan/bookings.ts';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { NetworkPlanner, type PlannedBundle } from '../../../core/satellite/network-planner.ts';
import { PRECEDENCES } from '../../../core/satellite/precedence.ts';
import { type Itinerary, replay } from '../../../core/simulator/replay.ts';

/** A byte a millisecond. */
const contact = (from: string, to: string, startMs: number, endMs: number): Contact => ({
  from,
  to,
  startMs,
  endMs,
  rateBitsPerSecond: 8000,
  delayMs: 5,
});
const bundle = (id: string, more: Partial<PlannedBundle> = {}): PlannedBundle => ({
  id,
  from: 'a',
  to: 'c',
  sizeBytes: 100,
  precedence: 'routine',
  readyMs: 0,
  ...more,
});

function plannerOf(contacts: Contact[]) {
  const plan = compilePlan(contacts);
  const bookings = createBookings(plan);
  return { planner: new NetworkPlanner({ router: createRouter(plan, { bookings }), bookings }), bookings };
}

/** What would become of all bundles that are planned. */
function replayOf(contacts: Contact[], planner: NetworkPlanner, bundles: PlannedBundle[]) {
  const departures = new Map<number, { id: string; departMs: number }[]>();
  const itineraries: Itinerary[] = [];
  for (const planned of bundles) {
    const hops = planner.hopsOf(planned.id);
    if (!hops) continue;
    for (const { contact: index, departMs } of hops)
      departures.set(index, [...(departures.get(index) ?? []), { id: planned.id, departMs }]);
    itineraries.push({ ...planned, contacts: hops.map((hop) => hop.contact) });
  }
  const orderOf = (index: number) =>
    departures
      .get(index)!
      .toSorted((x, y) => x.departMs - y.departMs)
      .map(({ id }) => id);
  return replay(contacts, itineraries, { orderOf });
}

describe('NetworkPlanner', () => {
  const twoWays = [
    contact('a', 'b', 0, 250),
    contact('b', 'c', 0, 250),
    contact('a', 'b', 1000, 1250),
    contact('b', 'c', 1000, 1250),
  ];

  test('books exactly: what a contact cannot carry goes in the next one', () => {
    const { planner } = plannerOf(twoWays);
    const arrivals = ['1', '2', '3', '4'].map((id) => planner.submit(bundle(id), 0).route?.arrivalMs);
    expect(arrivals).toEqual([210, 1105, 1210, undefined]);
    expect(planner.unrouted()).toEqual(['4']);
  });

  test('gives the place of a lower precedence to a higher one and plans the lower again at once', () => {
    const { planner } = plannerOf(twoWays);
    planner.submit(bundle('routine'), -10);
    const { route, moved } = planner.submit(bundle('flash', { precedence: 'flash' }), -10);
    expect(route?.arrivalMs).toBe(210);
    expect(moved).toEqual([expect.objectContaining({ id: 'routine' })]);
    expect(planner.hopsOf('routine')?.at(-1)?.arriveMs).toBe(1105);
  });

  test('plans the rest of a way from where the bundle is', () => {
    const { planner } = plannerOf(twoWays);
    planner.submit(bundle('routine'), 0);
    const flash = bundle('flash', { precedence: 'flash', from: 'b', sizeBytes: 150 });
    const { route, moved } = planner.submit(flash, 50);
    expect(route?.arrivalMs).toBe(205);
    expect(moved[0]!.after).toEqual([expect.objectContaining({ from: 'b', departMs: 1000, arriveMs: 1105 })]);
    expect(planner.hopsOf('routine')?.map(({ to }) => to)).toEqual(['b', 'c']);
  });

  test('never takes the place of what is on the air', () => {
    const { planner, bookings } = plannerOf(twoWays);
    planner.submit(bundle('routine'), 0);
    const flash = bundle('flash', { precedence: 'flash', from: 'b', sizeBytes: 40 });
    const { route, moved } = planner.submit(flash, 110);
    expect(route?.arrivalMs).toBe(250);
    expect(moved).toEqual([]);
    planner.advance(300);
    expect([...bookings.list()]).toEqual([]);
  });

  test('tells what has no route any more, and finds one when there is room again', () => {
    const { planner } = plannerOf(twoWays.slice(0, 2));
    planner.submit(bundle('routine'), -10);
    const { moved } = planner.submit(bundle('flash', { precedence: 'flash' }), -10);
    expect(moved).toEqual([expect.objectContaining({ id: 'routine', after: undefined })]);
    expect(planner.unrouted()).toEqual(['routine']);
    expect(planner.retry(-5)).toEqual([]);
    planner.withdraw('flash');
    expect(planner.retry(-5)).toEqual([expect.objectContaining({ id: 'routine' })]);
    expect(planner.unrouted()).toEqual([]);
  });

  test('refuses a bundle that is planned already', () => {
    const { planner } = plannerOf(twoWays);
    planner.submit(bundle('1'), 0);
    expect(() => planner.submit(bundle('1'), 0)).toThrow(expect.objectContaining({ name: 'Conflict' }));
  });

  test('refuses a time that is none and nodes that there are not, and goes on as before', () => {
    const { planner } = plannerOf(twoWays);
    for (const [wrong, nowMs] of [
      [bundle('1'), Number.NaN],
      [bundle('1', { readyMs: Number.NaN }), 0],
      [bundle('1', { to: 'nowhere' }), 0],
      [bundle('1', { sizeBytes: -1 }), 0],
    ] as const)
      expect(() => planner.submit(wrong, nowMs)).toThrow(expect.objectContaining({ name: 'InvalidInput' }));
    expect(planner.submit(bundle('1'), 0).route?.arrivalMs).toBe(210);
  });

  test('plans what a replay that knows no times delivers, none later than planned, whatever is evicted', () => {
    fc.assert(
      fc.property(networks, fc.array(arrivals, { maxLength: 40 }), (contacts, coming) => {
        const { planner, bookings } = plannerOf(contacts);
        const bundles: PlannedBundle[] = [];
        let now = 0;
        for (const { waitMs, from, to, ...more } of coming) {
          now += waitMs;
          const id = `${bundles.length}`;
          const planned = bundle(id, {
            from: NODES[from]!,
            to: NODES[(from + to) % 5]!,
            readyMs: now,
            ...more,
          });
          bundles.push(planned);
          const { moved } = planner.submit(planned, now);
          const rankOf = (of: string) => PRECEDENCES.indexOf(bundles[Number(of)]!.precedence);
          for (const { id: lower } of moved) expect(rankOf(lower)).toBeGreaterThan(rankOf(id));
          expect(new Set(moved.map((each) => each.id)).size).toBe(moved.length);
          expectNoOverlap([...bookings.list()].flatMap(({ transmissions }) => transmissions));
        }
        const planned = bundles.filter(({ id }) => planner.hopsOf(id));
        expect(planned.length + planner.unrouted().length).toBe(bundles.length);
        const { arrivalMs, undelivered } = replayOf(contacts, planner, bundles);
        expect(undelivered).toEqual([]);
        for (const { id } of planned)
          expect(arrivalMs.get(id)).toBeLessThanOrEqual(planner.hopsOf(id)!.at(-1)!.arriveMs + 1e-6);
      }),
      { numRuns: 60 },
    );
  });
});

function expectNoOverlap(
  transmissions: readonly { contact: number; departMs: number; sentMs: number }[],
): void {
  const sorted = transmissions.toSorted((a, b) => a.contact - b.contact || a.departMs - b.departMs);
  sorted.forEach((next, at) => {
    const before = sorted[at - 1];
    if (before?.contact === next.contact) expect(next.departMs).toBeGreaterThanOrEqual(before.sentMs);
  });
}

const NODES = ['a', 'b', 'c', 'd', 'e'];
const networks = fc
  .array(
    fc.record({
      from: fc.nat(4),
      to: fc.integer({ min: 1, max: 4 }),
      gapMs: fc.nat(500),
      forMs: fc.integer({ min: 50, max: 400 }),
    }),
    {
      minLength: 8,
      maxLength: 40,
    },
  )
  .map((rows) => {
    const ends = new Map<string, number>();
    const contacts = rows.map(({ from, to, gapMs, forMs }) => {
      const [sender, receiver] = [NODES[from]!, NODES[(from + to) % 5]!];
      const startMs = (ends.get(sender + receiver) ?? 0) + gapMs;
      ends.set(sender + receiver, startMs + forMs);
      return contact(sender, receiver, startMs, startMs + forMs);
    });
    return [...contacts, ...NODES.map((node, at) => contact(node, NODES[(at + 1) % 5]!, 5000, 5400))];
  });
const arrivals = fc.record({
  waitMs: fc.nat(60),
  from: fc.nat(4),
  to: fc.integer({ min: 1, max: 4 }),
  sizeBytes: fc.integer({ min: 1, max: 150 }),
  precedence: fc.constantFrom(...PRECEDENCES),
});
