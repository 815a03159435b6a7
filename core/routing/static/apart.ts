import { Heap, type Heaped } from '../../heap.ts';
import type { Exclusion } from './link.ts';
import type { NetworkState } from './state.ts';

/** What the two routes of a pair don't share, besides links. */
export interface Apartness {
  /** Nodes between their ends. */
  nodes: boolean;
  riskGroups: boolean;
}

/** A route and what it has to keep off. */
interface Side {
  arcs: readonly number[];
  cost: number;
  without: Required<Exclusion>;
}

interface Option extends Heaped {
  cost: number;
  order: number;
  sides: readonly [Side, Side];
  clash: Exclusion | undefined;
}

export interface ApartSearch {
  /** The cheapest route without these, as arcs. */
  search: (without: Exclusion) => number[] | undefined;
  searchesMax: number;
}

export interface ApartRoutes {
  pair: readonly [readonly number[], readonly number[]] | undefined;
  /** No pair costs less, or there is none; false where the searches ran out. */
  isExhaustive: boolean;
}

const NOTHING: Required<Exclusion> = { nodes: [], links: [], riskGroups: [] };

/**
 * Two routes that are apart and together cost the least. With risk groups that is NP-hard (Hu 2003), hence a
 * search among options: first the cheapest route twice; where the two of the cheapest option clash, one of
 * them has to keep off what they clash over, which makes two options (conflict-based search, Sharon et al.
 * 2015). No pair is lost on the way and costs only grow, so that the first option without a clash is the best.
 */
export function findApartRoutes(
  state: NetworkState,
  apart: Apartness,
  { search, searchesMax }: ApartSearch,
): ApartRoutes {
  const options = new Heap<Option>((a, b) => a.cost < b.cost || (a.cost === b.cost && a.order < b.order));
  let order = 0;
  let best: Option | undefined;
  const add = (sides: readonly [Side, Side]) => {
    const cost = sides[0].cost + sides[1].cost;
    const option: Option = {
      cost,
      order: order++,
      sides,
      clash: clashOf(state, apart, [sides[0].arcs, sides[1].arcs]),
      place: -1,
    };
    if (option.clash === undefined && (best === undefined || cost < best.cost)) best = option;
    options.add(option);
  };
  const side = (without: Required<Exclusion>): Side | undefined => {
    const arcs = search(without);
    return arcs && { arcs, without, cost: arcs.reduce((sum, arc) => sum + state.arcCosts[arc]!, 0) };
  };
  const cheapest = side(NOTHING);
  if (cheapest) add([cheapest, cheapest]);
  for (let searches = 1; options.size > 0; ) {
    const option = options.peek()!;
    options.remove(option);
    if (option === best) break;
    const [first, second] = option.sides;
    if (searches + 2 > searchesMax) return { pair: pairOf(best), isExhaustive: false };
    const firstAway = side(both(first.without, option.clash!));
    if (firstAway) add([firstAway, second]);
    searches++;
    // Twice the same: which of the two keeps off makes no difference.
    if (first === second) continue;
    const secondAway = side(both(second.without, option.clash!));
    if (secondAway) add([first, secondAway]);
    searches++;
  }
  return { pair: pairOf(best), isExhaustive: true };
}

const pairOf = (option: Option | undefined): ApartRoutes['pair'] =>
  option && [option.sides[0].arcs, option.sides[1].arcs];

const both = (a: Required<Exclusion>, b: Exclusion): Required<Exclusion> => ({
  nodes: [...a.nodes, ...(b.nodes ?? [])],
  links: [...a.links, ...(b.links ?? [])],
  riskGroups: [...a.riskGroups, ...(b.riskGroups ?? [])],
});

/** One thing that the two routes share and must not. */
export function clashOf(
  { network }: NetworkState,
  apart: Apartness,
  [first, second]: readonly [readonly number[], readonly number[]],
): Exclusion | undefined {
  const links = new Set(first.map((arc) => network.arcLinks[arc]!));
  if (apart.riskGroups) {
    const risks = new Set([...links].flatMap((link) => network.link(link).riskGroups ?? []));
    for (const arc of second)
      for (const risk of network.link(network.arcLinks[arc]!).riskGroups ?? [])
        if (risks.has(risk)) return { riskGroups: [risk] };
  }
  for (const arc of second) {
    const link = network.arcLinks[arc]!;
    if (links.has(link)) return { links: [link] };
  }
  if (!apart.nodes) return undefined;
  const between = new Set(first.slice(1).map((arc) => network.arcTails[arc]!));
  for (const arc of second.slice(1)) {
    const node = network.arcTails[arc]!;
    if (between.has(node)) return { nodes: [network.nodeId(node)] };
  }
  return undefined;
}
