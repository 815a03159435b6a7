import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Route } from '../../../core/routing/route.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { allRoutes, figures, firstOf, inOrder, NODES, plans, questions } from './oracle.ts';

const figuresOf = ({ arrivalMs, hops, expiresMs }: Route) => ({ arrivalMs, hops: hops.length, expiresMs });

test('are all loopless routes, each once, the best first', () => {
  fc.assert(
    fc.property(plans(11), questions, (contacts, question) => {
      const routes = [...createRouter(compilePlan(contacts, NODES)).alternatives(question)];
      const expected = allRoutes(contacts, question).sort(inOrder);
      expect(routes.map(figuresOf)).toEqual(expected.map(figures));
      const sequences = routes.map(({ hops }) => hops.map((hop) => hop.contact).join());
      expect(sequences.sort()).toEqual(expected.map((route) => route.contacts.join()).sort());
    }),
    { numRuns: 500 },
  );
});

test('leave out what the query excludes, though it can be read but once', () => {
  const contacts = [
    { from: 'a', to: 'b', startMs: 0, endMs: 9, rateBitsPerSecond: 8000, delayMs: 0 },
    { from: 'b', to: 'c', startMs: 0, endMs: 9, rateBitsPerSecond: 8000, delayMs: 0 },
    { from: 'b', to: 'c', startMs: 20, endMs: 29, rateBitsPerSecond: 8000, delayMs: 0 },
    { from: 'a', to: 'c', startMs: 30, endMs: 39, rateBitsPerSecond: 8000, delayMs: 0 },
  ];
  const exclude = { contacts: [1].values() };
  const routes = createRouter(compilePlan(contacts)).alternatives({ from: 'a', to: 'c', atMs: 0, exclude });
  expect([...routes].map((route) => route.arrivalMs)).toEqual([20, 30]);
});

test('are searched for only as far as they are asked for', () => {
  const layers = 12;
  const contacts = Array.from({ length: layers }, (_, layer) =>
    [0, 1].flatMap((from) =>
      [0, 1].map((to) => ({
        from: `${layer}.${from}`,
        to: `${layer + 1}.${to}`,
        startMs: 0,
        endMs: 1000,
        rateBitsPerSecond: 8000,
        delayMs: 1 + from,
      })),
    ),
  ).flat();
  const routes = createRouter(compilePlan(contacts)).alternatives({
    from: '0.0',
    to: `${layers}.0`,
    atMs: 0,
  });
  expect(firstOf(routes, 3).map((route) => route.arrivalMs)).toEqual([12, 13, 13]);
});
