import { InvalidInput } from '../../errors.ts';
import { findAlternatives } from './alternatives.ts';
import { type Apartness, clashOf, findApartRoutes } from './apart.ts';
import { searchBothWays } from './bidirectional.ts';
import type { Exclusions, StaticRoute } from './link.ts';
import { routeOf } from './route-of.ts';
import { Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import { type Ends, findCheapestPair } from './suurballe.ts';

export interface RouteQuery {
  /** Ids of nodes. */
  from: string;
  to: string;
  exclude?: Exclusions;
}

export interface AlternativesQuery extends RouteQuery {
  /** At most so many routes, 1 to 10,000. */
  count: number;
}

export interface PairQuery extends RouteQuery {
  /** What they don't share besides links. @default neither */
  apart?: Partial<Apartness>;
  /** Searches after which to stop looking for a pair without a common risk group. @default 2000 */
  searchesMax?: number;
}

export interface RoutePair {
  /** The cheaper one first; undefined where there is no such pair. */
  routes: [StaticRoute, StaticRoute] | undefined;
  /** That no pair costs less, or that there is none. False only for risk groups, where the searches ran out. */
  isProven: boolean;
}

/** Answers from the state as it is at the call. It keeps memory for searches, so keep it as well. */
export interface StaticRouter {
  /** A cheapest route, of the fewest hops among those; undefined where there is none. @throws NotFound */
  route(query: RouteQuery): StaticRoute | undefined;
  /**
   * The cheapest routes, in order of cost, then hops. Two that take parallel links are two. @throws NotFound, InvalidInput
   */
  alternatives(query: AlternativesQuery): StaticRoute[];
  /** Two routes that share no link and together cost the least. @throws NotFound, InvalidInput where the ends are one node */
  pair(query: PairQuery): RoutePair;
}

const ALTERNATIVES_MAX = 10_000;
const SEARCHES_MAX = 2000;

export function createStaticRouter(state: NetworkState): StaticRouter {
  const { network } = state;
  const forward = new Labels(network.nodeCount);
  const backward = new Labels(network.nodeCount);
  let doubled: Labels | undefined;

  /** Answers with `otherwise` where an end is out. */
  const ask = <T>({ from, to, exclude }: RouteQuery, otherwise: T, answer: (ends: Ends) => T): T => {
    const ends = { from: network.nodeOf(from), to: network.nodeOf(to) };
    const isOut = exclude?.nodes?.includes(from) || exclude?.nodes?.includes(to);
    if (isOut || state.isNodeDown(ends.from)) return otherwise;
    return state.without(exclude, () => answer(ends));
  };
  const search = ({ from, to }: Ends) => searchBothWays(state, forward, backward, from, to);
  const told =
    ({ from }: Ends) =>
    (arcs: readonly number[]) =>
      routeOf(state, from, arcs);

  const findPair = (ends: Ends, apart: Apartness, searchesMax: number): RoutePair => {
    doubled ??= new Labels(2 * network.nodeCount);
    const cheapest = findCheapestPair(state, forward, doubled, ends, apart.nodes);
    const [first, second] = cheapest ?? [];
    // Nothing that is also apart by risk can cost less than what is only apart by links and nodes.
    if (!first || !second || clashOf(state, apart, [{ arcs: first }, { arcs: second }]) === undefined)
      return { routes: cheapest && inOrder(cheapest.map(told(ends))), isProven: true };
    const { routes, isProven } = findApartRoutes(state, apart, {
      search: (without) => state.without(without, () => search(ends)),
      searchesMax,
    });
    return { routes: routes && inOrder(routes.map(told(ends))), isProven };
  };

  return {
    route: (query) =>
      ask(query, undefined, (ends) => {
        const arcs = search(ends);
        return arcs && routeOf(state, ends.from, arcs);
      }),
    alternatives(query) {
      const { count } = query;
      if (!(Number.isInteger(count) && count >= 1 && count <= ALTERNATIVES_MAX))
        throw new InvalidInput(`the count is ${count}`, `Ask for 1 to ${ALTERNATIVES_MAX} alternatives.`);
      return ask(query, [], (ends) =>
        findAlternatives(state, forward, backward, ends, count).map(told(ends)),
      );
    },
    pair(query) {
      if (query.from === query.to)
        throw new InvalidInput(`both ends are ${query.from}`, 'Ask for a pair between two nodes.');
      const { apart, searchesMax = SEARCHES_MAX } = query;
      if (!(Number.isInteger(searchesMax) && searchesMax >= 1))
        throw new InvalidInput(`searchesMax is ${searchesMax}`, 'Give a whole number, 1 or more.');
      return ask(query, { routes: undefined, isProven: true }, (ends) =>
        findPair(ends, { nodes: false, riskGroups: false, ...apart }, searchesMax),
      );
    },
  };
}

function inOrder([a, b]: readonly StaticRoute[]): [StaticRoute, StaticRoute] {
  return b!.cost < a!.cost ? [b!, a!] : [a!, b!];
}
