/** A network's traffic, planned with exact booking and replayed, beside what contact-graph routing was published to do. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bookings, createBookings } from '../../core/contact-plan/bookings.ts';
import { type ContactPlan, compilePlan } from '../../core/contact-plan/compile.ts';
import { parsePlan } from '../../core/contact-plan/plan.ts';
import type { Conditions } from '../../core/routing/conditions.ts';
import { createRouter } from '../../core/routing/router.ts';
import { NetworkPlanner, type PlannedBundle } from '../../core/satellite/network-planner.ts';
import { type Itinerary, type Replayed, replay } from '../../core/simulator/replay.ts';
import { NETWORK_DATA } from './contact-references.ts';
import { bundlesOf, departuresOf, type Load, type Published, readPublished, readTraffic } from './dtnsim.ts';
import type { NetworkOptions } from './network.ts';

export interface Scenario {
  plan: ContactPlan;
  /** Sender → destination. */
  destinations: Map<string, string>;
  endMs: number;
  published: Published[];
}

/** Undefined where the reference data isn't there. */
export function readDelta(folder = NETWORK_DATA): Scenario | undefined {
  const file = (name: string) => join(folder, `dtnsim2023-${name}`);
  if (!existsSync(file('Delta.txt'))) return undefined;
  const text = (name: string) => readFileSync(file(name), 'utf8');
  const { contacts, nodes } = parsePlan(text('Delta.txt'), 'Delta.txt');
  const published = readPublished(text('published.json')).filter(({ plan }) => plan === 'Delta');
  return { plan: compilePlan(contacts, nodes), ...readTraffic(text('Delta.ini')), published };
}

export interface Delivered {
  delivered: number;
  meanDelaySeconds: number;
}

/**
 * `first-bit` counts as the published simulator does (see `departuresOf`); `last-bit` counts what transmission takes
 * at each hop, so that it is what a real network would do, and can't be held against figures that leave it out.
 */
export function runLoad(scenario: Scenario, load: Load, arrival: 'first-bit' | 'last-bit'): Delivered {
  const { plan, destinations, endMs } = scenario;
  const bundles = bundlesOf(load, destinations);
  const planned =
    arrival === 'first-bit'
      ? routesOf(departuresOf(plan, load.sizeBytes), bundles, 0)
      : routesOf({ plan, bookings: createBookings(plan) }, bundles, load.sizeBytes);
  const { arrivalMs, meanDelayMs } = replayed(plan, bundles, planned, arrival, endMs);
  return { delivered: arrivalMs.size, meanDelaySeconds: meanDelayMs / 1000 };
}

type Hops = { contact: number; departMs: number }[];

function routesOf(
  on: { plan: ContactPlan; bookings: Bookings; conditions?: Conditions },
  bundles: readonly PlannedBundle[],
  sizeBytes: number,
): Map<string, Hops> {
  const planner = new NetworkPlanner({ router: createRouter(on.plan, on), bookings: on.bookings });
  return new Map(
    bundles.flatMap((bundle) => {
      // All is planned before anything leaves.
      const { route } = planner.submit({ ...bundle, sizeBytes }, -1);
      return route ? [[bundle.id, route.hops] as const] : [];
    }),
  );
}

function replayed(
  plan: ContactPlan,
  bundles: readonly PlannedBundle[],
  routes: Map<string, Hops>,
  arrival: 'first-bit' | 'last-bit',
  endMs: number,
): Replayed {
  const orders = plan.contacts.map((): { id: string; departMs: number }[] => []);
  const itineraries: Itinerary[] = [];
  for (const bundle of bundles) {
    const hops = routes.get(bundle.id);
    if (!hops) continue;
    for (const { contact, departMs } of hops) orders[contact]!.push({ id: bundle.id, departMs });
    itineraries.push({ ...bundle, contacts: hops.map(({ contact }) => contact) });
  }
  const ids = orders.map((order) => order.sort((a, b) => a.departMs - b.departMs).map(({ id }) => id));
  return replay(plan.contacts, itineraries, { orderOf: (contact) => ids[contact]!, arrival, endMs });
}

export interface DeltaRow extends Load {
  published: Delivered;
  /** Counted as published. */
  measured: Delivered;
  /** What transmission takes counted as well. */
  storedAndForwarded: Delivered;
  isReached: boolean;
}

export interface DeltaResult {
  target: string;
  assumptions: string[];
  rows: DeltaRow[];
  isReached: boolean;
}

const ASSUMPTIONS = [
  'each of the senders makes its first bundle at 0 s and then one an interval, to its destination in the .ini',
  'rates are bytes a second, no contact has a delay, the contacts of a node work side by side, 86,400 s are simulated',
  'measured: a bundle arrives when its transmission begins, as dtnsim counts; storedAndForwarded: when it ends',
  'the traffic is known when it is planned, in the order in which it is made; a later bundle displaces none',
];

export async function benchDelta({ quick, say }: NetworkOptions): Promise<DeltaResult | { skipped: string }> {
  const scenario = readDelta();
  if (!scenario) return { skipped: `the reference data (${NETWORK_DATA}) is not there` };
  const loads = scenario.published.filter(({ sent }) => !quick || sent <= 1000);
  const rows = loads.map(({ sizeBytes, perNode, intervalSeconds, delivered, meanDelaySeconds }) => {
    const load = { sizeBytes, perNode, intervalSeconds };
    const measured = runLoad(scenario, load, 'first-bit');
    const isReached = measured.delivered >= delivered && measured.meanDelaySeconds <= meanDelaySeconds;
    say(
      `delta ${sizeBytes} B, ${perNode} a node every ${intervalSeconds} s: ${measured.delivered} delivered (${delivered} published) after ${measured.meanDelaySeconds.toFixed(2)} s (${meanDelaySeconds.toFixed(2)})`,
    );
    const storedAndForwarded = runLoad(scenario, load, 'last-bit');
    return { ...load, published: { delivered, meanDelaySeconds }, measured, storedAndForwarded, isReached };
  });
  return {
    target: 'delivered at least, mean delay at most what is published',
    assumptions: ASSUMPTIONS,
    rows,
    isReached: rows.every((row) => row.isReached),
  };
}
