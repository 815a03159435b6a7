import { type Landmarks, ROUNDING } from './landmarks.ts';
import { arcsThrough, type Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/**
 * As `searchBothWays`, but each side is led to the other by the bounds of landmarks, which must be aimed: nodes come in
 * the order of what a way through them costs at least, and none is looked at through which no way is better than the
 * best that was seen (A* from both ends, with the rejection of Pijls and Post 2009). Bounds are rounded, so a node
 * may be settled too early and come again; what is better by no more than rounding counts as good as the best.
 */
export function searchGuided(
  state: NetworkState,
  forward: Labels,
  backward: Labels,
  landmarks: Landmarks,
  { from, to }: Ends,
): number[] | undefined {
  const { network, arcCosts, inCosts } = state;
  const { outStarts, arcHeads, inStarts, inTails } = network;
  forward.begin();
  backward.begin();
  forward.start(from);
  backward.start(to);
  let meeting = -1;
  let bestCost = Infinity;
  let bestHops = 0;
  /** Ways that cost more can't be better. */
  let costMax = Infinity;
  const ahead = forward.heap;
  const behind = backward.heap;
  while (ahead.size > 0 && behind.size > 0 && ahead.costs[0]! <= costMax && behind.costs[0]! <= costMax) {
    const isAhead = ahead.size <= behind.size;
    const near = isAhead ? forward : backward;
    const far = isAhead ? backward : forward;
    const farLeast = far.heap.costs[0]!;
    const node = near.heap.pop();
    const cost = near.cost(node);
    const hops = near.hops(node) + 1;
    // What is left from here to the far end costs that much, unless the far side has settled it and it was seen.
    const rest = farLeast - (isAhead ? landmarks.boundFromStart(node) : landmarks.boundToEnd(node));
    if (cost + rest > costMax) continue;
    const starts = isAhead ? outStarts : inStarts;
    const ends = isAhead ? arcHeads : inTails;
    const costs = isAhead ? arcCosts : inCosts;
    const end = starts[node + 1]!;
    for (let place = starts[node]!; place < end; place++) {
      const next = ends[place]!;
      const nextCost = cost + costs[place]!;
      if (!near.isBetter(next, nextCost, hops)) continue;
      const key = nextCost + (isAhead ? landmarks.boundToEnd(next) : landmarks.boundFromStart(next));
      if (key > costMax) continue;
      near.offerKeyed(next, nextCost, hops, place, key, hops);
      if (!far.isReached(next)) continue;
      const through = nextCost + far.cost(next);
      const throughHops = hops + far.hops(next);
      if (through > bestCost || (through === bestCost && throughHops >= bestHops)) continue;
      meeting = next;
      bestCost = through;
      bestHops = throughHops;
      costMax = bestCost + landmarks.slack + bestCost * ROUNDING;
    }
  }
  return meeting < 0 ? undefined : arcsThrough(state, forward, backward, meeting);
}
