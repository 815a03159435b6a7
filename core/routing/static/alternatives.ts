import { Heap, type Heaped } from '../../heap.ts';
import { Labels, searchTreeBack } from './search.ts';
import type { NetworkState } from './state.ts';
import type { Ends } from './suurballe.ts';

/** Routes that begin with `arcs[0 .. spur - 1]` and then take none of `banned`; or, once searched, one of these routes. */
interface Candidate extends Heaped {
  cost: number;
  hops: number;
  /** In the order in which they were found, so that the answer doesn't depend on chance. */
  order: number;
  arcs: readonly number[];
  spur: number;
  banned: readonly number[];
  /** `arcs` is the cheapest of these routes; before, `cost` and `hops` are only a bound on it. */
  isFound: boolean;
}

/**
 * The `count` cheapest routes without loops, in order of cost, then hops, as arcs (Yen 1971, in Lawler's form, in which
 * no route is found twice). It is lazy: what branches off a route is first only bounded from below by costs to the
 * end, and searched when that bound comes first in line (Clímaco and Martins; Feng 2014), in a search that the
 * same costs lead straight to the end.
 */
export function findAlternatives(
  state: NetworkState,
  forward: Labels,
  toEnd: Labels,
  ends: Ends,
  count: number,
): number[][] {
  const { from, to } = ends;
  searchTreeBack(state, toEnd, to);
  const routes: number[][] = [];
  if (!toEnd.isReached(from)) return routes;
  const candidates = new Heap<Candidate>(comesBefore);
  let order = 0;
  const add = (bound: Bound | undefined, branch: Pick<Candidate, 'arcs' | 'spur' | 'banned'>) => {
    if (bound) candidates.add({ ...bound, ...branch, order: order++, isFound: false, place: -1 });
  };
  add({ cost: toEnd.costs[from]!, hops: toEnd.hops[from]! }, { arcs: [], spur: 0, banned: [] });
  while (routes.length < count) {
    const best = candidates.peek();
    if (best === undefined) break;
    candidates.remove(best);
    const { arcs, spur, banned } = best;
    if (!best.isFound) {
      const rest = searchSpur(state, forward, toEnd, ends, best);
      if (rest === undefined) continue;
      const found = arcs.slice(0, spur).concat(rest);
      candidates.add({
        ...best,
        arcs: found,
        cost: costOf(state, found),
        hops: found.length,
        isFound: true,
        place: -1,
      });
      continue;
    }
    routes.push([...arcs]);
    if (routes.length === count) break;
    const onTheWay = new Set([from]);
    for (let next = 0; next < spur; next++) onTheWay.add(state.network.arcHeads[arcs[next]!]!);
    let cost = costOf(state, arcs.slice(0, spur));
    for (let at = spur; at < arcs.length; at++) {
      const avoid = at === spur ? [...banned, arcs[at]!] : [arcs[at]!];
      const node = state.network.arcTails[arcs[at]!]!;
      add(boundFrom(state, toEnd, { node, cost, hops: at }, avoid, onTheWay), {
        arcs,
        spur: at,
        banned: avoid,
      });
      cost += state.arcCosts[arcs[at]!]!;
      onTheWay.add(state.network.arcHeads[arcs[at]!]!);
    }
  }
  return routes;
}

interface Bound {
  cost: number;
  hops: number;
}

/** No route that leaves `start` over another arc than `banned` is better; undefined where there is no such arc. */
function boundFrom(
  { network, arcCosts }: NetworkState,
  toEnd: Labels,
  start: Bound & { node: number },
  banned: readonly number[],
  onTheWay: ReadonlySet<number>,
): Bound | undefined {
  let bound: Bound | undefined;
  for (let arc = network.outStarts[start.node]!; arc < network.outStarts[start.node + 1]!; arc++) {
    const head = network.arcHeads[arc]!;
    if (arcCosts[arc] === Infinity || !toEnd.isReached(head) || banned.includes(arc) || onTheWay.has(head))
      continue;
    const cost = start.cost + arcCosts[arc]! + toEnd.costs[head]!;
    const hops = start.hops + 1 + toEnd.hops[head]!;
    if (bound === undefined || cost < bound.cost || (cost === bound.cost && hops < bound.hops))
      bound = { cost, hops };
  }
  return bound;
}

/** The cheapest way on to the end from where the candidate branches off, keeping off the nodes before. */
function searchSpur(
  { network, arcCosts }: NetworkState,
  labels: Labels,
  toEnd: Labels,
  { from, to }: Ends,
  { arcs, spur, banned }: Candidate,
): number[] | undefined {
  const { outStarts, arcHeads, arcTails } = network;
  const start = spur === 0 ? from : arcHeads[arcs[spur - 1]!]!;
  labels.begin();
  for (let at = 0; at < spur; at++) labels.ban(arcTails[arcs[at]!]!);
  labels.start(start);
  const { heap } = labels;
  while (heap.size > 0) {
    const node = heap.pop();
    if (node === to) break;
    const cost = labels.costs[node]!;
    const hops = labels.hops[node]! + 1;
    for (let arc = outStarts[node]!; arc < outStarts[node + 1]!; arc++) {
      const head = arcHeads[arc]!;
      if (!toEnd.isReached(head) || (node === start && banned.includes(arc))) continue;
      labels.offerTowards(head, cost + arcCosts[arc]!, hops, arc, toEnd);
    }
  }
  if (!labels.isReached(to)) return undefined;
  const rest: number[] = [];
  for (let arc = labels.arcs[to]!; arc >= 0; arc = labels.arcs[arcTails[arc]!]!) rest.push(arc);
  return rest.reverse();
}

const costOf = ({ arcCosts }: NetworkState, arcs: readonly number[]): number =>
  arcs.reduce((sum, arc) => sum + arcCosts[arc]!, 0);

function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.cost !== b.cost) return a.cost < b.cost;
  return a.hops === b.hops ? a.order < b.order : a.hops < b.hops;
}
