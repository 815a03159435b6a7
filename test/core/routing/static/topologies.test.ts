/** Every single failure of a node or link in recorded topologies, held to networkx. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileNetwork } from '../../../../core/routing/static/network.ts';
import { createStaticRouter, type StaticRouter } from '../../../../core/routing/static/router.ts';
import {
  createNetworkState,
  type NetworkChange,
  type NetworkState,
} from '../../../../core/routing/static/state.ts';
import { parseTopology, type Topology } from '../../../../core/routing/static/topology.ts';
import { createRouteTree, type RouteTree } from '../../../../core/routing/static/tree.ts';

const FOLDER = join(import.meta.dirname, '../../../../../shared/data/topologies');
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => file.endsWith('.json')) : [];
/** Debian's, unless another python3 has it. */
const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import networkx']).status === 0,
);

interface NodeLink {
  nodes: { id: string | number }[];
  edges: { source: string | number; target: string | number; dist?: number }[];
}

type Failure = { node: string | number } | { link: number };

interface Case {
  failures: Failure[];
  /** Whose routes are looked at after each failure. */
  sources: (string | number)[][];
}

/** All nodes in small networks; else a neighbour of what fails and one other. */
function casesOf({ nodes, edges }: NodeLink): Case {
  const ids = nodes.map(({ id }) => id);
  const failures: Failure[] = [...ids.map((node) => ({ node })), ...edges.map((_, link) => ({ link }))];
  const sources = failures.map((failure, place) => {
    if (ids.length <= 40) return ids;
    const beside = edges.find((edge, link) =>
      'link' in failure
        ? link === failure.link
        : edge.source === failure.node || edge.target === failure.node,
    );
    const near =
      beside === undefined || ('node' in failure && beside.source === failure.node)
        ? beside?.target
        : beside.source;
    return [near ?? ids[0]!, ...(ids.length <= 200 ? [ids[(place * 7) % ids.length]!] : [])];
  });
  return { failures, sources };
}

function networkxCosts(
  file: string,
  cost: string | undefined,
  { failures, sources }: Case,
): (number | null)[][][] {
  const { stdout, stderr, status } = spawnSync(PYTHON!, [join(import.meta.dirname, 'failures.py')], {
    input: JSON.stringify({ file, cost, failures, sources }),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as (number | null)[][]);
}

const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const costName = ({ edges }: NodeLink) =>
  edges.every(({ dist }) => typeof dist === 'number') ? 'dist' : undefined;

function networkOf(file: string): { state: NetworkState; topology: Topology; given: NodeLink } {
  const given = JSON.parse(read(file)) as NodeLink;
  const topology = parseTopology(read(file), file, { cost: costName(given) });
  return { state: createNetworkState(compileNetwork(topology.links, topology.nodes)), topology, given };
}

const change = (failure: Failure, isDown: boolean): NetworkChange =>
  'node' in failure ? { node: String(failure.node), isDown } : { link: failure.link, isDown };

/**
 * What the tree and the search say after a failure: costs by node, routes without loops and without what
 * failed.
 */
function costsNow(
  router: StaticRouter,
  tree: RouteTree,
  { nodes }: Topology,
  failure: Failure,
  target: number,
) {
  const route = router.route({ from: tree.from, to: nodes[target]! });
  expect(route?.cost ?? Infinity).toBeCloseTo(tree.costTo(nodes[target]!), 6);
  return nodes.map((id) => {
    const way = tree.routeTo(id);
    if (way === undefined) return null;
    if (new Set(way.nodes).size !== way.nodes.length) throw new Error(`a loop: ${way.nodes.join()}`);
    if ('node' in failure ? way.nodes.includes(String(failure.node)) : way.links.includes(failure.link))
      throw new Error(`over what failed: ${way.nodes.join()}`);
    if (way.cost !== tree.costTo(id)) throw new Error(`${way.cost} is not ${tree.costTo(id)}`);
    return way.cost;
  });
}

describe.skipIf(FILES.length === 0)('recorded topologies (needs ../shared/data/topologies)', () => {
  it.each(FILES)('%s has a disjoint pair wherever no single failure between two nodes parts them', (file) => {
    const { state, topology } = networkOf(file);
    const router = createStaticRouter(state);
    for (let place = 0; place < 5; place++) {
      const [from, to] = [topology.nodes[place]!, topology.nodes.at(-1 - place)!];
      const first = from === to ? undefined : router.route({ from, to });
      if (first === undefined) continue;
      const survives = [
        ...first.nodes.slice(1, -1).map((node) => ({ nodes: [node] })),
        ...first.links.map((link) => ({ links: [link] })),
      ].every((exclude) => router.route({ from, to, exclude }) !== undefined);
      const { pair } = router.disjoint({ from, to });
      expect(pair !== undefined).toBe(survives);
      if (pair) expect(pair[0].nodes.slice(1, -1).filter((node) => pair[1].nodes.includes(node))).toEqual([]);
    }
  });

  it.skipIf(PYTHON === undefined).each(FILES)(
    '%s is rerouted around each failure iff connected, at the cost of networkx (needs python3-networkx)',
    (file) => {
      const { state, topology, given } = networkOf(file);
      const cases = casesOf(given);
      const expected = networkxCosts(join(FOLDER, file), costName(given), cases);
      const router = createStaticRouter(state);
      const trees = new Map<string, RouteTree>();
      let place = 0;
      for (const failure of cases.failures) {
        state.apply(change(failure, true));
        const found = cases.sources[place]!.map((source) => {
          const id = String(source);
          if (!trees.has(id)) trees.set(id, createRouteTree(state, id));
          return costsNow(router, trees.get(id)!, topology, failure, (place * 3) % topology.nodes.length);
        });
        expect(found).toEqual(expected[place]);
        state.apply(change(failure, false));
        place++;
      }
      expect(place).toBe(given.nodes.length + given.edges.length);
    },
    120_000,
  );
});
