import type { StaticRoute } from './link.ts';
import type { NetworkState } from './state.ts';

/** What a caller sees of a way over arcs from a node. */
export function routeOf(
  { network, arcCosts }: NetworkState,
  start: number,
  arcs: readonly number[],
): StaticRoute {
  const nodes = [network.nodeId(start)];
  let cost = 0;
  for (const arc of arcs) {
    nodes.push(network.nodeId(network.arcHeads[arc]!));
    cost += arcCosts[arc]!;
  }
  return { cost, nodes, links: arcs.map((arc) => network.arcLinks[arc]!) };
}
