import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCheapestSearch } from '../../../../core/routing/static/cheapest.ts';
import { searchGuided } from '../../../../core/routing/static/guided.ts';
import { Landmarks } from '../../../../core/routing/static/landmarks.ts';
import { compileNetwork } from '../../../../core/routing/static/network.ts';
import { createStaticRouter } from '../../../../core/routing/static/router.ts';
import { Labels } from '../../../../core/routing/static/search.ts';
import {
  createNetworkState,
  type NetworkChange,
  type NetworkState,
} from '../../../../core/routing/static/state.ts';
import { createRouteTree } from '../../../../core/routing/static/tree.ts';
import { SeededRandom } from '../../../../core/simulator/seeded-random.ts';
import { allDistances, smallNetworks, stateOf } from './arbitrary.ts';

const measured = (state: NetworkState, roots: readonly number[]) => {
  const { nodeCount } = state.network;
  const [forward, backward] = [new Labels(nodeCount), new Labels(nodeCount)];
  const landmarks = new Landmarks(state);
  for (const root of roots) landmarks.add(root, forward, backward);
  return { landmarks, forward, backward };
};
const everyPair = (count: number) =>
  Array.from({ length: count * count }, (_, pair) => ({ from: Math.floor(pair / count), to: pair % count }));

const worsening = (small: { nodes: string[]; links: unknown[] }): fc.Arbitrary<NetworkChange[]> =>
  fc.array(
    fc.oneof(
      fc.record({ node: fc.constantFrom(...small.nodes), isDown: fc.constant(true) }),
      fc.record({ link: fc.nat({ max: small.links.length - 1 }), isDown: fc.constant(true) }),
      fc.record({
        link: fc.nat({ max: small.links.length - 1 }),
        costFactor: fc.integer({ min: 1, max: 3 }),
      }),
    ),
    { maxLength: 3 },
  );
const scenarios = smallNetworks({ nodesMin: 4, nodesMax: 14, linksMin: 6, linksMax: 45 }).chain((small) =>
  fc.record({
    small: fc.constant(small),
    roots: fc.array(fc.nat({ max: small.nodes.length - 1 }), { minLength: 1, maxLength: 3 }),
    changes: worsening(small),
  }),
);

describe('landmarks', () => {
  it('bound what routes cost from below, and lead to the least cost and the fewest hops, after any failures', () => {
    fc.assert(
      fc.property(scenarios, ({ small, roots, changes }) => {
        const state = stateOf(small);
        const { landmarks, forward, backward } = measured(state, roots);
        state.apply(...changes);
        const distances = allDistances(state);
        const cost = (from: number, to: number) => distances[from]![to]![0];
        for (const ends of everyPair(small.nodes.length)) {
          if (ends.from === ends.to) continue;
          landmarks.aim(ends);
          for (let node = 0; node < small.nodes.length; node++) {
            expect(landmarks.boundToEnd(node)).toBeLessThanOrEqual(cost(node, ends.to));
            expect(landmarks.boundFromStart(node)).toBeLessThanOrEqual(cost(ends.from, node));
          }
          const arcs = searchGuided(state, forward, backward, landmarks, ends);
          const found = arcs?.reduce((sum, arc) => sum + state.arcCosts[arc]!, 0);
          expect([found ?? Infinity, arcs?.length ?? 0]).toEqual(distances[ends.from]![ends.to]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('no longer hold once a link is cheaper than it was', () => {
    const state = stateOf({ nodes: ['a', 'b'], links: [{ from: 'a', to: 'b', cost: 4 }] });
    const { landmarks } = measured(state, [0]);
    state.apply({ link: 0, costFactor: 3 }, { link: 0, isDown: true }, { link: 0, cost: 5 });
    state.apply({ link: 0, costFactor: 1 }, { link: 0, isDown: false });
    expect(landmarks.areRight).toBe(true);
    state.apply({ link: 0, cost: 4 });
    expect(landmarks.areRight).toBe(false);
  });

  it('are of no use between parts that none of them is in', () => {
    const links = ['ab', 'cd'].map((ends) => ({ from: ends[0]!, to: ends[1]!, cost: 1, isBothWays: true }));
    const state = stateOf({ nodes: ['a', 'b', 'c', 'd'], links });
    const { landmarks } = measured(state, [state.network.nodeOf('a')]);
    const aim = (from: string, to: string) =>
      landmarks.aim({ from: state.network.nodeOf(from), to: state.network.nodeOf(to) });
    expect([aim('a', 'b'), aim('c', 'd')]).toEqual([true, false]);
  });
});

/** A square of streets whose lengths differ, so that two ends are far apart. */
const streets = (across: number) => {
  const random = new SeededRandom(4);
  const name = (x: number, y: number) => `${x},${y}`;
  const links = everyPair(across).flatMap(({ from: x, to: y }) =>
    [
      [x + 1, y],
      [x, y + 1],
    ].flatMap(([nextX, nextY]) =>
      nextX! < across && nextY! < across
        ? [
            {
              from: name(x, y),
              to: name(nextX!, nextY!),
              cost: random.between(1, 2),
              isBothWays: true,
            },
          ]
        : [],
    ),
  );
  return { links, random, pick: () => name(random.int(0, across - 1), random.int(0, across - 1)) };
};

describe('a search that is asked often', () => {
  it('looks at fewer nodes than one that is asked first', () => {
    const { links, pick } = streets(60);
    const state = createNetworkState(compileNetwork(links));
    const { nodeCount } = state.network;
    const [forward, backward] = [new Labels(nodeCount), new Labels(nodeCount)];
    const search = createCheapestSearch(state, forward, backward);
    const ends = { from: state.network.nodeOf('0,0'), to: state.network.nodeOf('59,40') };
    const looked = () => {
      search(ends);
      return forward.reachedCount + backward.reachedCount;
    };
    const first = looked();
    for (let query = 0; query < 100; query++)
      search({ from: state.network.nodeOf(pick()), to: state.network.nodeOf(pick()) });
    // One of them may have measured a landmark, which is no looking.
    expect(Math.min(looked(), looked())).toBeLessThan(0.8 * first);
  });

  it('stays right while links fail, come back, degrade and get cheaper', () => {
    const { links, pick, random } = streets(45);
    const state = createNetworkState(compileNetwork(links));
    const router = createStaticRouter(state);
    const trees = ['0,0', '44,44', '22,7'].map((from) => createRouteTree(state, from));
    const changeOf = (link: number): NetworkChange => {
      const cost = links[link]!.cost;
      return random.pick<NetworkChange>([
        { link, isDown: true },
        { link, isDown: false },
        { link, costFactor: random.between(1, 5) },
        { link, cost: cost * random.between(1, 2) },
        { link, cost: random.int(0, 9) === 0 ? cost / 2 : cost * 2 },
      ]);
    };
    for (let round = 0; round < 60; round++) {
      for (const tree of trees)
        for (let query = 0; query < 5; query++) {
          const to = pick();
          const route = router.route({ from: tree.from, to });
          expect(route?.cost ?? Infinity).toBeCloseTo(tree.costTo(to), 9);
          expect(route?.links.length).toBe(tree.routeTo(to)?.links.length);
        }
      state.apply(...Array.from({ length: 3 }, () => changeOf(random.int(0, links.length - 1))));
    }
  });
});
