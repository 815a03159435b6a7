/** Trees of routes, kept up while links and nodes fail, come back, degrade and change their cost. */
import { compileNetwork } from '../../core/routing/static/network.ts';
import { Labels, searchTree } from '../../core/routing/static/search.ts';
import { createNetworkState, type NetworkChange } from '../../core/routing/static/state.ts';
import { createRouteTree } from '../../core/routing/static/tree.ts';
import type { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { processorMs } from '../processor.ts';
import { median, quantiles, type Quantiles } from '../statistics.ts';
import type { LargeNetwork } from './static-graphs.ts';

export interface RepairBench {
  shape: string;
  nodes: number;
  links: number;
  /** From the change to a tree that is right, by what changed. */
  repairMs: Record<string, Quantiles>;
  /** Searching the tree anew, median. */
  anewMs: number;
  /** Costs of all nodes, after every fiftieth change, beside those of a tree searched anew. */
  comparedTrees: number;
}

/** Throws where a repaired tree differs from one searched anew. */
export function benchRepair(
  { shape, nodes, links }: LargeNetwork,
  changeCount: number,
  random: SeededRandom,
): RepairBench {
  const network = compileNetwork(links, nodes);
  const state = createNetworkState(network);
  const tree = createRouteTree(state, nodes[0]!);
  const repairMs = (...changes: NetworkChange[]) =>
    processorMs(() => {
      state.apply(...changes);
      tree.repair();
    });
  const times: Record<string, number[]> = {};
  const note = (what: string, ms: number) => (times[what] ??= []).push(ms);
  const labels = new Labels(network.nodeCount);
  const anew: number[] = [];
  let comparedTrees = 0;
  for (let change = 0; change < changeCount; change++) {
    // A link that no route takes costs nothing to lose, so those of the tree fail.
    const used = tree.routeTo(random.pick(nodes))?.links ?? [];
    const link = used.length > 0 ? random.pick(used) : 0;
    note('link fails', repairMs({ link, isDown: true }));
    note('link comes back', repairMs({ link, isDown: false }));
    note('link degrades', repairMs({ link, costFactor: random.between(1, 10) }));
    note(
      'link changes cost',
      repairMs({ link, costFactor: 1, cost: links[link]!.cost * random.between(0.5, 1.5) }),
    );
    const first = tree.firstLinkTo(random.pick(nodes.slice(1)));
    if (first !== undefined) {
      note('first link fails', repairMs({ link: first, isDown: true }));
      note('first link comes back', repairMs({ link: first, isDown: false }));
    }
    const node = random.pick(nodes.slice(1));
    note('node fails', repairMs({ node, isDown: true }));
    if (change % 50 === 0) {
      anew.push(processorMs(() => searchTree(state, labels, network.nodeOf(tree.from))));
      for (const id of nodes) {
        const place = network.nodeOf(id);
        const cost = labels.cost(place);
        if (cost !== tree.costTo(id)) throw new Error(`${id}: ${tree.costTo(id)} is not ${cost}`);
      }
      comparedTrees++;
    }
    note('node comes back', repairMs({ node, isDown: false }));
  }
  return {
    shape,
    nodes: nodes.length,
    links: links.length,
    repairMs: Object.fromEntries(Object.entries(times).map(([what, ms]) => [what, quantiles(ms)])),
    anewMs: median(anew),
    comparedTrees,
  };
}
