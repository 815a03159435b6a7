/** Tells nodes how links are that others measured, so that they find ways round those that failed. */
import type { Message } from '../../core/custody/message.ts';
import { hashJson } from '../../core/hash.ts';
import { isUsable } from '../../core/link-health/state.ts';
import { freshState } from '../../core/network/fresh.ts';
import {
  gistOf,
  LINKS_SERVICE,
  newsOfLinks,
  TOLD_AT_ONCE_MAX,
  untold,
} from '../../core/network/link-news.ts';
import type { Registered } from '../../core/network/network.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { MeasuredLink, NetworkStore } from '../../core/ports/network-store.ts';

export interface TellLinksPorts {
  /** Id of this node. */
  node: string;
  network: Pick<NetworkStore, 'registered' | 'linkStates' | 'toldLinks' | 'putToldLinks'>;
  /** Takes it into custody, and sees to it; the same message again changes nothing. */
  send: (message: Message) => Promise<void>;
  clock: Pick<Clock, 'now'>;
}

/**
 * Tells each node that a channel leads to of what it has not been told. Resolves to when there is more for one that was told
 * just before, epoch milliseconds. Errors: `StoreUnavailable`.
 */
export type TellLinks = () => Promise<number | undefined>;

/** A node is told at most so often, of all that changed meanwhile. */
export const LINK_NEWS_MS = 5000;
/** Later it is worth nothing: what came of it meanwhile was told since. */
const LIFETIME_MS = 600_000;

/** A node that no channel leads to is told of nothing, and of everything once it is back. */
export function createTellLinks({ node, network, send, clock }: TellLinksPorts): TellLinks {
  return async () => {
    const nowMs = clock.now();
    const [registered, states, told] = await Promise.all([
      network.registered(),
      network.linkStates(),
      network.toldLinks(),
    ]);
    const reached = neighboursOf(node, registered, states, nowMs);
    // As of when it was told: who has told it something since knows better.
    for (const one of told)
      if (one.links !== undefined && !reached.has(one.nodeId))
        await network.putToldLinks({ ...one, links: undefined });
    const known = new Map(told.map((one) => [one.nodeId, one]));
    let againMs: number | undefined;
    for (const to of reached) {
      const was = known.get(to);
      const news = untold(to, registered, states, was?.links, nowMs);
      if (news.states.length === 0 && news.links.size === (was?.links?.size ?? 0)) continue;
      const dueMs = (was?.atMs ?? -Infinity) + LINK_NEWS_MS;
      if (nowMs < dueMs) {
        againMs = Math.min(againMs ?? Infinity, dueMs);
        continue;
      }
      for (const message of messagesOf(news.states, nowMs)) await send({ ...message, to });
      await network.putToldLinks({ nodeId: to, atMs: nowMs, links: news.links });
    }
    return againMs;
  };
}

function neighboursOf(
  node: string,
  { links }: Registered,
  states: readonly MeasuredLink[],
  nowMs: number,
): Set<string> {
  const up = new Set(
    states.filter((state) => isUsable(freshState(state, nowMs))).map(({ linkId }) => linkId),
  );
  return new Set(links.filter(({ id, from }) => from === node && up.has(id)).map(({ to }) => to));
}

function* messagesOf(states: readonly MeasuredLink[], atMs: number): Generator<Omit<Message, 'to'>> {
  // Processes that tell the same at once make the same bundle of it.
  const createdMs = Math.floor(atMs / LINK_NEWS_MS) * LINK_NEWS_MS;
  for (let at = 0; at < states.length; at += TOLD_AT_ONCE_MAX) {
    const some = states.slice(at, at + TOLD_AT_ONCE_MAX);
    const gists = some.map((state) => [state.linkId, gistOf(state)]);
    yield {
      id: `links ${createdMs} ${hashJson(gists)}`,
      service: LINKS_SERVICE,
      payload: new TextEncoder().encode(JSON.stringify(newsOfLinks(some, atMs))),
      precedence: 'priority',
      lifetimeMs: LIFETIME_MS,
      createdMs,
    };
  }
}
