import { type Bookings, rankOf } from '../contact-plan/bookings.ts';
import type { ContactPlan } from '../contact-plan/compile.ts';
import { InvalidInput } from '../errors.ts';
import type { Precedence } from '../satellite/precedence.ts';
import { alternativesOf } from './alternatives.ts';
import { createArrivalSearch, type Network, newArrivals, type Trip } from './arrivals.ts';
import {
  type Conditions,
  createLinkIndex,
  excludedPositions,
  type Exclusion,
  FLAG,
  layOver,
  nodeIndices,
} from './conditions.ts';
import { type DisjointOptions, type DisjointRoutes, findDisjoint } from './disjoint.ts';
import { createExpirySearch } from './latest-expiry.ts';
import type { Hop, Route } from './route.ts';
import { createTransmitter } from './transmission.ts';

export interface TreeQuery {
  from: string;
  /** In the plan's milliseconds: the bundle is there, whole. */
  atMs: number;
  /** Fractions are taken as they are. @default 0 */
  sizeBytes?: number;
  /** What it may evict lower bookings for. @default 'deferred', which evicts nothing */
  precedence?: Precedence;
  /** Arrivals after it don't count. @default none */
  deadlineMs?: number;
  exclude?: Exclusion;
}

export interface RouteQuery extends TreeQuery {
  to: string;
}

/** Earliest arrivals from one node at all; they stay as they were when bookings change. */
export interface RouteTree {
  /** Undefined for nodes that aren't reached. Errors: `InvalidInput` for nodes that there aren't. */
  arrivalMs(node: string): number | undefined;
  /** The best route there as bookings are now. */
  route(node: string): Route | undefined;
  /** Of all reached nodes, the source too. */
  arrivals(): IterableIterator<[node: string, arrivalMs: number]>;
}

/**
 * Finds routes over a plan: the earliest arrival, of those the fewest hops, of those the latest expiry. A bundle goes
 * whole: it fits into what is left of each contact. Errors of all: `InvalidInput` for what a query says wrong,
 * `NotFound` for excluded nodes, links and contacts that the plan doesn't have.
 */
export interface Router {
  /** Undefined where there is none. */
  route(query: RouteQuery): Route | undefined;
  tree(query: TreeQuery): RouteTree;
  /**
   * All loopless routes, the best first; each differs from each in some contact. Only what is asked for is computed
   * (Yen's algorithm with Lawler's change, spurs put off).
   */
  alternatives(query: RouteQuery): Generator<Route, void>;
  disjoint(query: RouteQuery, options?: DisjointOptions): DisjointRoutes;
}

export interface RouterOptions {
  /** What is taken; searches see each change at once. */
  bookings?: Bookings;
  conditions?: Conditions;
}

const NO_NODES: ReadonlySet<number> = new Set();

/**
 * A router keeps its working arrays, so make one a plan and set of conditions; O(contacts).
 * Errors: see `Conditions`.
 */
export function createRouter(plan: ContactPlan, { bookings, conditions = {} }: RouterOptions = {}): Router {
  const linkIndex = createLinkIndex(plan);
  const overlay = layOver(plan, conditions, linkIndex);
  const transmitter = createTransmitter(plan, overlay, bookings);
  const isTaken = bookings?.isTaken ?? new Uint8Array(overlay.flags.length);
  const network: Network = { plan, overlay, transmitter, isTaken };
  const search = createArrivalSearch(network);
  const outlast = createExpirySearch(network);
  const arrivals = newArrivals(plan.nodes.length);
  const router: Router = {
    route,
    tree,
    alternatives: (query) => alternativesOf(router, query),
    disjoint: (query, options) => findDisjoint(plan, router, query, options),
  };
  return router;

  function route(query: RouteQuery): Route | undefined {
    const trip = tripOf(query, nodeNamed(query.to));
    return excluding(query.exclude, (blocked) => {
      const found = search(trip, blocked, arrivals);
      return found && timed(trip, outlast(trip, arrivals, found));
    });
  }

  function tree(query: TreeQuery): RouteTree {
    const trip = tripOf(query, -1);
    const reached = newArrivals(plan.nodes.length);
    excluding(query.exclude, (blocked) => search(trip, blocked, reached));
    const arrivalAt = (node: number): number | undefined => {
      const atMs = reached.atMs[node]!;
      return atMs === Infinity ? undefined : atMs;
    };
    return {
      arrivalMs: (node) => arrivalAt(nodeNamed(node)),
      route: (node) => (arrivalAt(nodeNamed(node)) === undefined ? undefined : route({ ...query, to: node })),
      *arrivals() {
        for (const [index, node] of plan.nodes.entries()) {
          const atMs = arrivalAt(index);
          if (atMs !== undefined) yield [node, atMs];
        }
      },
    };
  }

  function tripOf(query: TreeQuery, target: number): Trip {
    const { from, atMs, sizeBytes = 0, precedence = 'deferred', deadlineMs = Infinity } = query;
    if (!Number.isFinite(atMs)) throw new InvalidInput(`The time is ${atMs}.`, 'Give milliseconds.');
    if (!(sizeBytes >= 0 && sizeBytes <= Number.MAX_SAFE_INTEGER))
      throw new InvalidInput(`The size is ${sizeBytes} bytes.`, 'Give a number of bytes from 0.');
    if (Number.isNaN(deadlineMs)) throw new InvalidInput('The deadline is no number.', 'Give milliseconds.');
    return {
      source: nodeNamed(from),
      target,
      atMs,
      bits: sizeBytes * 8,
      rank: rankOf(precedence),
      deadlineMs,
    };
  }

  function nodeNamed(node: string): number {
    const index = plan.indexOfNode.get(node);
    if (index !== undefined) return index;
    throw new InvalidInput(`There is no node "${node}" in the plan.`, 'Name a node of the plan.');
  }

  /** Searches without what is excluded. */
  function excluding<Result>(
    exclude: Exclusion | undefined,
    searching: (blocked: ReadonlySet<number>) => Result,
  ): Result {
    if (exclude === undefined) return searching(NO_NODES);
    const { flags } = overlay;
    const blocked: number[] = [];
    for (const position of new Set(excludedPositions(plan, exclude, linkIndex)))
      if ((flags[position]! & FLAG.blocked) === 0) blocked.push(position);
    for (const position of blocked) flags[position]! |= FLAG.blocked;
    try {
      return searching(nodeIndices(plan, exclude.nodes));
    } finally {
      for (const position of blocked) flags[position]! &= ~FLAG.blocked;
    }
  }

  /** A route as it goes when each contact is taken as soon as it can be. */
  function timed({ atMs, bits, rank }: Trip, route: readonly number[]): Route {
    const { from, to, contact, delayMs, endMs } = plan.positions;
    let now = atMs;
    let expiresMs = Infinity;
    const hops = route.map((position): Hop => {
      const sentMs = transmitter.earliestSent(position, now, bits, rank);
      const departMs = transmitter.departedMs;
      now = sentMs + delayMs[position]! + (overlay.penaltyMs?.[position] ?? 0);
      expiresMs = Math.min(expiresMs, endMs[position]!);
      return {
        contact: contact[position]!,
        from: plan.nodes[from[position]!]!,
        to: plan.nodes[to[position]!]!,
        departMs,
        sentMs,
        arriveMs: now,
        endMs: endMs[position]!,
      };
    });
    return { arrivalMs: now, hops, expiresMs };
  }
}
