import type { Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

export interface Bound {
  cost: number;
  hops: number;
}

/**
 * No route that leaves `start` over another arc than `banned` is better; undefined where there is no such arc.
 */
export function boundFrom(
  { network, arcCosts }: NetworkState,
  toEnd: Labels,
  start: Bound & { node: number },
  banned: readonly number[],
  onTheWay: ReadonlySet<number>,
): Bound | undefined {
  const { outStarts, arcHeads } = network;
  let bound: Bound | undefined;
  for (let arc = outStarts[start.node]!; arc < outStarts[start.node + 1]!; arc++) {
    const head = arcHeads[arc]!;
    const isOut = arcCosts[arc] === Infinity || !toEnd.isReached(head);
    if (isOut || banned.includes(arc) || onTheWay.has(head)) continue;
    const cost = start.cost + arcCosts[arc]! + toEnd.cost(head);
    const hops = start.hops + 1 + toEnd.hops(head);
    if (bound === undefined || cost < bound.cost || (cost === bound.cost && hops < bound.hops))
      bound = { cost, hops };
  }
  return bound;
}

/**
 * The cheapest way on to the end after `before`, keeping off the nodes of that and not beginning with any of
 * `banned`.
 */
export function searchSpur(
  { network, arcCosts }: NetworkState,
  labels: Labels,
  toEnd: Labels,
  { from, to }: Ends,
  before: readonly number[],
  banned: readonly number[],
): number[] | undefined {
  const { outStarts, arcHeads, arcTails } = network;
  const start = before.length === 0 ? from : arcHeads[before.at(-1)!]!;
  labels.begin();
  for (const arc of before) labels.ban(arcTails[arc]!);
  labels.start(start);
  const { heap } = labels;
  while (heap.size > 0 && heap.nodes[0] !== to) {
    const node = heap.pop();
    const cost = labels.cost(node);
    const hops = labels.hops(node) + 1;
    for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++) {
      const head = arcHeads[arc]!;
      if (!toEnd.isReached(head) || (node === start && banned.includes(arc))) continue;
      const nextCost = cost + arcCosts[arc]!;
      const [wholeCost, wholeHops] = [nextCost + toEnd.cost(head), hops + toEnd.hops(head)];
      labels.offerKeyed(head, nextCost, hops, arc, wholeCost, wholeHops);
    }
  }
  if (!labels.isReached(to)) return undefined;
  const rest: number[] = [];
  for (let arc = labels.arc(to); arc >= 0; arc = labels.arc(arcTails[arc]!)) rest.push(arc);
  return rest.reverse();
}
