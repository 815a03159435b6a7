import { arcsThrough, type Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/**
 * The arcs of a cheapest route from one node to another, found from both ends at once: the two searches stop
 * when the least labels that are left can't make a better way through any node than the best that was seen
 * (Pohl 1971; Goldberg and Harrelson 2005). Undefined where there is none; a node that is down is up to the
 * caller.
 */
export function searchBothWays(
  state: NetworkState,
  forward: Labels,
  backward: Labels,
  { from, to }: Ends,
): number[] | undefined {
  const { network, arcCosts, inCosts } = state;
  const { outStarts, arcHeads, inStarts, inTails } = network;
  forward.begin();
  backward.begin();
  forward.start(from);
  backward.start(to);
  let meeting = from === to ? from : -1;
  let bestCost = meeting < 0 ? Infinity : 0;
  let bestHops = 0;
  const ahead = forward.heap;
  const behind = backward.heap;
  // An empty side has seen all there is, so that a way through was seen if there is one.
  while (ahead.size > 0 && behind.size > 0) {
    const least = ahead.costs[0]! + behind.costs[0]!;
    if (least > bestCost || (least === bestCost && ahead.hops[0]! + behind.hops[0]! >= bestHops)) break;
    // The smaller frontier is the cheaper one to push out.
    const isAhead = ahead.size <= behind.size;
    const near = isAhead ? forward : backward;
    const far = isAhead ? backward : forward;
    const starts = isAhead ? outStarts : inStarts;
    const ends = isAhead ? arcHeads : inTails;
    const costs = isAhead ? arcCosts : inCosts;
    const farLeast = far.heap.costs[0]!;
    const node = near.heap.pop();
    const cost = near.cost(node);
    const hops = near.hops(node) + 1;
    const end = starts[node + 1]!;
    for (let place = starts[node]!; place < end; place++) {
      const next = ends[place]!;
      const nextCost = cost + costs[place]!;
      // A way through a node that the far side has yet to settle can't be better; one it has settled was seen.
      if (nextCost + farLeast > bestCost) continue;
      if (!near.offer(next, nextCost, hops, place) || !far.isReached(next)) continue;
      const through = nextCost + far.cost(next);
      const throughHops = hops + far.hops(next);
      if (through > bestCost || (through === bestCost && throughHops >= bestHops)) continue;
      meeting = next;
      bestCost = through;
      bestHops = throughHops;
    }
  }
  return meeting < 0 ? undefined : arcsThrough(state, forward, backward, meeting);
}
