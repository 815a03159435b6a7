import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../../core/contact-plan/compile.ts';
import type { Contact } from '../../../core/contact-plan/contact.ts';
import { type DisjointOptions, linkName } from '../../../core/routing/disjoint.ts';
import { createRouter } from '../../../core/routing/router.ts';
import { allRoutes, type FoundRoute, NODES, plans, questions } from './oracle.ts';

/** What a route uses that another one must not. */
function usesOf(
  contacts: readonly Contact[],
  route: FoundRoute,
  { share, riskGroups }: DisjointOptions,
): string[] {
  const links = route.contacts.map((index) => linkName(contacts[index]!));
  const nodes = share === 'links' ? [] : route.nodes.slice(1, -1);
  return [...nodes, ...links, ...links.flatMap((link) => riskGroups?.get(link) ?? [])];
}

function pairsOf(contacts: readonly Contact[], routes: readonly FoundRoute[], options: DisjointOptions) {
  const uses = routes.map((route) => usesOf(contacts, route, options));
  return routes.flatMap((first, a) =>
    routes.flatMap((second, b) =>
      uses[a]!.every((use) => !uses[b]!.includes(use)) ? [{ first, second }] : [],
    ),
  );
}

describe.each(['nodes', 'links'] as const)('pairs that share no %s', (share) => {
  test('are found where there are any, the first as early as any can be and the second the best beside it', () => {
    fc.assert(
      fc.property(
        plans(11),
        questions,
        fc.array(fc.constantFrom('masts', 'fuel'), { minLength: 14, maxLength: 14 }),
        fc.boolean(),
        (contacts, question, groups, hasRisks) => {
          const risky = hasRisks ? contacts.filter((_, index) => index % 3 === 0) : [];
          const riskGroups = new Map(risky.map((contact, index) => [linkName(contact), [groups[index]!]]));
          const options = { share, riskGroups };
          const { pair, isExhaustive } = createRouter(compilePlan(contacts, NODES)).disjoint(
            question,
            options,
          );
          const pairs = pairsOf(contacts, allRoutes(contacts, question), options);
          expect(isExhaustive).toBe(true);
          expect(pair === undefined).toBe(pairs.length === 0);
          if (pair === undefined) return;
          const key = (route: { hops: { contact: number }[] }) => route.hops.map((hop) => hop.contact).join();
          const beside = pairs.filter(({ first }) => first.contacts.join() === key(pair[0]));
          expect(beside.map(({ second }) => second.contacts.join())).toContain(key(pair[1]));
          expect(pair[0].arrivalMs).toBe(Math.min(...pairs.map(({ first }) => first.arrivalMs)));
          expect(pair[1].arrivalMs).toBe(Math.min(...beside.map(({ second }) => second.arrivalMs)));
        },
      ),
      { numRuns: 500 },
    );
  });
});

const contact = (from: string, to: string, more: Partial<Contact> = {}): Contact => ({
  from,
  to,
  startMs: 0,
  endMs: 100,
  rateBitsPerSecond: 8000,
  delayMs: 1,
  ...more,
});

test('gives way with the best route where only that leaves two', () => {
  const contacts = [
    contact('a', 'b'),
    contact('b', 'c'),
    contact('c', 'd'),
    contact('a', 'c', { delayMs: 9 }),
    contact('b', 'd', { delayMs: 9 }),
  ];
  const router = createRouter(compilePlan(contacts));
  expect(router.route({ from: 'a', to: 'd', atMs: 0 })?.hops).toHaveLength(3);
  const { pair } = router.disjoint({ from: 'a', to: 'd', atMs: 0 });
  expect(pair?.map((route) => route.hops.map((hop) => hop.to).join(''))).toEqual(['cd', 'bd']);
});

test('takes two channels of one pair only where they share no risk', () => {
  const contacts = [contact('a', 'b', { linkId: 'x' }), contact('a', 'b', { linkId: 'y', delayMs: 2 })];
  const router = createRouter(compilePlan(contacts));
  const pairWith = (riskGroups: Map<string, string[]>) =>
    router.disjoint({ from: 'a', to: 'b', atMs: 0 }, { riskGroups }).pair?.map((route) => route.arrivalMs);
  expect(pairWith(new Map())).toEqual([1, 2]);
  expect(
    pairWith(
      new Map([
        ['x', ['mast']],
        ['y', ['mast']],
      ]),
    ),
  ).toBeUndefined();
});

test('says so when it gave up', () => {
  const contacts = [contact('a', 'b'), contact('b', 'c'), contact('a', 'd'), contact('d', 'b')];
  const router = createRouter(compilePlan(contacts));
  const ask = (searchesMax: number) => router.disjoint({ from: 'a', to: 'c', atMs: 0 }, { searchesMax });
  expect(ask(2)).toEqual({ pair: undefined, isExhaustive: false });
  expect(ask(100)).toEqual({ pair: undefined, isExhaustive: true });
});
