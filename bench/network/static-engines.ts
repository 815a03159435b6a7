/** Searches for cheapest routes: ours, and those of graphology and ngraph, which are installed for benches alone. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileNetwork } from '../../core/routing/static/network.ts';
import { createStaticRouter } from '../../core/routing/static/router.ts';
import { createNetworkState } from '../../core/routing/static/state.ts';
import type { LargeNetwork } from './static-graphs.ts';

/** The nodes of a cheapest route from one to another. */
export type Find = (from: string, to: string) => readonly string[];

export interface Engine {
  name: string;
  /** Builds its graph; asked for what `searches` names, it answers. */
  build: (network: LargeNetwork) => Find;
}

export const HOLDFAST: Engine = {
  name: 'Holdfast, bidirectional Dijkstra',
  build({ links, nodes }) {
    const router = createStaticRouter(createNetworkState(compileNetwork(links, nodes)));
    return (from, to) => router.route({ from, to })?.nodes ?? [];
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
    const ngraph = load('ngraph.graph') as (() => Ngraph) | { default: () => Ngraph };
    createGraph = typeof ngraph === 'function' ? ngraph : ngraph.default;
    path = load('ngraph.path') as typeof path;
    ({ MultiDirectedGraph } = load('graphology') as { MultiDirectedGraph: new () => Graphology });
    shortest = load('graphology-shortest-path') as typeof shortest;
  } catch {
    return undefined;
  }
  const ngraph = (name: string, search: NgraphSearch): Engine => ({
    name,
    build({ nodes, links, boundBetween }) {
      const graph = createGraph();
      for (const node of nodes) graph.addNode(node);
      for (const { from, to, cost } of links) graph.addLink(from, to, cost);
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
    },
  });
  const graphology = (name: string, search: Bidirectional, isLed: boolean): Engine => ({
    name,
    build({ nodes, links, boundBetween }) {
      const graph = new MultiDirectedGraph();
      for (const node of nodes) graph.addNode(node);
      for (const { from, to, cost } of links) graph.addEdge(from, to, { weight: cost });
      return (from, to) => search(graph, from, to, 'weight', isLed ? boundBetween : undefined) ?? [];
    },
  });
  return [
    ngraph('ngraph.path A*', path.aStar),
    ngraph('ngraph.path NBA*', path.nba),
    graphology('graphology bidirectional Dijkstra', shortest.dijkstra.bidirectional, false),
    graphology('graphology A*', shortest.astar.bidirectional, true),
  ];
}
