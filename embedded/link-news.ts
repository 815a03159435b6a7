/** Tells nodes how links are that others measured, so that they find ways round those that failed. */
import { parse } from '../core/api/parse.ts';
import type { Message } from '../core/custody/message.ts';
import { isUsable } from '../core/link-health/state.ts';
import { freshState } from '../core/network/fresh.ts';
import {
  gistOf,
  linkNewsSchema,
  LINKS_SERVICE,
  newsOfLinks,
  takable,
  untold,
} from '../core/network/link-news.ts';
import type { Registered } from '../core/network/network.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { MeasuredLink, NetworkStore } from '../core/ports/network-store.ts';
import type { Service } from '../lambdas/forward/ports.ts';
import { newsFrom } from './news.ts';

export interface LinkNewsPorts {
  /** This host's own node. */
  hub: string;
  network: Pick<NetworkStore, 'registered' | 'linkStates'>;
  send: (message: Message) => Promise<void>;
  clock: Pick<Clock, 'now'>;
}

/** A node is told at most so often, of all that changed meanwhile. */
export const LINK_NEWS_MS = 5000;
/** Later it is worth nothing: what came of it meanwhile was told since. */
const LIFETIME_MS = 600_000;

/** A node that no channel leads to is told of nothing, and of everything once it is back. */
export function createTellLinks({ hub, network, send, clock }: LinkNewsPorts) {
  const told = new Map<string, Map<string, string>>();
  const toldMs = new Map<string, number>();

  return async (nodeIds: readonly string[]): Promise<void> => {
    const nowMs = clock.now();
    const [registered, states] = [await network.registered(), await network.linkStates()];
    const reached = neighboursOf(hub, registered, states, nowMs);
    for (const id of told.keys()) if (!reached.has(id)) told.delete(id);
    for (const to of nodeIds) {
      if (!reached.has(to) || nowMs < (toldMs.get(to) ?? -Infinity) + LINK_NEWS_MS) continue;
      const known = told.get(to) ?? new Map<string, string>();
      const changed = untold(to, registered, states, known, nowMs);
      if (changed.length === 0) continue;
      await send({ ...messageOf(changed, nowMs), to });
      for (const state of changed) known.set(state.linkId, gistOf(state));
      told.set(to, known);
      toldMs.set(to, nowMs);
    }
  };
}

function neighboursOf(
  hub: string,
  { links }: Registered,
  states: readonly MeasuredLink[],
  nowMs: number,
): Set<string> {
  const up = new Set(
    states.filter((state) => isUsable(freshState(state, nowMs))).map(({ linkId }) => linkId),
  );
  return new Set(links.filter(({ id, from }) => from === hub && up.has(id)).map(({ to }) => to));
}

function messageOf(states: readonly MeasuredLink[], atMs: number): Omit<Message, 'to'> {
  return {
    id: `links ${atMs}`,
    service: LINKS_SERVICE,
    payload: new TextEncoder().encode(JSON.stringify(newsOfLinks(states, atMs))),
    precedence: 'priority',
    lifetimeMs: LIFETIME_MS,
    createdMs: Math.floor(atMs),
  };
}

export interface LinkServicePorts {
  /** This node. */
  node: string;
  /** The node that may say so. */
  from: string;
  network: Pick<NetworkStore, 'registered' | 'putLinkState'>;
  /** What waits may find another way now. */
  changed: () => void;
}

/** Takes such news in. Errors: `InvalidInput`, `StoreUnavailable`. */
export function linkService({ node, from, network, changed }: LinkServicePorts): Service {
  return async (payload, { source }) => {
    const news = parse(linkNewsSchema, newsFrom(from, source, payload), 'What is told of links');
    for (const state of takable(node, await network.registered(), news)) await network.putLinkState(state);
    changed();
  };
}
