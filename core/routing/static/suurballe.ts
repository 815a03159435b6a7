import { arcsTo, type Labels, searchTree } from './search.ts';
import type { NetworkState } from './state.ts';

/** The two ends of a query, by number. */
export interface Ends {
  from: number;
  to: number;
}

/**
 * Two routes that share no link (nor, if asked, a node between their ends) and together cost the least, as
 * arcs; undefined where there are none. Suurballe 1974, Suurballe and Tarjan 1984: a second search may also go
 * back over links of the first route, at costs reduced by those of the first search so that none is negative;
 * what both routes used, one each way, drops out. `doubled` has labels for twice as many nodes as there are.
 */
export function findCheapestPair(
  state: NetworkState,
  labels: Labels,
  doubled: Labels,
  { from, to }: Ends,
  areNodesApart: boolean,
): [number[], number[]] | undefined {
  searchTree(state, labels, from, to);
  if (!labels.isReached(to)) return undefined;
  const first = arcsTo(state, labels, to);
  const steps = searchAgain(state, labels, doubled, { from, to }, first, areNodesApart);
  if (steps === undefined) return undefined;
  const undone = new Set(steps.filter(({ isBack }) => isBack).map(({ arc }) => arc));
  const arcs = first.filter((arc) => !undone.has(arc));
  for (const { arc, isBack } of steps) if (!isBack) arcs.push(arc);
  return twoWalks(state, { from, to }, arcs);
}

interface Step {
  arc: number;
  /** Against an arc of the first route. */
  isBack: boolean;
}

/** How an arc, and the way that it was taken, are written where labels keep the arc. */
const forth = (arc: number): number => arc * 2;
const back = (arc: number): number => arc * 2 + 1;
const INWARDS = -2;

/**
 * The second search. With nodes apart, a node of the first route counts as two: `node` is where one comes in,
 * `node + nodeCount` where one goes out. Between them only the first route passes, so that whoever comes in
 * can only go back along it. All other nodes are only the latter.
 */
function searchAgain(
  { network, arcCosts }: NetworkState,
  first: Labels,
  doubled: Labels,
  { from, to }: Ends,
  route: readonly number[],
  areNodesApart: boolean,
): Step[] | undefined {
  const { nodeCount, outStarts, arcHeads, arcTails, arcLinks } = network;
  const farthest = first.cost(to);
  // What the first search didn't settle is as far as its end, at least.
  const potential = (node: number) =>
    first.isReached(node) ? Math.min(first.cost(node), farthest) : farthest;
  const routeLinks = new Set(route.map((arc) => arcLinks[arc]!));
  const routeArcInto = new Map(route.map((arc) => [arcHeads[arc]!, arc]));
  const isTwo = (node: number) => areNodesApart && node !== to && routeArcInto.has(node);
  const placeIn = (node: number) => (isTwo(node) ? node : node + nodeCount);
  const end = to + nodeCount;
  const { heap } = doubled;
  doubled.begin();
  doubled.start(from + nodeCount);
  while (heap.size > 0 && heap.nodes[0] !== end) {
    const place = heap.pop();
    const node = place % nodeCount;
    const cost = doubled.cost(place);
    const hops = doubled.hops(place) + 1;
    const into = routeArcInto.get(node);
    // It costs as much as the first search gave for it, which is nothing at reduced costs.
    if (into !== undefined && place === placeIn(node))
      doubled.offer(arcTails[into]! + nodeCount, cost, hops, back(into));
    if (place < nodeCount) continue;
    if (isTwo(node)) doubled.offer(node, cost, hops, INWARDS);
    const potentialHere = potential(node);
    for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++) {
      if (arcCosts[arc] === Infinity || routeLinks.has(arcLinks[arc]!)) continue;
      const head = arcHeads[arc]!;
      doubled.offer(
        placeIn(head),
        cost + (potentialHere + arcCosts[arc]! - potential(head)),
        hops,
        forth(arc),
      );
    }
  }
  if (!doubled.isReached(end)) return undefined;
  const steps: Step[] = [];
  for (let place = end, code = doubled.arc(place); code !== -1; code = doubled.arc(place)) {
    const arc = code >> 1;
    const isBack = (code & 1) === 1;
    if (code === INWARDS) place += nodeCount;
    else {
      steps.push({ arc, isBack });
      place = isBack ? placeIn(arcHeads[arc]!) : arcTails[arc]! + nodeCount;
    }
  }
  return steps;
}

/** Takes two routes out of arcs that hold two; what goes in circles is left. */
function twoWalks(
  { network: { arcHeads, arcTails } }: NetworkState,
  { from, to }: Ends,
  arcs: readonly number[],
): [number[], number[]] {
  const outOf = new Map<number, number[]>();
  for (const arc of arcs) {
    const others = outOf.get(arcTails[arc]!);
    if (others === undefined) outOf.set(arcTails[arc]!, [arc]);
    else others.push(arc);
  }
  const walk = (): number[] => {
    const route: number[] = [];
    const hopsTo = new Map([[from, 0]]);
    for (let node = from; node !== to; ) {
      const arc = outOf.get(node)!.pop()!;
      node = arcHeads[arc]!;
      const before = hopsTo.get(node);
      if (before === undefined) {
        route.push(arc);
        hopsTo.set(node, route.length);
      } else for (const dropped of route.splice(before)) hopsTo.delete(arcHeads[dropped]!);
    }
    return route;
  };
  return [walk(), walk()];
}
