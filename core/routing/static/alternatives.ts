import { Heap, type Heaped } from '../../heap.ts';
import { boundFrom, searchSpur } from './spur.ts';
import { Labels, searchTreeBack } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/**
 * Routes that begin with the first `spur` of `arcs` and then take none of `banned`; or, once searched, the
 * best of them.
 */
interface Candidate extends Heaped {
  cost: number;
  hops: number;
  /** In which they were found, so that the answer doesn't depend on chance. */
  order: number;
  arcs: readonly number[];
  spur: number;
  banned: readonly number[];
  /** `arcs` is the best of these routes; before, `cost` and `hops` are only a bound on it. */
  isFound: boolean;
}

/**
 * Gives the routes without loops one after another, in order of cost, then hops, as arcs (Yen 1971, in the
 * form of Lawler 1972, in which no route is found twice). It is lazy: what branches off a route is first only
 * bounded from below by costs to the end, and searched when that bound comes first in line, in a search that
 * the same costs lead straight to the end. The state must not change in between.
 */
export function createAlternatives(
  state: NetworkState,
  forward: Labels,
  { from, to }: Ends,
): () => number[] | undefined {
  const { arcHeads, arcTails, nodeCount } = state.network;
  const toEnd = new Labels(nodeCount);
  const candidates = new Heap<Candidate>(comesBefore);
  let order = 0;

  const addBranches = ({ arcs, spur, banned }: Candidate) => {
    const onTheWay = new Set([from]);
    let cost = 0;
    arcs.forEach((arc, at) => {
      if (at >= spur) {
        const avoid = at === spur ? [...banned, arc] : [arc];
        const bound = boundFrom(state, toEnd, { node: arcTails[arc]!, cost, hops: at }, avoid, onTheWay);
        if (bound)
          candidates.add({
            ...bound,
            arcs,
            spur: at,
            banned: avoid,
            order: order++,
            isFound: false,
            place: -1,
          });
      }
      cost += state.arcCosts[arc]!;
      onTheWay.add(arcHeads[arc]!);
    });
  };

  searchTreeBack(state, toEnd, to);
  if (toEnd.isReached(from))
    candidates.add({ cost: 0, hops: 0, order, arcs: [], spur: 0, banned: [], isFound: false, place: -1 });
  return () => {
    for (let best = candidates.peek(); best !== undefined; best = candidates.peek()) {
      candidates.remove(best);
      if (best.isFound) {
        addBranches(best);
        return [...best.arcs];
      }
      const before = best.arcs.slice(0, best.spur);
      const rest = searchSpur(state, forward, toEnd, { from, to }, before, best.banned);
      if (rest === undefined) continue;
      const arcs = [...before, ...rest];
      const cost = arcs.reduce((sum, arc) => sum + state.arcCosts[arc]!, 0);
      candidates.add({ ...best, arcs, cost, hops: arcs.length, isFound: true });
    }
    return undefined;
  };
}

function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  return a.hops === b.hops ? a.order < b.order : a.hops < b.hops;
}
