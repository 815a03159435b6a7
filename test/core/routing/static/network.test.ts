import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../../core/errors.ts';
import type { StaticLink } from '../../../../core/routing/static/link.ts';
import { compileNetwork } from '../../../../core/routing/static/network.ts';
import { createStaticRouter } from '../../../../core/routing/static/router.ts';
import { createNetworkState, type NetworkChange } from '../../../../core/routing/static/state.ts';

const LINKS: StaticLink[] = [
  { id: 'ab', from: 'a', to: 'b', cost: 1, riskGroups: ['duct', 'duct'] },
  { id: 'bc', from: 'b', to: 'c', cost: 1, riskGroups: ['duct', 'power'] },
];

describe('a network', () => {
  const refuses = (link: object, message: string, nodes?: string[]) => {
    const compile = () => compileNetwork([...LINKS, { from: 'a', to: 'b', cost: 1, ...link }], nodes);
    expect(compile).toThrow(message);
    expect(compile).toThrow(InvalidInput);
  };

  it('refuses costs that are none, with the place of the link', () => {
    for (const cost of [NaN, Infinity, -1, -Infinity, 1e13, '1', undefined, null])
      refuses({ cost }, `link 2 (a → b): the cost is ${String(cost)}`);
  });

  it('refuses ends, ids and risk groups that are no names', () => {
    refuses({ from: '' }, 'link 2 ( → b): an end is not the id of a node');
    refuses({ to: 7 }, 'link 2 (a → 7): an end is not');
    refuses({ id: '' }, 'link 2 (a → b): the id is ""');
    refuses({ id: 'ab' }, 'links 0 and 2 have the same id "ab"');
    refuses({ riskGroups: 'duct' }, 'the risk groups are not a list');
    refuses({ riskGroups: [1] }, 'the risk groups are not a list');
  });

  it('refuses nodes that are not listed, or twice', () => {
    refuses({ to: 'z' }, 'link 2 (a → z) names the node "z", which is not listed', ['a', 'b', 'c']);
    refuses({}, 'the node "a" is listed twice', ['a', 'b', 'a']);
  });

  it('may have no links, and no nodes', () => {
    const router = createStaticRouter(createNetworkState(compileNetwork([], ['a', 'b'])));
    expect(router.route({ from: 'a', to: 'b' })).toBeUndefined();
    expect(router.disjoint({ from: 'a', to: 'b' })).toEqual({ pair: undefined, isExhaustive: true });
    expect([...router.alternatives({ from: 'a', to: 'b' })]).toEqual([]);
    expect(compileNetwork([]).nodeCount).toBe(0);
  });

  it('takes names that objects have of their own', () => {
    const links = [{ from: '__proto__', to: 'constructor', cost: 2, id: 'toString' }];
    const router = createStaticRouter(createNetworkState(compileNetwork(links)));
    expect(router.route({ from: '__proto__', to: 'constructor' })?.cost).toBe(2);
  });
});

describe('the state of a network', () => {
  const start = () => {
    const state = createNetworkState(compileNetwork(LINKS));
    const router = createStaticRouter(state);
    return { state, cost: () => router.route({ from: 'a', to: 'c' })?.cost };
  };

  it('has each kind of failure by itself: what is down for two reasons comes back after both', () => {
    const { state, cost } = start();
    const downs: NetworkChange[] = [
      { node: 'b', isDown: true },
      { riskGroup: 'duct', isDown: true },
      { riskGroup: 'power', isDown: true },
      { link: 'bc', isDown: true },
    ];
    state.apply(...downs, ...downs);
    for (const down of downs) {
      expect(cost()).toBeUndefined();
      state.apply({ ...down, isDown: false });
    }
    expect(cost()).toBe(2);
  });

  it('multiplies what a link costs now by its degradation', () => {
    const { state, cost } = start();
    state.apply({ link: 'ab', costFactor: 10 });
    expect(cost()).toBe(11);
    state.apply({ link: 0, cost: 2 });
    expect(cost()).toBe(21);
    state.apply({ link: 'ab', isDown: true }, { link: 'ab', costFactor: 1, isDown: false });
    expect(cost()).toBe(3);
  });

  it('is apart from other states of the same network', () => {
    const network = compileNetwork(LINKS);
    createNetworkState(network).apply({ node: 'b', isDown: true });
    const other = createStaticRouter(createNetworkState(network));
    expect(other.route({ from: 'a', to: 'c' })?.cost).toBe(2);
  });

  it('refuses a change and all that came with it', () => {
    const { state, cost } = start();
    const refuses = (change: object, message: string) => {
      expect(() => state.apply({ node: 'b', isDown: true }, change as NetworkChange)).toThrow(message);
      expect(cost()).toBe(2);
    };
    refuses({ link: 'zz', isDown: true }, 'no link "zz"');
    refuses({ link: 2, isDown: true }, 'no link 2');
    refuses({ node: 'z', isDown: true }, 'no node "z"');
    refuses({ riskGroup: 'z', isDown: true }, 'no risk group "z"');
    refuses({ link: 'ab', cost: NaN }, 'the cost of link ab is NaN');
    refuses({ link: 'ab', cost: -1 }, 'the cost of link ab is -1');
    refuses({ link: 'ab', costFactor: 0.5 }, 'the cost factor of link ab is 0.5');
    refuses({ link: 'ab', costFactor: Infinity }, 'the cost factor of link ab is Infinity');
    refuses({ node: 'b' }, 'isDown is undefined');
    refuses({ link: 'ab', isDown: 1 }, 'isDown is 1');
  });
});
