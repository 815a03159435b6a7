import { type Labels, searchTree } from './search.ts';
import type { NetworkState } from './state.ts';

export interface Repair {
  /** Nodes whose label was dropped or improved; 0 where no route from the root changed. */
  touchedNodes: number;
  /** So much had changed that the tree was searched anew. */
  isRebuilt: boolean;
}

/** To reach a node again takes three times as long as to reach it in a search anew. */
const DROPPED_SHARE_MAX = 1 / 3;

/**
 * Makes the labels of a whole tree right again after the costs of `changed` arcs have changed, in any mixture.
 * What hangs below an arc of the tree that got worse loses its labels and is reached again from the nodes
 * around it; what got better spreads from there; both in one search in the order of cost. After Ramalingam and
 * Reps 1996, "An incremental algorithm for a generalization of the shortest-path problem", but for a batch of
 * changes, and along the tree instead of all tight arcs, so that links of cost 0 do no harm.
 */
export function repairTree(state: NetworkState, labels: Labels, root: number, changed: Int32Array): Repair {
  const { nodeCount, arcHeads, arcTails } = state.network;
  const droppedMax = Math.floor(nodeCount * DROPPED_SHARE_MAX);
  const dropped = dropBelow(state, labels, changed, droppedMax);
  if (dropped.length > droppedMax) {
    searchTree(state, labels, root);
    return { touchedNodes: nodeCount, isRebuilt: true };
  }
  for (const node of dropped) offerBestInto(state, labels, node);
  for (const arc of changed) {
    const tail = arcTails[arc]!;
    if (labels.isReached(tail))
      labels.offerAgain(arcHeads[arc]!, labels.cost(tail) + state.arcCosts[arc]!, labels.hops(tail) + 1, arc);
  }
  let touchedNodes = spread(state, labels);
  for (const node of dropped) if (!labels.isReached(node)) touchedNodes++;
  return { touchedNodes, isRebuilt: false };
}

/** Goes on from the nodes that wait; returns how many there were. */
function spread({ network: { outStarts, arcHeads }, arcCosts }: NetworkState, labels: Labels): number {
  let count = 0;
  for (; labels.heap.size > 0; count++) {
    const node = labels.heap.pop();
    const cost = labels.cost(node);
    const hops = labels.hops(node) + 1;
    for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++)
      labels.offerAgain(arcHeads[arc]!, cost + arcCosts[arc]!, hops, arc);
  }
  return count;
}

/**
 * Drops what is reached over arcs that got worse; returns those nodes, or the first of them where there are
 * more than `max`.
 */
function dropBelow(state: NetworkState, labels: Labels, changed: Int32Array, max: number): number[] {
  const { outStarts, arcHeads, arcTails } = state.network;
  const dropped: number[] = [];
  const drop = (arc: number) => {
    const head = arcHeads[arc]!;
    if (labels.arc(head) !== arc || !labels.isReached(head)) return;
    labels.drop(head);
    dropped.push(head);
  };
  for (const arc of changed) {
    const cost = labels.cost(arcTails[arc]!) + state.arcCosts[arc]!;
    if (cost > labels.cost(arcHeads[arc]!)) drop(arc);
  }
  for (let place = 0; place < dropped.length && dropped.length <= max; place++) {
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
    const cost = labels.cost(tail) + state.inCosts[place]!;
    const hops = labels.hops(tail) + 1;
    if (cost < bestCost || (cost === bestCost && cost < Infinity && hops < bestHops)) {
      best = inArcs[place]!;
      bestCost = cost;
      bestHops = hops;
    }
  }
  if (best >= 0) labels.offer(node, bestCost, bestHops, best);
}
