/** A network's traffic, planned with exact booking and replayed, beside what contact-graph routing was published to do. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bookings, createBookings } from '../../core/contact-plan/bookings.ts';
import { type ContactPlan, compilePlan } from '../../core/contact-plan/compile.ts';
import { parsePlan } from '../../core/contact-plan/plan.ts';
import type { Conditions } from '../../core/routing/conditions.ts';
import { createRouter } from '../../core/routing/router.ts';
import { type Itinerary, type Replayed, replay } from '../../core/simulator/replay.ts';
import { NETWORK_DATA } from './contact-references.ts';
import {
  bundlesOf,
  departuresOf,
  type Load,
  type PlannedBundle,
  type Published,
  readPublished,
  readTraffic,
} from './dtnsim.ts';
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
  const { bookings } = on;
  const router = createRouter(on.plan, on);
  const routes = new Map<string, Hops>();
  // All is planned before anything leaves.
  for (const { id, from, to, readyMs: atMs, precedence } of bundles) {
    const route = router.route({ from, to, atMs, sizeBytes, precedence });
    if (route === undefined) continue;
    bookings.book({ id, precedence, transmissions: route.hops });
    routes.set(id, route.hops);
  }
  return routes;
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
  /** By dtnsim's clock, as published: what the target is held to. */
  measured: Delivered;
  /** By a clock that counts what transmission takes at each hop as well, which the published figures leave out. */
  withTransmission: Delivered;
  isReached: boolean;
}

export interface DeltaResult {
  target: string;
  assumptions: string[];
  rows: DeltaRow[];
  loads: number;
  reached: number;
  /** Loads at which even delays that count transmission are no longer than those published, which don't. */
  reachedWithTransmission: number;
  meetsTargets: boolean;
}

const ASSUMPTIONS = [
  'each of the senders makes its first bundle at 0 s and then one an interval, to its destination in the .ini',
  'rates are bytes a second, no contact has a delay, the contacts of a node work side by side, 86,400 s are simulated',
  'the published delays leave out what transmission takes: dtnsim hands a bundle to the next node, whole, when it begins to send it (Com.cc: sendDirect with a duration of 0), keeps the contact busy for that time (Dtn.cc), and counts from creation to that moment (App.cc)',
  'measured: by that clock, the only one that the published figures compare with; withTransmission: a bundle arrives, and goes on, when its last bit is there',
  'the traffic is known when it is planned, in the order in which it is made; a later bundle displaces none',
];

const isAsGood = (our: Delivered, published: Delivered): boolean =>
  our.delivered >= published.delivered && our.meanDelaySeconds <= published.meanDelaySeconds;

export async function benchDelta({ quick, say }: NetworkOptions): Promise<DeltaResult | { skipped: string }> {
  const scenario = readDelta();
  if (!scenario) return { skipped: `the reference data (${NETWORK_DATA}) is not there` };
  const loads = scenario.published.filter(({ sent }) => !quick || sent <= 1000);
  const rows = loads.map(({ sizeBytes, perNode, intervalSeconds, delivered, meanDelaySeconds }): DeltaRow => {
    const load = { sizeBytes, perNode, intervalSeconds };
    const published = { delivered, meanDelaySeconds };
    const measured = runLoad(scenario, load, 'first-bit');
    const withTransmission = runLoad(scenario, load, 'last-bit');
    const row = { ...load, published, measured, withTransmission, isReached: isAsGood(measured, published) };
    say(rowLine(row));
    return row;
  });
  const reached = rows.filter(({ isReached }) => isReached).length;
  const reachedWithTransmission = rows.filter((row) => isAsGood(row.withTransmission, row.published)).length;
  const meetsTargets = reached === rows.length;
  say(
    `${meetsTargets ? 'met' : 'MISSED'}: delta: ${reached} of ${rows.length} loads as published at least, by dtnsim's clock, which leaves transmission out; ${reachedWithTransmission} even with it counted for us alone`,
  );
  return {
    target: "delivered at least, mean delay at most what is published, by the published simulator's clock",
    assumptions: ASSUMPTIONS,
    rows,
    loads: rows.length,
    reached,
    reachedWithTransmission,
    meetsTargets,
  };
}

function rowLine({
  sizeBytes,
  perNode,
  intervalSeconds,
  published,
  measured,
  withTransmission,
}: DeltaRow): string {
  const shown = ({ delivered, meanDelaySeconds }: Delivered) =>
    `${delivered} delivered after ${meanDelaySeconds.toFixed(3)} s`;
  return `delta ${sizeBytes} B, ${perNode} a node every ${intervalSeconds} s: ${shown(measured)} (published: ${shown(published)}); with transmission counted: ${shown(withTransmission)}`;
}
