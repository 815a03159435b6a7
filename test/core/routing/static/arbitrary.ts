import fc from 'fast-check';
import type { StaticLink } from '../../../../core/routing/static/link.ts';
import { compileNetwork } from '../../../../core/routing/static/network.ts';
import { createNetworkState, type NetworkState } from '../../../../core/routing/static/state.ts';

export interface SmallNetwork {
  nodes: string[];
  links: StaticLink[];
}

/**
 * Whole costs, many equal and some 0, so that ties and sums are exact; parallel links, links to oneself, lone
 * nodes.
 */
export const smallNetworks = ({
  nodesMin = 2,
  nodesMax = 7,
  linksMin = 0,
  linksMax = 14,
  groupsMax = 4,
} = {}): fc.Arbitrary<SmallNetwork> =>
  fc.integer({ min: nodesMin, max: nodesMax }).chain((nodeCount) => {
    const node = fc.integer({ min: 0, max: nodeCount - 1 }).map(String);
    const group = fc.integer({ min: 0, max: groupsMax - 1 }).map((place) => `g${place}`);
    const link = fc.record({
      from: node,
      to: node,
      cost: fc.integer({ min: 0, max: 5 }),
      isBothWays: fc.boolean(),
      riskGroups: fc.oneof(
        { weight: 2, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.array(group, { maxLength: 2 }) },
      ),
    });
    return fc.record({
      nodes: fc.constant(Array.from({ length: nodeCount }, (_, place) => String(place))),
      links: fc.array(link, { minLength: linksMin, maxLength: linksMax }),
    });
  });

export const stateOf = ({ nodes, links }: SmallNetwork): NetworkState =>
  createNetworkState(compileNetwork(links, nodes));

export interface PlainRoute {
  nodes: string[];
  links: number[];
  cost: number;
}

/** Every loopless route, by trying all of them, in order of cost, then hops. */
export function everyRoute({ links }: SmallNetwork, from: string, to: string): PlainRoute[] {
  const routes: PlainRoute[] = [];
  const walk = (route: PlainRoute) => {
    const here = route.nodes.at(-1)!;
    if (here === to) {
      routes.push(route);
      return;
    }
    links.forEach((link, place) => {
      for (const next of endsFrom(link, here))
        if (!route.nodes.includes(next))
          walk({
            nodes: [...route.nodes, next],
            links: [...route.links, place],
            cost: route.cost + link.cost,
          });
    });
  };
  walk({ nodes: [from], links: [], cost: 0 });
  return routes.sort((a, b) => a.cost - b.cost || a.links.length - b.links.length);
}

function endsFrom({ from, to, isBothWays }: StaticLink, here: string): string[] {
  if (from === here) return [to];
  return isBothWays && to === here ? [from] : [];
}

/** Least costs and hops between all nodes (Floyd and Warshall), by what is usable in the state. */
export function allDistances({ network, arcCosts }: NetworkState): [cost: number, hops: number][][] {
  const { nodeCount } = network;
  const best = Array.from({ length: nodeCount }, (_, from) =>
    Array.from({ length: nodeCount }, (_to, to): [number, number] => (from === to ? [0, 0] : [Infinity, 0])),
  );
  const offer = (from: number, to: number, [cost, hops]: readonly [number, number]) => {
    const [oldCost, oldHops] = best[from]![to]!;
    if (cost < oldCost || (cost === oldCost && cost < Infinity && hops < oldHops))
      best[from]![to] = [cost, hops];
  };
  for (let arc = 0; arc < network.arcCount; arc++)
    offer(network.arcTails[arc]!, network.arcHeads[arc]!, [arcCosts[arc]!, 1]);
  for (let middle = 0; middle < nodeCount; middle++)
    for (let from = 0; from < nodeCount; from++)
      for (let to = 0; to < nodeCount; to++) {
        const [first, second] = [best[from]![middle]!, best[middle]![to]!];
        offer(from, to, [first[0] + second[0], first[1] + second[1]]);
      }
  return best;
}
