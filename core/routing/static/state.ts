import { InvalidInput } from '../../errors.ts';
import { checkCost, checkCostFactor } from './checks.ts';
import type { Exclusion, LinkRef } from './link.ts';
import type { StaticNetwork } from './network.ts';

/** Something that happened to a network. A node or a risk group that is down takes its links with it. */
export type NetworkChange =
  | { node: string; isDown: boolean }
  | { riskGroup: string; isDown: boolean }
  | LinkChange;

/** What isn't named stays as it is. */
export interface LinkChange {
  link: LinkRef;
  isDown?: boolean;
  /** Instead of the cost that it was given. */
  cost?: number;
  /** Degradation: its cost counts this many times, 1 to 1e6. */
  costFactor?: number;
}

/**
 * What a network costs now: which parts are down, degraded or have another cost. Several may share one
 * network.
 */
export interface NetworkState {
  readonly network: StaticNetwork;
  /** Of each arc as it is now; Infinity where it can't be used. Only to be read. */
  readonly arcCosts: Float64Array;
  /** The same in the order of the nodes that arcs enter. */
  readonly inCosts: Float64Array;
  /** Of each arc with nothing wrong; it never costs less. Only to be read. */
  readonly baseCosts: Float64Array;
  /** How often one of those was lowered. */
  readonly cheaperCount: number;
  /**
   * All of the changes, or none where one of them is refused. What is said twice holds once: a node that is down
   * twice is up after one `isDown: false`.
   * Errors: `NotFound`, `InvalidInput`.
   */
  apply(...changes: NetworkChange[]): void;
  isNodeDown(node: number): boolean;
  /** How many arcs have changed so far. */
  readonly changeCount: number;
  /** The arcs that changed after so many changes, some perhaps twice; undefined where that is too long ago. */
  changedSince(changeCount: number): Int32Array | undefined;
  /** Runs `query` as if what is excluded were down. Errors: `NotFound`. */
  without<T>(exclude: Exclusion | undefined, query: () => T): T;
}

export function createNetworkState(network: StaticNetwork): NetworkState {
  const { arcCount, linkCount } = network;
  const arcCosts = network.arcCosts.slice();
  const inCosts = inOrderOfHeads(network, arcCosts);
  const baseCosts = network.arcCosts.slice();
  const factors = new Float64Array(linkCount).fill(1);
  const isLinkDown = new Uint8Array(linkCount);
  const groupsDown = new Uint16Array(linkCount);
  const downGroups = new Set<string>();
  const isNodeDown = new Uint8Array(network.nodeCount);
  const journal = new Int32Array(Math.max(64, arcCount));
  let changeCount = 0;
  let cheaperCount = 0;

  const set = (arc: number, cost: number) => {
    arcCosts[arc] = cost;
    inCosts[network.arcInPlaces[arc]!] = cost;
  };
  const refresh = (arc: number) => {
    const link = network.arcLinks[arc]!;
    const isUsable =
      isLinkDown[link] === 0 &&
      groupsDown[link] === 0 &&
      isNodeDown[network.arcTails[arc]!] === 0 &&
      isNodeDown[network.arcHeads[arc]!] === 0;
    const cost = isUsable ? baseCosts[arc]! * factors[link]! : Infinity;
    if (cost === arcCosts[arc]) return;
    set(arc, cost);
    journal[changeCount++ % journal.length] = arc;
  };
  const changeLink = ({ link: name, isDown, cost, costFactor }: LinkChange) => {
    const link = network.linkOf(name);
    if (isDown !== undefined) isLinkDown[link] = isDown ? 1 : 0;
    if (costFactor !== undefined) factors[link] = costFactor;
    for (const arc of network.arcsOfLink(link)) {
      if (cost !== undefined) {
        if (cost < baseCosts[arc]!) cheaperCount++;
        baseCosts[arc] = cost;
      }
      refresh(arc);
    }
  };
  const changeNode = (id: string, isDown: boolean) => {
    const node = network.nodeOf(id);
    isNodeDown[node] = isDown ? 1 : 0;
    forEachArcOfNode(network, node, refresh);
  };
  const changeRiskGroup = (id: string, isDown: boolean) => {
    if (downGroups.has(id) === isDown) return;
    if (isDown) downGroups.add(id);
    else downGroups.delete(id);
    for (const link of network.linksOfRiskGroup(id)) {
      groupsDown[link]! += isDown ? 1 : -1;
      network.arcsOfLink(link).forEach(refresh);
    }
  };

  return {
    network,
    arcCosts,
    inCosts,
    baseCosts,
    get cheaperCount() {
      return cheaperCount;
    },
    apply(...changes) {
      for (const change of changes) checkChange(network, change);
      for (const change of changes) {
        if ('node' in change) changeNode(change.node, change.isDown);
        else if ('riskGroup' in change) changeRiskGroup(change.riskGroup, change.isDown);
        else changeLink(change);
      }
    },
    isNodeDown: (node) => isNodeDown[node] === 1,
    get changeCount() {
      return changeCount;
    },
    changedSince(since) {
      const count = changeCount - since;
      if (count > journal.length) return undefined;
      const start = since % journal.length;
      if (start + count <= journal.length) return journal.subarray(start, start + count);
      return Int32Array.from({ length: count }, (_, place) => journal[(since + place) % journal.length]!);
    },
    without(exclude, query) {
      if (exclude === undefined) return query();
      const arcs = excludedArcs(network, exclude);
      const costs = arcs.map((arc) => arcCosts[arc]!);
      for (const arc of arcs) set(arc, Infinity);
      try {
        return query();
      } finally {
        // Backwards, because an arc that was excluded twice was first seen as it is.
        for (let place = arcs.length - 1; place >= 0; place--) set(arcs[place]!, costs[place]!);
      }
    },
  };
}

/** Costs of arcs, in the order of the nodes that arcs enter. */
export function inOrderOfHeads({ inArcs }: StaticNetwork, arcCosts: Float64Array): Float64Array {
  const costs = new Float64Array(inArcs.length);
  for (let place = 0; place < inArcs.length; place++) costs[place] = arcCosts[inArcs[place]!]!;
  return costs;
}

function forEachArcOfNode(network: StaticNetwork, node: number, visit: (arc: number) => void): void {
  const { outStarts, inStarts, inArcs } = network;
  for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++) visit(arc);
  for (let place = inStarts[node]!; place < inStarts[node + 1]!; place++) visit(inArcs[place]!);
}

function excludedArcs(network: StaticNetwork, { nodes, links, riskGroups }: Exclusion): number[] {
  const arcs: number[] = [];
  for (const id of nodes ?? []) forEachArcOfNode(network, network.nodeOf(id), (arc) => arcs.push(arc));
  const places = (links ?? []).map((name) => network.linkOf(name));
  for (const id of riskGroups ?? []) for (const link of network.linksOfRiskGroup(id)) places.push(link);
  for (const link of places) for (const arc of network.arcsOfLink(link)) arcs.push(arc);
  return arcs;
}

function checkChange(network: StaticNetwork, change: NetworkChange): void {
  const { isDown } = change;
  if ('link' in change) {
    const { link, cost, costFactor } = change;
    network.linkOf(link);
    if (cost !== undefined) checkCost(cost, `link ${link}`);
    if (costFactor !== undefined) checkCostFactor(costFactor, `link ${link}`);
    if (isDown === undefined) return;
  } else if ('node' in change) network.nodeOf(change.node);
  else network.linksOfRiskGroup(change.riskGroup);
  if (typeof isDown !== 'boolean')
    throw new InvalidInput(`isDown is ${String(isDown)}`, 'Say true or false.');
}
