import type { StaticRoute } from './link.ts';
import { type Repair, repairTree } from './repair.ts';
import { routeOf } from './route-of.ts';
import { arcsTo, Labels, searchTree } from './search.ts';
import type { NetworkState } from './state.ts';

/**
 * Cheapest routes from one node to all others, kept up with the state: what a change doesn't touch isn't
 * searched again.
 */
export interface RouteTree {
  readonly from: string;
  /** Infinity where there is no route. Errors: `NotFound`. */
  costTo(id: string): number;
  /** As `StaticRouter.route` gives it. Errors: `NotFound`. */
  routeTo(id: string): StaticRoute | undefined;
  /**
   * The link to take first, by its place; undefined where there is no route, or none is needed. Errors:
   * `NotFound`.
   */
  firstLinkTo(id: string): number | undefined;
  /** Takes in what has changed since the last call; the other methods do so by themselves. */
  repair(): Repair;
}

/** Errors: `NotFound`. */
export function createRouteTree(state: NetworkState, from: string): RouteTree {
  const { network } = state;
  const root = network.nodeOf(from);
  const labels = new Labels(network.nodeCount);
  let seen = state.changeCount;
  searchTree(state, labels, root);

  const repair = (): Repair => {
    if (seen === state.changeCount) return { touchedNodes: 0, isRebuilt: false };
    const changed = state.changedSince(seen);
    seen = state.changeCount;
    // A search anew costs about as much as looking at every arc.
    if (changed !== undefined && changed.length < network.arcCount / 2)
      return repairTree(state, labels, root, changed);
    searchTree(state, labels, root);
    return { touchedNodes: network.nodeCount, isRebuilt: true };
  };
  const reached = (id: string): number | undefined => {
    repair();
    const node = network.nodeOf(id);
    return labels.isReached(node) && !state.isNodeDown(root) ? node : undefined;
  };
  return {
    from,
    repair,
    costTo(id) {
      const node = reached(id);
      return node === undefined ? Infinity : labels.cost(node);
    },
    routeTo(id) {
      const node = reached(id);
      return node === undefined ? undefined : routeOf(state, root, arcsTo(state, labels, node));
    },
    firstLinkTo(id) {
      let node = reached(id);
      let link: number | undefined;
      while (node !== undefined && node !== root) {
        const arc = labels.arc(node);
        link = network.arcLinks[arc]!;
        node = network.arcTails[arc]!;
      }
      return link;
    },
  };
}
