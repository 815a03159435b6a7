import type { Labels } from './search.ts';
import type { NetworkState } from './state.ts';

/**
 * Makes the labels of a whole tree right again after the costs of `changed` arcs have changed, in any mixture. What
 * hangs below an arc of the tree that got worse loses its labels and is reached again from the nodes around it; what
 * got better spreads from there; both in one search in the order of cost. After Ramalingam and Reps 1996, "An
 * incremental algorithm for a generalization of the shortest-path problem", but for a batch of changes, and along the
 * tree instead of all tight arcs, so that links of cost 0 do no harm. Returns how many nodes were touched.
 */
export function repairTree(state: NetworkState, labels: Labels, changed: Int32Array): number {
  const { outStarts, arcHeads, arcTails } = state.network;
  const { arcCosts } = state;
  const { costs, hops, heap } = labels;
  const dropped = dropBelow(state, labels, changed);
  for (const node of dropped) offerBestInto(state, labels, node);
  for (const arc of changed) {
    const tail = arcTails[arc]!;
    if (labels.isReached(tail))
      labels.offerAgain(arcHeads[arc]!, costs[tail]! + arcCosts[arc]!, hops[tail]! + 1, arc);
  }
  let touched = 0;
  while (heap.size > 0) {
    const node = heap.pop();
    const cost = costs[node]!;
    const hop = hops[node]! + 1;
    const end = outStarts[node + 1]!;
    for (let arc = outStarts[node]!; arc < end; arc++)
      labels.offerAgain(arcHeads[arc]!, cost + arcCosts[arc]!, hop, arc);
    touched++;
  }
  for (const node of dropped) if (!labels.isReached(node)) touched++;
  return touched;
}

/** Drops what is reached over arcs that got worse; returns those nodes. */
function dropBelow(state: NetworkState, labels: Labels, changed: Int32Array): number[] {
  const { outStarts, arcHeads, arcTails } = state.network;
  const dropped: number[] = [];
  const drop = (arc: number) => {
    const head = arcHeads[arc]!;
    if (labels.arcs[head] !== arc || !labels.isReached(head)) return;
    labels.drop(head);
    dropped.push(head);
  };
  for (const arc of changed) {
    const cost = labels.costs[arcTails[arc]!]! + state.arcCosts[arc]!;
    if (cost > labels.costs[arcHeads[arc]!]!) drop(arc);
  }
  for (let place = 0; place < dropped.length; place++) {
    const node = dropped[place]!;
    for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++) drop(arc);
  }
  return dropped;
}

/** Offers one dropped node the best way in from those that have a label. */
function offerBestInto(state: NetworkState, labels: Labels, node: number): void {
  const { inStarts, inTails, inArcs } = state.network;
  let best = -1;
  let bestCost = Infinity;
  let bestHops = 0;
  for (let place = inStarts[node]!; place < inStarts[node + 1]!; place++) {
    const tail = inTails[place]!;
    if (!labels.isReached(tail)) continue;
    const cost = labels.costs[tail]! + state.inCosts[place]!;
    const hops = labels.hops[tail]! + 1;
    if (cost < bestCost || (cost === bestCost && cost < Infinity && hops < bestHops)) {
      best = inArcs[place]!;
      bestCost = cost;
      bestHops = hops;
    }
  }
  if (best >= 0) labels.offer(node, bestCost, bestHops, best);
}
