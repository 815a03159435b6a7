/**
 * Routes over static networks: how fast, beside graphology and ngraph in the same run, and repairs after
 * failures.
 */
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { collectGarbage, processorMs } from '../processor.ts';
import { median, quantiles, type Quantiles } from '../statistics.ts';
import type { NetworkOptions } from './network.ts';
import { type Engine, type Find, HOLDFAST, peers } from './static-engines.ts';
import { generate, type LargeNetwork, SHAPES } from './static-graphs.ts';
import { benchRepair, type RepairBench } from './static-repair.ts';

/** All in ms of processor time. */
export interface EngineTimes {
  name: string;
  /** Medians over rounds, of building the graph and of its first query. */
  buildMs: number;
  firstMs: number;
  /** Over queries of a built graph, each the median of its rounds. */
  warmMs: Quantiles & { queries: number };
}

export interface StaticSize {
  shape: string;
  nodes: number;
  links: number;
  engines: EngineTimes[];
  /** How many times longer the fastest peer takes: build and one query; a query of a built graph. */
  ratios?: { built: number; warm: number };
  /** Routes of peers that cost as much as ours, or more where a peer's search is not exact. */
  compared: { same: number; dearer: number };
}

export interface Target {
  what: string;
  targetMs?: number;
  /** Times faster than the fastest peer. */
  targetRatio?: number;
  measured: number;
  isMet: boolean;
}

export interface StaticBench {
  meetsTargets: boolean;
  targets: Target[];
  sizes: StaticSize[];
  repair: RepairBench[];
}

const SIZES = [
  { nodes: 10_000, links: 50_000 },
  { nodes: 100_000, links: 500_000 },
];
const P95_MS = 20;
const REPAIR_MS = 5;

/** `quick`: one round at the smaller size, to see that it runs. */
export async function benchStatic({ quick, say }: NetworkOptions): Promise<StaticBench> {
  const others = peers();
  if (others === undefined)
    say('graphology and ngraph are not there (npm ci in bench/peers): Holdfast alone');
  const sizes: StaticSize[] = [];
  const repair: RepairBench[] = [];
  const engines = [HOLDFAST, ...(others ?? [])];
  // So that all are compiled before they are measured.
  for (const shape of SHAPES) measure(generate(shape, 2000, 10_000, new SeededRandom(1)), engines, QUICK);
  for (const { nodes, links } of quick ? SIZES.slice(0, 1) : SIZES)
    for (const shape of SHAPES) {
      const network = generate(shape, nodes, links, new SeededRandom(nodes));
      const size = measure(network, engines, quick ? QUICK : EFFORT);
      sizes.push(size);
      say(sizeLine(size));
      if (nodes > SIZES[0]!.nodes) continue;
      const repaired = benchRepair(network, quick ? 50 : 1000, new SeededRandom(7));
      repair.push(repaired);
      say(repairLine(repaired));
    }
  const targets = targetsOf(sizes, repair);
  for (const { what, targetMs, targetRatio, measured, isMet } of targets)
    say(
      `${isMet ? 'met' : 'MISSED'}: ${what}: ${figure(measured)} (${targetMs ? `≤ ${targetMs} ms` : `> ${targetRatio}`})`,
    );
  return { meetsTargets: targets.every(({ isMet }) => isMet), targets, sizes, repair };
}

interface Effort {
  rounds: number;
  queries: number;
  /** Peers that take long answer fewer queries, all of them the same first ones. */
  peersMs: number;
}

const EFFORT: Effort = { rounds: 3, queries: 300, peersMs: 1500 };
const QUICK: Effort = { rounds: 1, queries: 50, peersMs: 500 };

type Query = readonly [from: string, to: string];

/** Builds, asks and forgets one engine after another, so that each has the memory to itself. */
function measure(network: LargeNetwork, engines: readonly Engine[], effort: Effort): StaticSize {
  const random = new SeededRandom(3);
  const pick = () => random.pick(network.nodes);
  const queries = Array.from({ length: effort.queries }, (): Query => [pick(), pick()]);
  const costOf = costs(network);
  const measured = engines.flatMap((engine, place) =>
    measureEngine(engine, network, queries, place === 0 ? { ...effort, peersMs: Infinity } : effort),
  );
  const [ours, ...others] = measured.map(({ routes }) =>
    routes.map((route, query) => costOf(queries[query]!, route)),
  );
  const compared = { same: 0, dearer: 0 };
  for (const [query, cost] of others.flatMap((found) => [...found.entries()])) {
    const our = ours![query]!;
    if (cost < our * (1 - 1e-9)) throw new Error(`a peer found a route of ${cost}, ours costs ${our}`);
    if (cost === our || cost <= our * (1 + 1e-9)) compared.same++;
    else compared.dearer++;
  }
  const { shape, nodes, links } = network;
  const times = measured.map((one) => one.times);
  const size: StaticSize = { shape, nodes: nodes.length, links: links.length, engines: times, compared };
  const [mine, ...theirs] = times;
  if (theirs.length > 0)
    size.ratios = {
      built: Math.min(...theirs.map(builtMs)) / builtMs(mine!),
      warm: Math.min(...theirs.map(({ warmMs }) => warmMs.p50)) / mine!.warmMs.p50,
    };
  return size;
}

interface Measured {
  times: EngineTimes;
  /** In the order of the queries. */
  routes: (readonly string[])[];
}

function measureEngine(
  { searches, build }: Engine,
  network: LargeNetwork,
  queries: readonly Query[],
  { rounds, peersMs }: Effort,
): Measured[] {
  const builds: number[] = [];
  const perSearch = searches.map((name) => ({
    name,
    firsts: [] as number[],
    taken: [] as number[][],
    routes: [] as (readonly string[])[],
  }));
  for (let round = 0; round < rounds; round++) {
    collectGarbage();
    let finds: Find[] = [];
    builds.push(processorMs(() => (finds = build(network))));
    perSearch.forEach(({ firsts, taken, routes }, place) => {
      const find = finds[place]!;
      firsts.push(processorMs(() => find(...queries[round]!)));
      let spentMs = 0;
      for (let query = 0; query < queries.length && spentMs < peersMs; query++) {
        const ms = processorMs(() => (routes[query] = find(...queries[query]!)));
        (taken[query] ??= []).push(ms);
        spentMs += ms;
      }
    });
  }
  return perSearch.map(({ name, firsts, taken, routes }) => {
    const warm = taken.map(median);
    const warmMs = { ...quantiles(warm), queries: warm.length };
    return { routes, times: { name, buildMs: median(builds), firstMs: median(firsts), warmMs } };
  });
}

const builtMs = ({ buildMs, firstMs }: EngineTimes): number => buildMs + firstMs;

/** What a route costs, by the links and nothing else. */
function costs({ links }: LargeNetwork): (query: Query, route: readonly string[]) => number {
  const least = new Map<string, number>();
  for (const { from, to, cost } of links) {
    const key = `${from} ${to}`;
    least.set(key, Math.min(cost, least.get(key) ?? Infinity));
  }
  return ([from, to], route) => {
    if (from === to || route.length === 0) return from === to ? 0 : Infinity;
    if (route[0] !== from || route.at(-1) !== to) throw new Error(`not a route from ${from} to ${to}`);
    return route.slice(1).reduce((sum, node, place) => sum + least.get(`${route[place]} ${node}`)!, 0);
  };
}

function targetsOf(sizes: readonly StaticSize[], repair: readonly RepairBench[]): Target[] {
  const targets: Target[] = [];
  const atMost = (what: string, targetMs: number, measured: number) =>
    targets.push({ what, targetMs, measured, isMet: measured <= targetMs });
  const faster = (what: string, measured: number) =>
    targets.push({ what, targetRatio: 1, measured, isMet: measured > 1 });
  for (const { shape, nodes, links, engines, ratios } of sizes) {
    const where = `${shape} ${nodes}/${links}`;
    if (nodes > SIZES[0]!.nodes) atMost(`${where}: p95 of a query, ms`, P95_MS, engines[0]!.warmMs.p95);
    if (ratios) {
      faster(`${where}: built for one query, times faster than the best peer`, ratios.built);
      faster(`${where}: a query, times faster than the best peer`, ratios.warm);
    }
  }
  for (const { shape, nodes, links, repairMs } of repair)
    for (const [what, { p50 }] of Object.entries(repairMs))
      atMost(`${shape} ${nodes}/${links}: repair when a ${what}, median ms`, REPAIR_MS, p50);
  return targets;
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

function sizeLine({ shape, nodes, links, engines, ratios, compared }: StaticSize): string {
  const each = engines.map(
    (engine) =>
      `${engine.name} ${figure(engine.buildMs)} + ${figure(engine.firstMs)}, then ${figure(engine.warmMs.p50)} (p95 ${figure(engine.warmMs.p95)}) ms`,
  );
  const times = ratios ? `; ×${figure(ratios.built)} built, ×${figure(ratios.warm)} warm` : '';
  return `${shape} ${nodes}/${links}: ${each.join('; ')}${times}; peers' routes: ${compared.same} cost the same, ${compared.dearer} more`;
}

function repairLine({ shape, repairMs, anewMs, comparedTrees }: RepairBench): string {
  const each = Object.entries(repairMs).map(
    ([what, { p50, p95, most }]) => `${what} ${figure(p50)} (p95 ${figure(p95)}, most ${figure(most)})`,
  );
  return `${shape}: repair ms: ${each.join('; ')}; anew ${figure(anewMs)}; ${comparedTrees} trees compared`;
}
