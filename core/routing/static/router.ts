import { Conflict, InvalidInput } from '../../errors.ts';
import { createAlternatives } from './alternatives.ts';
import { type Apartness, clashOf, findApartRoutes } from './apart.ts';
import { createCheapestSearch } from './cheapest.ts';
import type { Exclusion, StaticRoute } from './link.ts';
import { routeOf } from './route-of.ts';
import { Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import { type Ends, findCheapestPair } from './suurballe.ts';

export interface StaticRouteQuery {
  /** Ids of nodes. */
  from: string;
  to: string;
  exclude?: Exclusion;
}

export interface StaticDisjointOptions {
  /** What the two must not share. @default 'nodes': links, and nodes between their ends */
  share?: 'nodes' | 'links';
  /** They may share risk groups. @default false */
  mayShareRisk?: boolean;
  /** For a pair without a common risk group it gives up after so many searches. @default 2000 */
  searchesMax?: number;
}

export interface StaticDisjointRoutes {
  /** The cheaper one first. Undefined where none was found. */
  pair: [StaticRoute, StaticRoute] | undefined;
  /** No pair costs less, or there is none at all. False where it gave up. */
  isExhaustive: boolean;
}

/**
 * Finds routes in a network as its state is at the call: the least cost, of those the fewest hops.
 * Errors of all: `NotFound` for nodes, links and risk groups that the network doesn't have.
 */
export interface StaticRouter {
  /** Undefined where there is none. */
  route(query: StaticRouteQuery): StaticRoute | undefined;
  /**
   * All loopless routes, the best first; two that take parallel links are two. Only what is asked for is
   * computed. Errors: `Conflict` where the state changes in between.
   */
  alternatives(query: StaticRouteQuery): Generator<StaticRoute, void>;
  /**
   * Two routes that no single failure breaks, together of the least cost. Errors: `InvalidInput` where both
   * ends are one.
   */
  disjoint(query: StaticRouteQuery, options?: StaticDisjointOptions): StaticDisjointRoutes;
}

const SEARCHES_MAX = 2000;

/** A router keeps its working arrays, so make one a state. */
export function createStaticRouter(state: NetworkState): StaticRouter {
  const { network } = state;
  const forward = new Labels(network.nodeCount);
  const backward = new Labels(network.nodeCount);
  let doubled: Labels | undefined;

  /** Undefined where an end is out. */
  const endsOf = ({ from, to, exclude }: StaticRouteQuery): Ends | undefined => {
    const ends = { from: network.nodeOf(from), to: network.nodeOf(to) };
    const isOut = exclude?.nodes?.includes(from) || exclude?.nodes?.includes(to);
    return isOut || state.isNodeDown(ends.from) ? undefined : ends;
  };
  const search = createCheapestSearch(state, forward, backward);

  const findPair = (ends: Ends, apart: Apartness, searchesMax: number): StaticDisjointRoutes => {
    doubled ??= new Labels(2 * network.nodeCount);
    const cheapest = findCheapestPair(state, forward, doubled, ends, apart.nodes);
    // Nothing that is also apart by risk costs less than what is apart by links and nodes alone.
    if (cheapest === undefined || clashOf(state, apart, cheapest) === undefined)
      return { pair: cheapest && inOrder(state, ends, cheapest), isExhaustive: true };
    const { pair, isExhaustive } = findApartRoutes(state, apart, {
      search: (without) => state.without(without, () => search(ends)),
      searchesMax,
    });
    return { pair: pair && inOrder(state, ends, pair), isExhaustive };
  };

  return {
    route(query) {
      const ends = endsOf(query);
      if (ends === undefined) return undefined;
      return state.without(query.exclude, () => {
        const arcs = search(ends);
        return arcs && routeOf(state, ends.from, arcs);
      });
    },
    *alternatives(query) {
      const ends = endsOf(query);
      if (ends === undefined) return;
      const { changeCount } = state;
      let next: (() => number[] | undefined) | undefined;
      for (;;) {
        if (state.changeCount !== changeCount)
          throw new Conflict(
            `the network changed while alternatives from ${query.from} to ${query.to} were asked for`,
            'Ask anew, or take all that you need before changing it.',
          );
        const route = state.without(query.exclude, () => {
          next ??= createAlternatives(state, forward, ends);
          const arcs = next();
          return arcs && routeOf(state, ends.from, arcs);
        });
        if (route === undefined) return;
        yield route;
      }
    },
    disjoint(query, { share = 'nodes', mayShareRisk = false, searchesMax = SEARCHES_MAX } = {}) {
      if (query.from === query.to)
        throw new InvalidInput(`both ends are ${query.from}`, 'Ask for a pair between two nodes.');
      if (!(Number.isInteger(searchesMax) && searchesMax >= 1))
        throw new InvalidInput(`searchesMax is ${searchesMax}`, 'Give a whole number, 1 or more.');
      const ends = endsOf(query);
      if (ends === undefined) return { pair: undefined, isExhaustive: true };
      const apart = { nodes: share === 'nodes', riskGroups: !mayShareRisk };
      return state.without(query.exclude, () => findPair(ends, apart, searchesMax));
    },
  };
}

function inOrder(
  state: NetworkState,
  { from }: Ends,
  [first, second]: readonly [readonly number[], readonly number[]],
): [StaticRoute, StaticRoute] {
  const [a, b] = [routeOf(state, from, first), routeOf(state, from, second)];
  return b.cost < a.cost ? [b, a] : [a, b];
}
