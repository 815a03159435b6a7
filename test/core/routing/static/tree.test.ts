import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkChange } from '../../../../core/routing/static/state.ts';
import { createRouteTree, type RouteTree } from '../../../../core/routing/static/tree.ts';
import { allDistances, smallNetworks, stateOf } from './arbitrary.ts';

const changes = (
  nodeCount: number,
  linkCount: number,
  groups: readonly string[],
): fc.Arbitrary<NetworkChange> => {
  const node = fc.record({ node: fc.nat({ max: nodeCount - 1 }).map(String), isDown: fc.boolean() });
  const link = fc.nat({ max: linkCount - 1 });
  return fc.oneof(
    node,
    fc.record({ link, isDown: fc.boolean() }),
    fc.record({ link, cost: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ link, costFactor: fc.integer({ min: 1, max: 3 }) }),
    ...(groups.length > 0
      ? [fc.record({ riskGroup: fc.constantFrom(...groups), isDown: fc.boolean() })]
      : []),
  );
};

const scenarios = smallNetworks({ nodesMin: 12, nodesMax: 16, linksMin: 20, linksMax: 40 }).chain((small) => {
  const groups = [...new Set(small.links.flatMap(({ riskGroups }) => riskGroups ?? []))];
  const change = changes(small.nodes.length, small.links.length, groups);
  return fc.record({
    small: fc.constant(small),
    batches: fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 }),
  });
});

describe('a tree of routes', () => {
  it('has the least cost and the fewest hops to every node after any changes, without a loop', () => {
    fc.assert(
      fc.property(scenarios, ({ small, batches }) => {
        const state = stateOf(small);
        const root = state.network.nodeOf('0');
        const tree = createRouteTree(state, '0');
        for (const batch of batches) {
          state.apply(...batch);
          const distances = allDistances(state)[root]!;
          for (const id of small.nodes) {
            const [cost, hops] = state.isNodeDown(root)
              ? [Infinity, 0]
              : distances[state.network.nodeOf(id)]!;
            expect(tree.costTo(id)).toBe(cost);
            const route = tree.routeTo(id);
            expect([route?.cost ?? Infinity, route?.links.length ?? 0]).toEqual([cost, hops]);
            expect(new Set(route?.nodes).size).toBe(route?.nodes.length ?? 0);
            expect(tree.firstLinkTo(id)).toBe(route?.links[0]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  const RING = {
    nodes: ['a', 'b', 'c', 'd', 'e', 'f'],
    links: ['ab', 'bc', 'cd', 'de', 'ef', 'fa'].map((id) => ({
      id,
      from: id[0]!,
      to: id[1]!,
      cost: 1,
      isBothWays: true,
      riskGroups: ['everything'],
    })),
  };
  const costs = (tree: RouteTree) => RING.nodes.map((id) => tree.costTo(id));

  it('is repaired only where a change reaches', () => {
    const state = stateOf(RING);
    const tree = createRouteTree(state, 'a');
    expect(tree.repair()).toEqual({ touchedNodes: 0, isRebuilt: false });
    state.apply({ link: 'ef', costFactor: 3 });
    expect(tree.repair()).toEqual({ touchedNodes: 1, isRebuilt: false });
    expect(costs(tree)).toEqual([0, 1, 2, 3, 4, 1]);
    state.apply({ link: 'ef', costFactor: 1 }, { link: 'bc', isDown: true });
    expect(costs(tree)).toEqual([0, 1, 4, 3, 2, 1]);
  });

  it('is rebuilt when nearly everything changed, and comes back as it was', () => {
    const state = stateOf(RING);
    const tree = createRouteTree(state, 'a');
    const before = costs(tree);
    state.apply({ riskGroup: 'everything', isDown: true });
    expect(tree.repair().isRebuilt).toBe(true);
    expect(costs(tree)).toEqual([0, Infinity, Infinity, Infinity, Infinity, Infinity]);
    state.apply({ riskGroup: 'everything', isDown: false });
    expect(costs(tree)).toEqual(before);
  });

  it('is right however long ago it was looked at', () => {
    const state = stateOf(RING);
    const tree = createRouteTree(state, 'a');
    for (let round = 0; round < 100; round++)
      state.apply({ link: 'ab', cost: round }, { node: 'e', isDown: round % 2 === 0 });
    expect(costs(tree)).toEqual([0, 5, 4, 3, 2, 1]);
  });

  it('reaches nothing while its root is down, and refuses a root that is not there', () => {
    const state = stateOf(RING);
    const tree = createRouteTree(state, 'a');
    state.apply({ node: 'a', isDown: true });
    expect(costs(tree).every((cost) => cost === Infinity)).toBe(true);
    expect(tree.routeTo('a')).toBeUndefined();
    state.apply({ node: 'a', isDown: false });
    expect(costs(tree)).toEqual([0, 1, 2, 3, 2, 1]);
    expect(() => createRouteTree(state, 'z')).toThrow('the network has no node "z"');
  });
});
