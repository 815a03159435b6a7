import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StaticLink, StaticRoute } from '../../../../core/routing/static/link.ts';
import { createStaticRouter } from '../../../../core/routing/static/router.ts';
import type { NetworkState } from '../../../../core/routing/static/state.ts';
import { allDistances, everyRoute, type PlainRoute, smallNetworks, stateOf } from './arbitrary.ts';

const network = (...links: StaticLink[]) => ({
  nodes: [...new Set(links.flatMap(({ from, to }) => [from, to]))],
  links,
});
const link = (from: string, to: string, cost: number, rest: Partial<StaticLink> = {}): StaticLink => ({
  id: `${from}${to}`,
  from,
  to,
  cost,
  ...rest,
});
const DIAMOND = network(
  link('a', 'b', 1),
  link('b', 'd', 1),
  link('a', 'c', 2, { riskGroups: ['duct'] }),
  link('c', 'd', 2, { riskGroups: ['power'] }),
);

/** What a route says of itself must be what its links say. */
function checkRoute(state: NetworkState, from: string, to: string, route: StaticRoute): void {
  expect([route.nodes[0], route.nodes.at(-1)]).toEqual([from, to]);
  expect(new Set(route.nodes).size, 'no loop').toBe(route.nodes.length);
  let cost = 0;
  route.links.forEach((place, hop) => {
    const [tail, head] = [route.nodes[hop]!, route.nodes[hop + 1]!];
    const arc = state.network
      .arcsOfLink(place)
      .find((one) => ends(state, one).join() === [tail, head].join())!;
    cost += state.arcCosts[arc]!;
  });
  expect(route.cost).toBe(cost);
  expect(cost).toBeLessThan(Infinity);
}
const ends = ({ network }: NetworkState, arc: number) => [
  network.nodeId(network.arcTails[arc]!),
  network.nodeId(network.arcHeads[arc]!),
];

describe('a route', () => {
  it('costs the least and then has the fewest hops between any two nodes', () => {
    fc.assert(
      fc.property(smallNetworks({ nodesMax: 12, linksMax: 40 }), (small) => {
        const state = stateOf(small);
        const router = createStaticRouter(state);
        const distances = allDistances(state);
        for (const from of small.nodes)
          for (const to of small.nodes) {
            const [cost, hops] = distances[state.network.nodeOf(from)]![state.network.nodeOf(to)]!;
            const route = router.route({ from, to });
            expect([route?.cost ?? Infinity, route?.links.length ?? 0]).toEqual([cost, hops]);
            if (route) checkRoute(state, from, to, route);
          }
      }),
    );
  });

  it('to where it begins has no links', () => {
    const router = createStaticRouter(stateOf(DIAMOND));
    expect(router.route({ from: 'a', to: 'a' })).toEqual({ cost: 0, nodes: ['a'], links: [] });
    expect([...router.alternatives({ from: 'a', to: 'a' })]).toHaveLength(1);
  });

  it('prefers few hops where costs are equal, also over links that cost nothing', () => {
    const router = createStaticRouter(
      stateOf(network(link('a', 'b', 0), link('b', 'c', 0), link('c', 'a', 0), link('a', 'c', 0))),
    );
    expect(router.route({ from: 'a', to: 'c' })?.links).toEqual([3]);
  });

  it('does without what a query excludes, for that query alone', () => {
    const router = createStaticRouter(stateOf(DIAMOND));
    const past = (exclude: object) => router.route({ from: 'a', to: 'd', exclude })?.nodes.join('');
    expect(past({ nodes: ['b'] })).toBe('acd');
    expect(past({ links: ['bd'] })).toBe('acd');
    expect(past({ links: [0] })).toBe('acd');
    expect(past({ links: ['ab', 'ab'], nodes: ['b'], riskGroups: ['duct'] })).toBeUndefined();
    expect(past({ nodes: ['a'] })).toBeUndefined();
    expect(past({ nodes: ['d'] })).toBeUndefined();
    expect(past({})).toBe('abd');
  });

  it('refuses names that the network does not have', () => {
    const router = createStaticRouter(stateOf(DIAMOND));
    const query = { from: 'a', to: 'd' };
    expect(() => router.route({ ...query, to: 'z' })).toThrow('the network has no node "z"');
    expect(() => router.route({ ...query, exclude: { links: [4] } })).toThrow('the network has no link 4');
    expect(() => router.route({ ...query, exclude: { links: [NaN] } })).toThrow('no link null');
    expect(() => router.route({ ...query, exclude: { riskGroups: ['x'] } })).toThrow('no risk group "x"');
    expect(router.route(query)?.cost).toBe(2);
  });
});

describe('alternatives', () => {
  it('are all the loopless routes there are, each once, the best first', () => {
    fc.assert(
      fc.property(smallNetworks({ nodesMax: 6, linksMax: 12 }), (small) => {
        const state = stateOf(small);
        const [from, to] = ['0', small.nodes.at(-1)!];
        const found = [...createStaticRouter(state).alternatives({ from, to })];
        for (const route of found) checkRoute(state, from, to, route);
        const sketch = (routes: readonly (StaticRoute | PlainRoute)[]) => ({
          order: routes.map(({ cost, links }) => [cost, links.length]),
          routes: routes.map(({ links, nodes }) => `${links.join()} ${nodes.join()}`).sort(),
        });
        expect(sketch(found)).toEqual(sketch(everyRoute(small, from, to)));
      }),
    );
  });

  it('keep off what is excluded and down, however few are taken', () => {
    const state = stateOf(DIAMOND);
    const router = createStaticRouter(state);
    const query = { from: 'a', to: 'd', exclude: { nodes: ['b'] } };
    expect([...router.alternatives(query)].map(({ nodes }) => nodes.join(''))).toEqual(['acd']);
    const [first] = router.alternatives({ from: 'a', to: 'd' });
    expect(first?.nodes.join('')).toBe('abd');
    state.apply({ link: 'ab', isDown: true });
    expect([...router.alternatives({ from: 'a', to: 'd' })]).toHaveLength(1);
  });

  it('fails where the network changes before the next is taken', () => {
    const state = stateOf(DIAMOND);
    const routes = createStaticRouter(state).alternatives({ from: 'a', to: 'd' });
    routes.next();
    state.apply({ node: 'c', isDown: true });
    expect(() => routes.next()).toThrow('the network changed while');
  });
});

describe('a disjoint pair', () => {
  const riskOf = ({ links }: { links: StaticLink[] }, route: PlainRoute | StaticRoute) =>
    route.links.flatMap((place) => links[place]!.riskGroups ?? []);
  const isDisjoint = <T>(a: readonly T[], b: readonly T[]) => !a.some((one) => b.includes(one));
  const isApart = (
    small: { links: StaticLink[] },
    [a, b]: readonly (PlainRoute | StaticRoute)[],
    share: 'nodes' | 'links',
    mayShareRisk: boolean,
  ) =>
    isDisjoint(a!.links, b!.links) &&
    (mayShareRisk || isDisjoint(riskOf(small, a!), riskOf(small, b!))) &&
    (share === 'links' || isDisjoint(a!.nodes.slice(1, -1), b!.nodes.slice(1, -1)));

  const options = fc.record({
    share: fc.constantFrom('nodes' as const, 'links' as const),
    mayShareRisk: fc.boolean(),
  });

  it('shares nothing and costs the least together, where there is one', () => {
    fc.assert(
      fc.property(smallNetworks({ nodesMax: 6, linksMax: 12 }), options, (small, { share, mayShareRisk }) => {
        const state = stateOf(small);
        const [from, to] = ['0', small.nodes.at(-1)!];
        const every = everyRoute(small, from, to);
        const least = every
          .flatMap((a, place) => every.slice(place + 1).map((b) => [a, b] as const))
          .filter((pair) => isApart(small, pair, share, mayShareRisk))
          .reduce((cost, [a, b]) => Math.min(cost, a.cost + b.cost), Infinity);
        const { pair, isExhaustive } = createStaticRouter(state).disjoint(
          { from, to },
          { share, mayShareRisk },
        );
        expect(isExhaustive).toBe(true);
        expect(pair ? pair[0].cost + pair[1].cost : Infinity).toBe(least);
        if (pair === undefined) return;
        for (const route of pair) checkRoute(state, from, to, route);
        expect(isApart(small, pair, share, mayShareRisk)).toBe(true);
        expect(pair[0].cost).toBeLessThanOrEqual(pair[1].cost);
      }),
      { numRuns: 300 },
    );
  });

  it('is found where the cheapest route is in the way of both', () => {
    const trap = network(
      link('s', 'a', 1),
      link('a', 'b', 1),
      link('b', 't', 1),
      link('s', 'b', 4),
      link('a', 't', 3),
    );
    const { pair } = createStaticRouter(stateOf(trap)).disjoint({ from: 's', to: 't' });
    expect(pair?.map(({ nodes }) => nodes.join(''))).toEqual(['sat', 'sbt']);
  });

  it('says so when it gave up, and refuses one node for both ends', () => {
    const shared = { riskGroups: ['duct'] };
    const state = stateOf(
      network(link('a', 'b', 1, shared), link('a', 'c', 1, shared), link('b', 'd', 1), link('c', 'd', 1)),
    );
    const router = createStaticRouter(state);
    const query = { from: 'a', to: 'd' };
    expect(router.disjoint(query)).toEqual({ pair: undefined, isExhaustive: true });
    expect(router.disjoint(query, { searchesMax: 1 })).toEqual({ pair: undefined, isExhaustive: false });
    expect(router.disjoint(query, { mayShareRisk: true }).pair).toHaveLength(2);
    expect(() => router.disjoint({ from: 'a', to: 'a' })).toThrow('both ends are a');
    expect(() => router.disjoint(query, { searchesMax: 0 })).toThrow('searchesMax is 0');
  });
});
