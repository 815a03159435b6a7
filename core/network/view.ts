/** Answers questions about the network as it is registered and measured. */
import { type Bookings, createBookings } from '../contact-plan/bookings.ts';
import { InvalidInput, NotFound } from '../errors.ts';
import type { Channel } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { MeasuredLink, NetworkStore } from '../ports/network-store.ts';
import type { Route } from '../routing/route.ts';
import { createRouter, type Router, type RouteQuery } from '../routing/router.ts';
import type { Precedence } from '../satellite/precedence.ts';
import { type CompiledNetwork, NetworkCompiler } from './compiled.ts';
import { carrierOf, type LeftOutSatellite } from './contacts.ts';
import { near } from './edit.ts';
import { freshState } from './fresh.ts';
import { conditionsAt } from './measured.ts';
import type { Registered } from './network.ts';
import { layTaken, type Taken } from './taken.ts';
import { whyNone } from './why-none.ts';

export interface RouteQuestion {
  from: string;
  to: string;
  /** Epoch milliseconds. @default now */
  atMs?: number;
  /** @default 0 */
  sizeBytes?: number;
  /** @default 'routine' */
  precedence?: Precedence;
  /** Further routes, the best first. @default 0 */
  alternatives?: number;
  /** Two routes that share no node, link or risk group. @default false */
  disjoint?: boolean;
  /** How far ahead to look. @default 24 */
  hours?: number;
  /**
   * Bundles that are booked: there is no room for more. Where it is given, a route departs when its first contact begins: in what
   * order things leave in it is up to whoever drains it. @default none
   */
  taken?: readonly Taken[];
}

export interface NetworkHop {
  from: string;
  to: string;
  /** Id of the link, or `satellites:<constellation>`, `plan:<contact plan>`. */
  link: string;
  channel: Channel;
  departMs: number;
  arriveMs: number;
  /** When its contact ends; absent for links that are always there. */
  closesMs?: number;
}

export interface NetworkRoute {
  arrivalMs: number;
  hops: NetworkHop[];
  /** When the first of its contacts ends; absent where none does. */
  expiresMs?: number;
}

export interface RouteAnswer extends Required<Omit<RouteQuestion, 'alternatives' | 'disjoint' | 'taken'>> {
  /** Of what is registered. */
  version: number;
  route?: NetworkRoute;
  /** Why there is none. */
  reason?: string;
  alternatives: NetworkRoute[];
  /** Where it was asked for: a pair; `reason` where there is none. */
  disjoint?: { routes: NetworkRoute[]; reason?: string };
}

export interface ContactQuestion {
  from?: string;
  to?: string;
  /** @default now */
  atMs?: number;
  /** @default 24 */
  hours?: number;
}

export interface NetworkContact extends Pick<NetworkHop, 'from' | 'to' | 'link' | 'channel'> {
  startMs: number;
  endMs: number;
  rateBitsPerSecond: number;
  delayMs: number;
}

export interface NetworkView {
  registered(): Promise<Registered>;
  /** Errors: `NotFound` for nodes that there aren't, `InvalidInput`. */
  routes(question: RouteQuestion): Promise<RouteAnswer>;
  /** Contacts that end after `atMs` and begin within the hours after it, by when they begin; not the links that are always there. */
  contacts(
    question: ContactQuestion,
  ): Promise<{ atMs: number; contacts: NetworkContact[]; leftOut: readonly LeftOutSatellite[] }>;
}

/** The network at a moment, for many searches over it. */
export interface NetworkSnapshot {
  nodes: Registered['nodes'];
  /** How far ahead it knows contacts; epoch milliseconds. */
  untilMs: number;
  /** The best one; undefined where there is none, or no such node. */
  route(query: RouteQuery): NetworkRoute | undefined;
}

export interface NetworkSnapshots {
  /** As it is registered and measured now, for the hours to come. Errors: `InvalidInput` for too many hours, `StoreUnavailable`. */
  snapshot(hours: number): Promise<NetworkSnapshot>;
}

interface Routing {
  router: Router;
  bookings: Bookings;
  down: ReadonlySet<string>;
}

const HOUR_MS = 3_600_000;
const SLICE_MS = 20;

export function createNetworkView({
  network,
  clock,
}: {
  network: NetworkStore;
  clock: Clock;
}): NetworkView & NetworkSnapshots {
  const compiler = new NetworkCompiler(network, createPause(clock));
  /** The last of each network: most questions come while nothing changes. */
  const routings = new WeakMap<CompiledNetwork, Routing & { key: string }>();

  return {
    registered: () => compiler.registered(),
    async routes({ alternatives: more = 0, disjoint = false, taken = [], ...given }) {
      const nowMs = clock.now();
      const { from, to, atMs = nowMs, sizeBytes = 0, precedence = 'routine', hours = 24 } = given;
      checkTime(atMs);
      const compiled = await compiler.compiled(atMs, hours * HOUR_MS);
      const { registered } = compiled;
      for (const node of [from, to]) checkNode(node, compiled);
      const states = (await network.linkStates()).map((state) => freshState(state, nowMs));
      const { router, bookings, down } = routingOf(compiled, states, atMs, nowMs);
      const deadlineMs = atMs + hours * HOUR_MS;
      const query: RouteQuery = { from, to, atMs, sizeBytes, precedence, deadlineMs };
      const giveBack = layTaken(compiled, bookings, taken);
      const found: NetworkRoute[] = [];
      for (const route of router.alternatives(query)) {
        found.push(taken.length > 0 ? fromTheStart(route, atMs, compiled) : routeOf(route, compiled));
        if (found.length > more) break;
      }
      giveBack();
      const [route, ...alternatives] = found;
      const question = { from, to, atMs, sizeBytes, precedence, hours };
      const answer = { version: registered.version, ...question, alternatives };
      if (route === undefined) return { ...answer, reason: whyNone(compiled, query, down) };
      return { ...answer, route, ...(disjoint && { disjoint: pairOf(router, query, compiled) }) };
    },
    async contacts({ from, to, atMs = clock.now(), hours = 24 }) {
      checkTime(atMs);
      const compiled = await compiler.compiled(atMs, hours * HOUR_MS);
      for (const node of [from, to]) if (node !== undefined) checkNode(node, compiled);
      const contacts = contactsOf(compiled, atMs, atMs + hours * HOUR_MS).filter(
        (contact) => (from ?? contact.from) === contact.from && (to ?? contact.to) === contact.to,
      );
      return { atMs, contacts, leftOut: compiled.leftOut };
    },
    async snapshot(hours) {
      const nowMs = clock.now();
      const compiled = await compiler.compiled(nowMs, hours * HOUR_MS);
      const states = (await network.linkStates()).map((state) => freshState(state, nowMs));
      const { router } = routingOf(compiled, states, nowMs, nowMs);
      const { indexOfNode } = compiled.plan;
      return {
        nodes: compiled.registered.nodes,
        untilMs: nowMs + hours * HOUR_MS,
        route(query) {
          if (!indexOfNode.has(query.from) || !indexOfNode.has(query.to)) return undefined;
          const route = router.route(query);
          return route && routeOf(route, compiled);
        },
      };
    },
  };

  function routingOf(
    compiled: CompiledNetwork,
    states: readonly MeasuredLink[],
    atMs: number,
    nowMs: number,
  ): Routing {
    const measured = conditionsAt(compiled, states, atMs, nowMs);
    const key = JSON.stringify(measured?.conditions ?? {});
    const known = routings.get(compiled);
    if (known?.key === key) return known;
    const bookings = createBookings(compiled.plan);
    const router = createRouter(compiled.plan, { conditions: measured?.conditions, bookings });
    const routing = { router, bookings, down: measured?.down ?? new Set<string>(), key };
    routings.set(compiled, routing);
    return routing;
  }
}

/** Lets others in where a slice of time is used up. */
function createPause(clock: Clock): () => Promise<void> {
  let sinceMs = clock.now();
  return async () => {
    if (Math.abs(clock.now() - sinceMs) < SLICE_MS) return;
    await clock.sleep(0);
    sinceMs = clock.now();
  };
}

function routeOf(route: Route, { plan, carriers, horizon }: CompiledNetwork): NetworkRoute {
  const hops = route.hops.map(({ contact, from, to, departMs, arriveMs, endMs }): NetworkHop => {
    const { id, channel, link } = carrierOf(carriers, plan.contacts[contact]!);
    const isAlways = link !== undefined && link.viaContacts !== true && endMs === horizon.toMs;
    return { from, to, link: id, channel, departMs, arriveMs, ...(!isAlways && { closesMs: endMs }) };
  });
  const closings = hops.flatMap(({ closesMs }) => closesMs ?? []);
  return {
    arrivalMs: route.arrivalMs,
    hops,
    ...(closings.length > 0 && { expiresMs: Math.min(...closings) }),
  };
}

function fromTheStart(route: Route, atMs: number, compiled: CompiledNetwork): NetworkRoute {
  const { hops, ...rest } = routeOf(route, compiled);
  const [first, ...others] = hops;
  if (first === undefined) return { hops, ...rest };
  const { startMs } = compiled.plan.contacts[route.hops[0]!.contact]!;
  return { hops: [{ ...first, departMs: Math.max(atMs, startMs) }, ...others], ...rest };
}

function pairOf(router: Router, query: RouteQuery, compiled: CompiledNetwork): RouteAnswer['disjoint'] {
  const riskGroups = new Map(
    compiled.registered.links.map(({ id, riskGroups: groups = [] }) => [id, groups] as const),
  );
  const { pair, isExhaustive } = router.disjoint(query, { riskGroups });
  if (pair !== undefined) return { routes: pair.map((route) => routeOf(route, compiled)) };
  const reason = isExhaustive
    ? 'Any two routes share a node, a link or a risk group.'
    : 'None of the pairs that were tried is free of shared nodes, links and risk groups; there may be others.';
  return { routes: [], reason };
}

function contactsOf({ plan, carriers }: CompiledNetwork, atMs: number, untilMs: number): NetworkContact[] {
  return plan.contacts
    .flatMap((contact): NetworkContact[] => {
      const { from, to, startMs, endMs, rateBitsPerSecond, delayMs } = contact;
      const { id, channel, link } = carrierOf(carriers, contact);
      const isAlways = link !== undefined && link.viaContacts !== true;
      if (isAlways || endMs <= atMs || startMs >= untilMs) return [];
      return [{ from, to, link: id, channel, startMs, endMs, rateBitsPerSecond, delayMs }];
    })
    .sort((a, b) => a.startMs - b.startMs || (a.from < b.from ? -1 : 1));
}

function checkNode(node: string, { plan }: CompiledNetwork): void {
  if (!plan.indexOfNode.has(node)) throw new NotFound(`There is no node "${node}".`, near(node, plan.nodes));
}

function checkTime(atMs: number): void {
  if (!(atMs >= 0 && atMs <= LATEST_MS))
    throw new InvalidInput(`The time is ${atMs} ms since 1970.`, 'Give a time between 1970 and 2057.');
}

const LATEST_MS = Date.UTC(2057, 0);
