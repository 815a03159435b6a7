import { searchBothWays } from './bidirectional.ts';
import { searchGuided } from './guided.ts';
import { Landmarks } from './landmarks.ts';
import type { Labels } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/** More make bounds little better, slower to look up, and of each 16 bytes a node. */
const LANDMARKS_MAX = 8;
/** One by itself says little of ways that lead past it. */
const LANDMARKS_AT_ONCE = 2;
/**
 * So many times the root of the number of nodes. Where all is near to all, two sides meet before they have reached as
 * many, and landmarks gain nothing; where links are short, they reach a large share of the network.
 */
const REACHED_MIN = 16;

/**
 * Finds the arcs of a cheapest route between two nodes; undefined where there is none. A landmark takes as long to
 * measure as several searches, so a network has none at first, and two more whenever long searches have together
 * reached as many nodes as there are: who asks once pays nothing, who asks often soon asks a network that has them.
 */
export function createCheapestSearch(
  state: NetworkState,
  forward: Labels,
  backward: Labels,
): (ends: Ends) => number[] | undefined {
  const { nodeCount } = state.network;
  const reachedMin = REACHED_MIN * Math.sqrt(nodeCount);
  let landmarks = new Landmarks(state);
  let reached = 0;

  const search = (ends: Ends): number[] | undefined =>
    ends.from !== ends.to && landmarks.aim(ends)
      ? searchGuided(state, forward, backward, landmarks, ends)
      : searchBothWays(state, forward, backward, ends);

  return (ends) => {
    if (!landmarks.areRight) landmarks = new Landmarks(state);
    const arcs = search(ends);
    const count = forward.reachedCount + backward.reachedCount;
    if (count > reachedMin) reached += count;
    if (reached >= nodeCount && landmarks.count < LANDMARKS_MAX) {
      for (let more = 0; more < LANDMARKS_AT_ONCE; more++) landmarks.add(ends.from, forward, backward);
      reached = 0;
    }
    return arcs;
  };
}
