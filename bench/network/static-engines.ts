/**
 * Searches for cheapest routes: ours, and those of graphology and ngraph, which are installed for benches
 * alone.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileNetwork } from '../../core/routing/static/network.ts';
import { createStaticRouter } from '../../core/routing/static/router.ts';
import { createNetworkState } from '../../core/routing/static/state.ts';
import type { LargeNetwork } from './static-graphs.ts';

/** The nodes of a cheapest route from one to another. */
export type Find = (from: string, to: string) => readonly string[];

export interface Engine {
  /** The names of its searches. */
  searches: readonly string[];
  /** Builds its graph, for all of its searches, in their order. */
  build: (network: LargeNetwork) => Find[];
}

export const HOLDFAST: Engine = {
  searches: ['Holdfast, from both ends, led by landmarks'],
  build({ links, nodes }) {
    const router = createStaticRouter(createNetworkState(compileNetwork(links, nodes)));
    return [(from, to) => router.route({ from, to })?.nodes ?? []];
  },
};

interface NgraphNode {
  id: string;
}
interface Ngraph {
  addNode(id: string): void;
  addLink(from: string, to: string, data: number): void;
}
type NgraphSearch = (
  graph: Ngraph,
  options: {
    oriented: true;
    distance: (from: NgraphNode, to: NgraphNode, link: { data: number }) => number;
    heuristic: (from: NgraphNode, to: NgraphNode) => number;
  },
) => { find(from: string, to: string): NgraphNode[] };

interface Graphology {
  addNode(id: string): void;
  addEdge(from: string, to: string, attributes: { weight: number }): void;
}
type Bidirectional = (
  graph: Graphology,
  from: string,
  to: string,
  weight: 'weight',
  heuristic?: (node: string, target: string) => number,
) => string[] | null;

/** Undefined where they are not installed. */
export function peers(): Engine[] | undefined {
  const load = createRequire(fileURLToPath(new URL('../peers/package.json', import.meta.url)));
  let createGraph: () => Ngraph;
  let path: { aStar: NgraphSearch; nba: NgraphSearch };
  let MultiDirectedGraph: new () => Graphology;
  let shortest: { dijkstra: { bidirectional: Bidirectional }; astar: { bidirectional: Bidirectional } };
  try {
    createGraph = load('ngraph.graph') as typeof createGraph;
    path = load('ngraph.path') as typeof path;
    ({ MultiDirectedGraph } = load('graphology') as { MultiDirectedGraph: new () => Graphology });
    shortest = load('graphology-shortest-path') as typeof shortest;
  } catch {
    return undefined;
  }
  const ngraph: Engine = {
    searches: ['ngraph.path A*', 'ngraph.path NBA*'],
    build({ nodes, links, boundBetween }) {
      const graph = createGraph();
      for (const node of nodes) graph.addNode(node);
      for (const { from, to, cost } of links) graph.addLink(from, to, cost);
      return [path.aStar, path.nba].map((search) => {
        const finder = search(graph, {
          oriented: true,
          distance: (_from, _to, link) => link.data,
          heuristic: (from, to) => boundBetween(from.id, to.id),
        });
        return (from, to) =>
          finder
            .find(from, to)
            .map(({ id }) => id)
            .reverse();
      });
    },
  };
  const graphology: Engine = {
    searches: ['graphology bidirectional Dijkstra', 'graphology A*'],
    build({ nodes, links, boundBetween }) {
      const graph = new MultiDirectedGraph();
      for (const node of nodes) graph.addNode(node);
      for (const { from, to, cost } of links) graph.addEdge(from, to, { weight: cost });
      const { dijkstra, astar } = shortest;
      return [
        (from, to) => dijkstra.bidirectional(graph, from, to, 'weight') ?? [],
        (from, to) => astar.bidirectional(graph, from, to, 'weight', boundBetween) ?? [],
      ];
    },
  };
  return [ngraph, graphology];
}
