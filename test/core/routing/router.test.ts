import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBookings } from '../../../core/contact-plan/bookings.ts';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import type { Route } from '../../../core/routing/route.ts';
import { createRouter, type RouteQuery } from '../../../core/routing/router.ts';
import { allRoutes, figures, inOrder, NODES, plans, questions } from './oracle.ts';

const contact = (
  from: string,
  to: string,
  startMs: number,
  endMs: number,
  more: Partial<Contact> = {},
): Contact => ({
  from,
  to,
  startMs,
  endMs,
  rateBitsPerSecond: 8000,
  delayMs: 0,
  ...more,
});
const routerOf = (contacts: Contact[]) => createRouter(compilePlan(contacts, NODES));
const path = (route: Route | undefined) => route?.hops.map((hop) => hop.to).join('');
const figuresOf = (route: Route | undefined) =>
  route && { arrivalMs: route.arrivalMs, hops: route.hops.length, expiresMs: route.expiresMs };

describe('the order of routes', () => {
  // The two cases of A-SABR's dijkstra_accuracy: one label a node misses the first, one label a contact the second.
  const slower = [contact('a', 'b', 0, 10), contact('a', 'c', 25, 35), contact('b', 'c', 10, 20)];
  test('takes two hops where the node between is reached later than over three', () => {
    const router = routerOf([...slower, contact('c', 'd', 30, 40)]);
    const route = router.route({ from: 'a', to: 'd', atMs: 0 });
    expect([path(route), route?.arrivalMs]).toEqual(['cd', 30]);
  });
  test('takes three hops where the way over four uses the same last contacts sooner', () => {
    const router = routerOf([...slower, contact('c', 'd', 20, 40), contact('d', 'e', 50, 60)]);
    const route = router.route({ from: 'a', to: 'e', atMs: 0 });
    expect([path(route), route?.arrivalMs]).toEqual(['cde', 50]);
  });
  test('of routes alike takes the one whose first contact to end ends last', () => {
    const router = routerOf([
      contact('a', 'b', 0, 10),
      contact('a', 'c', 0, 30),
      contact('b', 'd', 20, 40),
      contact('c', 'd', 20, 40),
    ]);
    expect(figuresOf(router.route({ from: 'a', to: 'd', atMs: 0 }))).toEqual({
      arrivalMs: 20,
      hops: 2,
      expiresMs: 30,
    });
  });
  test('is that of all routes there are, by arrival, hops and expiry', () => {
    fc.assert(
      fc.property(plans(), questions, (contacts, question) => {
        const [best] = allRoutes(contacts, question).sort(inOrder);
        expect(figuresOf(routerOf(contacts).route(question))).toEqual(best && figures(best));
      }),
      { numRuns: 1500 },
    );
  });
  test('holds around times since 1970', () => {
    const epochMs = Date.UTC(2026, 10, 21);
    fc.assert(
      fc.property(plans(), questions, (contacts, question) => {
        const moved = contacts.map(({ startMs, endMs, rateSteps, ...rest }) => ({
          ...rest,
          startMs: startMs + epochMs,
          endMs: endMs + epochMs,
          ...(rateSteps && { rateSteps: rateSteps.map((step) => ({ ...step, atMs: step.atMs + epochMs })) }),
        }));
        const query = { ...question, atMs: question.atMs + epochMs };
        const [best] = allRoutes(moved, query).sort(inOrder);
        expect(figuresOf(routerOf(moved).route(query))).toEqual(best && figures(best));
      }),
      { numRuns: 200 },
    );
  });
});

describe('a route', () => {
  test('goes over each contact as soon as it can, one after the other', () => {
    fc.assert(
      fc.property(plans(), questions, (contacts, question) => {
        const route = routerOf(contacts).route(question);
        let now = question.atMs;
        let at = question.from;
        for (const hop of route?.hops ?? []) {
          const { from, to, startMs, endMs, delayMs } = contacts[hop.contact]!;
          expect([hop.from, hop.to, hop.from, hop.endMs]).toEqual([from, to, at, endMs]);
          expect(hop.departMs).toBeGreaterThanOrEqual(Math.max(now, startMs));
          expect(hop.sentMs).toBeLessThanOrEqual(endMs);
          expect(hop.arriveMs).toBe(hop.sentMs + delayMs);
          [now, at] = [hop.arriveMs, to];
        }
        if (route) expect([now, at]).toEqual([route.arrivalMs, question.to]);
      }),
      { numRuns: 300 },
    );
  });
  test('waits for the next contact when a bundle no longer fits into this one', () => {
    const router = routerOf([contact('a', 'b', 0, 10), contact('a', 'b', 50, 60)]);
    const at = (atMs: number, sizeBytes: number) =>
      router.route({ from: 'a', to: 'b', atMs, sizeBytes })?.arrivalMs;
    expect([at(0, 10), at(1, 10), at(5, 5), at(5, 6), at(0, 11)]).toEqual([10, 60, 10, 56, undefined]);
  });
  test('to its own source has no hops', () => {
    const router = routerOf([contact('a', 'b', 0, 10)]);
    expect(router.route({ from: 'a', to: 'a', atMs: 5 })).toEqual({
      arrivalMs: 5,
      hops: [],
      expiresMs: Infinity,
    });
  });
  test('takes the faster of two links at a time, though it opens later', () => {
    const router = routerOf([
      contact('a', 'b', 0, 100, { linkId: 'slow', delayMs: 30 }),
      contact('a', 'b', 10, 100, { linkId: 'fast', delayMs: 1 }),
    ]);
    expect(router.route({ from: 'a', to: 'b', atMs: 0 })?.arrivalMs).toBe(11);
  });
  test('that would arrive after the deadline is none', () => {
    const router = routerOf([contact('a', 'b', 0, 100, { delayMs: 30 })]);
    const until = (deadlineMs: number) =>
      router.route({ from: 'a', to: 'b', atMs: 0, deadlineMs })?.arrivalMs;
    expect([until(30), until(29)]).toEqual([30, undefined]);
  });
});

describe('a tree', () => {
  test('has the arrivals and the routes of single searches', () => {
    fc.assert(
      fc.property(plans(), questions, (contacts, { from, atMs, sizeBytes }) => {
        const router = routerOf(contacts);
        const tree = router.tree({ from, atMs, sizeBytes });
        const single = NODES.map((to) => router.route({ from, to, atMs, sizeBytes }));
        expect(NODES.map((to) => tree.arrivalMs(to))).toEqual(single.map((route) => route?.arrivalMs));
        expect(NODES.map((to) => tree.route(to))).toEqual(single);
        expect(Object.fromEntries(tree.arrivals())).toEqual(
          Object.fromEntries(NODES.flatMap((to, at) => (single[at] ? [[to, single[at].arrivalMs]] : []))),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is excluded', () => {
  test('is not used, and the best of the rest is', () => {
    fc.assert(
      fc.property(
        plans(),
        questions,
        fc.subarray(NODES.slice(2, 4)),
        fc.array(fc.nat(13), { maxLength: 3 }),
        (contacts, question, nodes, picked) => {
          const exclude = { nodes, contacts: picked.filter((index) => index < contacts.length) };
          const [best] = allRoutes(contacts, question, { exclude }).sort(inOrder);
          const expected = best && figures(best);
          const router = routerOf(contacts);
          expect(figuresOf(router.route({ ...question, exclude }))).toEqual(expected);
          const [anyway] = allRoutes(contacts, question).sort(inOrder);
          expect(figuresOf(router.route(question))).toEqual(anyway && figures(anyway));
          const failed = createRouter(compilePlan(contacts, NODES), { conditions: { exclude } });
          expect(figuresOf(failed.route(question))).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });
  test('are links by their id, or by their ends', () => {
    const contacts = [
      contact('a', 'b', 0, 9, { linkId: 'radio' }),
      contact('a', 'b', 0, 9, { linkId: 'fibre', delayMs: 2 }),
      contact('a', 'c', 0, 9),
      contact('c', 'b', 5, 9),
    ];
    const router = routerOf(contacts);
    const without = (...links: NonNullable<RouteQuery['exclude']>['links'] & unknown[]) =>
      path(router.route({ from: 'a', to: 'b', atMs: 0, exclude: { links: links as string[] } }));
    expect([without('radio'), without('radio', 'fibre'), without({ from: 'a', to: 'b' })]).toEqual([
      'b',
      'cb',
      'cb',
    ]);
  });
  test('fails when the plan has no such link, node or contact', () => {
    const router = routerOf([contact('a', 'b', 0, 9)]);
    const without = (exclude: RouteQuery['exclude']) => () =>
      router.route({ from: 'a', to: 'b', atMs: 0, exclude });
    expect(without({ links: ['radio'] })).toThrow('There is no link "radio" in the plan.');
    expect(without({ links: [{ from: 'b', to: 'a' }] })).toThrow('There is no link b → a in the plan.');
    expect(without({ nodes: ['z'] })).toThrow('There is no node "z" in the plan.');
    expect(without({ contacts: [4] })).toThrow('There is no contact 4 in the plan.');
    expect(path(router.route({ from: 'a', to: 'b', atMs: 0 }))).toBe('b');
  });
});

describe('degradation', () => {
  const contacts = [
    contact('a', 'b', 0, 20),
    contact('a', 'c', 0, 20),
    contact('c', 'b', 0, 20, { delayMs: 3 }),
  ];
  const plan = compilePlan(contacts);
  const at = (degraded: { rateFactor?: number; penaltyMs?: number }, sizeBytes: number) =>
    createRouter(plan, { conditions: { degraded: [{ link: { from: 'a', to: 'b' }, ...degraded }] } }).route({
      from: 'a',
      to: 'b',
      atMs: 0,
      sizeBytes,
    });
  test('sends at a part of the rate, and takes another way where that is sooner', () => {
    expect([path(at({ rateFactor: 0.5 }, 2)), path(at({ rateFactor: 0.25 }, 3))]).toEqual(['b', 'cb']);
    expect(at({ rateFactor: 0.5 }, 2)?.arrivalMs).toBe(4);
  });
  test('fills less of a contact', () => {
    expect([path(at({ rateFactor: 0.5 }, 10)), path(at({ rateFactor: 0.5 }, 11))]).toEqual(['b', undefined]);
  });
  test('costs its penalty', () => {
    expect([path(at({ penaltyMs: 2 }, 1)), path(at({ penaltyMs: 5 }, 1))]).toEqual(['b', 'cb']);
  });
  test('leaves out contacts that are too unlikely', () => {
    const unlikely = compilePlan([contact('a', 'b', 0, 9, { confidence: 0.4 }), contact('a', 'b', 20, 29)]);
    const from = (minConfidence: number) =>
      createRouter(unlikely, { conditions: { minConfidence } }).route({ from: 'a', to: 'b', atMs: 0 })
        ?.arrivalMs;
    expect([from(0.4), from(0.5)]).toEqual([0, 20]);
  });
  test('refuses factors and penalties that make no sense', () => {
    expect(() => at({ rateFactor: 0 }, 1)).toThrow('The degradation of a → b has the factor 0');
    expect(() => at({ penaltyMs: -1 }, 1)).toThrow('the penalty -1 ms');
  });
});

describe('volume that is taken', () => {
  test('is found around: the best of all routes through what is left', () => {
    fc.assert(
      fc.property(
        plans(10),
        questions,
        fc.array(fc.tuple(fc.nat(9), fc.nat(19), fc.integer({ min: 1, max: 6 })), { maxLength: 8 }),
        (contacts, question, wishes) => {
          const plan = compilePlan(contacts, NODES);
          const bookings = createBookings(plan);
          const taken = new Map<number, [number, number][]>();
          for (const [index, [contact, afterMs, lengthMs]] of wishes.entries()) {
            if (contact >= contacts.length) continue;
            const departMs = contacts[contact]!.startMs + afterMs;
            const sentMs = Math.min(departMs + lengthMs, contacts[contact]!.endMs);
            const others = taken.get(contact) ?? [];
            if (departMs >= sentMs || others.some(([from, to]) => from < sentMs && to > departMs)) continue;
            taken.set(contact, [...others, [departMs, sentMs]]);
            const transmissions = [{ contact, departMs, sentMs }];
            bookings.book({ id: String(index), precedence: 'deferred', transmissions });
          }
          const [best] = allRoutes(contacts, question, { taken }).sort(inOrder);
          const router = createRouter(plan, { bookings });
          expect(figuresOf(router.route(question))).toEqual(best && figures(best));
          const [alone] = allRoutes(contacts, question).sort(inOrder);
          const urgent = router.route({ ...question, precedence: 'flash' });
          expect(figuresOf(urgent)).toEqual(alone && figures(alone));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('refuses', () => {
  const router = routerOf([contact('a', 'b', 0, 9)]);
  const asked: [Partial<RouteQuery>, string][] = [
    [{ from: 'z' }, 'There is no node "z" in the plan.'],
    [{ to: 'z' }, 'There is no node "z" in the plan.'],
    [{ atMs: Number.NaN }, 'The time is NaN.'],
    [{ sizeBytes: -1 }, 'The size is -1 bytes.'],
    [{ sizeBytes: Infinity }, 'The size is Infinity bytes.'],
    [{ deadlineMs: Number.NaN }, 'The deadline is no number.'],
    [{ precedence: 'urgent' as 'flash' }, 'There is no precedence "urgent".'],
  ];
  test.each(asked)('%j', (wrong, message) => {
    expect(() => router.route({ from: 'a', to: 'b', atMs: 0, ...wrong })).toThrow(message);
  });
});
