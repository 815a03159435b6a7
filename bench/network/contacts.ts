/** Routes over contact plans: right by published answers, and how fast, beside a plain search in the same run. */
import { compilePlan, type ContactPlan } from '../../core/contact-plan/compile.ts';
import { createRouter } from '../../core/routing/router.ts';
import { createNaive } from './contact-naive.ts';
import { quantile, round } from '../statistics.ts';
import { type Asked, askAround, leoDay } from './contact-plans.ts';
import { asabrAnswers, hasReferences, hdtnAnswers, readPlan } from './contact-references.ts';
import type { NetworkOptions } from './network.ts';

interface Target {
  what: string;
  target: number;
  measured: number;
  isMet: boolean;
}

interface Speed {
  plan: string;
  contacts: number;
  nodes: number;
  queries: number;
  compileMs: number;
  /** Over queries, each at its fastest of all rounds. */
  route: { medianUs: number; p95Us: number };
  tree: { medianUs: number; p95Us: number };
  /** The plain search's medians, and how many times longer they are. */
  naive: { routeUs: number; treeUs: number; routeRatio: number; treeRatio: number };
}

export interface ContactsBench {
  meetsTargets: boolean;
  targets: Target[];
  /** Why something isn't here. */
  skipped: string[];
  speeds: Speed[];
}

/** `quick`: one round, to see that it runs. */
export async function benchContacts({ quick, say }: NetworkOptions): Promise<ContactsBench> {
  const rounds = quick ? 1 : 30;
  const targets: Target[] = [tieBreaks()];
  const speeds: Speed[] = [];
  const skipped: string[] = [];
  if (hasReferences) {
    const { plan, queries, right } = asabr();
    targets.push(right, ...hdtn());
    say("routes over A-SABR's sample of 16,138 contacts");
    const speed = measure('asabr-sample1', plan, queries, rounds);
    speeds.push(speed);
    targets.push(atMost('16k contacts: µs a route', 25, speed.route.medianUs));
    targets.push(atMost('16k contacts: µs a tree', 200, speed.tree.medianUs));
  } else {
    skipped.push('published plans: the reference data (../shared/data/network) is not there');
  }
  say('routes over 84,000 contacts of a LEO ring');
  const day = leoDay(150, 70, 4);
  const speed = measure('leo-day', day, askAround(day, quick ? 20 : 200), Math.ceil(rounds / 3));
  speeds.push(speed);
  targets.push(atMost('84k contacts: ms a route', 3, speed.route.medianUs / 1000));
  targets.push(atMost('84k contacts: ms a tree', 3, speed.tree.medianUs / 1000));
  for (const { plan, naive } of speeds) {
    targets.push(atLeast(`${plan}: times faster than the plain search, a route`, 1, naive.routeRatio));
    targets.push(atLeast(`${plan}: times faster than the plain search, a tree`, 1, naive.treeRatio));
  }
  return { meetsTargets: targets.every(({ isMet }) => isMet), targets, skipped, speeds };
}

const atMost = (what: string, target: number, measured: number): Target => ({
  what,
  target,
  measured: round(measured),
  isMet: measured <= target,
});
const atLeast = (what: string, target: number, measured: number): Target => ({
  ...atMost(what, target, measured),
  isMet: measured >= target,
});

/** The two cases of A-SABR's dijkstra_accuracy: 2 hops at 30 s, and 3 hops at 50 s. */
function tieBreaks(): Target {
  const contact = (from: string, to: string, start: number, end: number) => {
    const [startMs, endMs] = [start * 1000, end * 1000];
    return { from, to, startMs, endMs, rateBitsPerSecond: 1, delayMs: 0 };
  };
  const start = [contact('0', '1', 0, 10), contact('0', '2', 25, 35), contact('1', '2', 10, 20)];
  const cases = [
    { contacts: [...start, contact('2', '3', 30, 40)], to: '3', hops: 2, arrivalMs: 30_000 },
    {
      contacts: [...start, contact('2', '3', 20, 40), contact('3', '4', 50, 60)],
      to: '4',
      hops: 3,
      arrivalMs: 50_000,
    },
  ];
  const right = cases.filter(({ contacts, to, hops, arrivalMs }) => {
    const route = createRouter(compilePlan(contacts)).route({ from: '0', to, atMs: 0 });
    return route?.hops.length === hops && route.arrivalMs === arrivalMs;
  });
  return atLeast('tie-break cases right', cases.length, right.length);
}

function asabr(): { plan: ContactPlan; queries: Asked[]; right: Target } {
  const plan = readPlan('asabr-sample1.json');
  const router = createRouter(plan);
  const recorded = asabrAnswers();
  const right = recorded.filter(({ query, arrivalMs }) => {
    const found = router.route(query)?.arrivalMs;
    return arrivalMs === undefined ? found === undefined : Math.abs((found ?? NaN) - arrivalMs) < 1e-3;
  });
  const queries = recorded.map(({ query }) => query);
  return { plan, queries, right: atLeast("A-SABR's answers", queries.length, right.length) };
}

function hdtn(): Target[] {
  const recorded = hdtnAnswers();
  let [right, alternatives, sought] = [0, 0, 0];
  for (const { plan, query, arrivalMs, nextHop, alternatives: best = [] } of recorded) {
    const router = createRouter(readPlan(plan));
    const route = router.route(query);
    if (route?.arrivalMs === arrivalMs && route?.hops[0]?.to === nextHop) right += 1;
    sought += best.length;
    const found = router.alternatives(query);
    for (const next of best) if (found.next().value?.arrivalMs === next.arrivalMs) alternatives += 1;
  }
  return [
    atLeast("HDTN's queries", recorded.length, right),
    atLeast("HDTN's Yen times", sought, alternatives),
  ];
}

function measure(name: string, plan: ContactPlan, queries: readonly Asked[], rounds: number): Speed {
  const compileMs = timesOf([plan], 1, ({ contacts, nodes }) => compilePlan(contacts, nodes)).medianUs / 1000;
  const router = createRouter(plan);
  const plain = createNaive(plan.contacts);
  const route = timesOf(queries, rounds, (query) => router.route(query));
  const tree = timesOf(queries, rounds, (query) => router.tree(query));
  // It takes long enough to need no more.
  const few = queries.slice(0, 60);
  const routeUs = timesOf(few, 3, plain).medianUs;
  const treeUs = timesOf(few, 3, ({ from, atMs, sizeBytes }) => plain({ from, atMs, sizeBytes })).medianUs;
  return {
    plan: name,
    contacts: plan.contacts.length,
    nodes: plan.nodes.length,
    queries: queries.length,
    compileMs: round(compileMs),
    route,
    tree,
    naive: {
      routeUs,
      treeUs,
      routeRatio: round(routeUs / route.medianUs),
      treeRatio: round(treeUs / tree.medianUs),
    },
  };
}

/**
 * Of each item the fastest of all rounds, which is what it takes where nothing else runs; then the median over items, and
 * what 95 of 100 stay below. As many rounds go before, to warm up.
 */
function timesOf<Item>(items: readonly Item[], rounds: number, run: (item: Item) => unknown) {
  for (let round = 0; round < rounds; round += 1) for (const item of items) run(item);
  const fastest = new Float64Array(items.length).fill(Infinity);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, item] of items.entries()) {
      const start = performance.now();
      run(item);
      fastest[index] = Math.min(fastest[index]!, (performance.now() - start) * 1000);
    }
  return { medianUs: round(quantile(fastest, 0.5)), p95Us: round(quantile(fastest, 0.95)) };
}
