/** How links are, as a host tells nodes of those that others measured. */
import { isUsable } from '../link-health/state.ts';
import type { LinkGist, MeasuredLink, ToldLink, ToldLinks } from '../ports/network-store.ts';
import { freshState, TOLD_MS } from './fresh.ts';
import type { LinkNews } from './link-news-schema.ts';
import type { NetworkLink, Registered } from './network.ts';

/** The service of nodes that takes it. */
export const LINKS_SERVICE = 'links';
/** Of one message: what is more comes with another. */
export const TOLD_AT_ONCE_MAX = 500;
/** Of one link. */
export const REASONS_MAX = 20;
/** Before a node forgets that it was told. */
export const RETELL_MS = TOLD_MS / 2;
/** Of these a node is told, so that one item of any store holds them; what is more it takes for `up`. */
export const UNUSUAL_MAX = 2500;

const endsAt = ({ from, to }: NetworkLink, node: string): boolean => from === node || to === node;

/** The rest of a state changes all the time. */
export function gistOf(state: Pick<MeasuredLink, 'status' | 'isDegraded'>): LinkGist {
  if (state.status === 'closed') return 'closed';
  if (!isUsable(state)) return 'down';
  return state.isDegraded ? 'degraded' : 'up';
}

export interface Untold {
  /** Where they are others than the node was told. */
  states: MeasuredLink[];
  /** What it was told once it has been told these. */
  links: Map<string, ToldLink>;
}

/**
 * Of links that are not the node's own, which it measures itself. Who was told nothing is told of all; what is not as usual is
 * told again before the node takes it to work. What is closed opens as planned, and the plan is known.
 */
export function untold(
  node: string,
  { links }: Pick<Registered, 'links'>,
  measured: readonly MeasuredLink[],
  told: ToldLinks['links'],
  nowMs: number,
): Untold {
  const others = new Set(links.filter((link) => !endsAt(link, node)).map(({ id }) => id));
  const states: MeasuredLink[] = [];
  const next = new Map<string, ToldLink>();
  for (const state of measured.filter(({ linkId }) => others.has(linkId))) {
    const fresh = freshState(state, nowMs);
    const gist = gistOf(fresh);
    const was = told?.get(state.linkId);
    const isUsual = gist === 'up';
    if (!isUsual && next.size === UNUSUAL_MAX) continue;
    const isKnown = told !== undefined && (was?.gist ?? 'up') === gist;
    const isTold = isKnown && (was === undefined || gist === 'closed' || nowMs < was.atMs + RETELL_MS);
    if (!isTold) states.push(fresh);
    if (!isUsual) next.set(state.linkId, isTold ? was! : { gist, atMs: nowMs });
  }
  return { states, links: next };
}

export function newsOfLinks(states: readonly MeasuredLink[], atMs: number): LinkNews {
  const told = states.map(({ rttMs, rateBitsPerSecond, ...state }) => ({
    linkId: state.linkId,
    status: state.status,
    sinceMs: state.sinceMs,
    isDegraded: state.isDegraded,
    lossRatio: state.lossRatio,
    missedContacts: state.missedContacts,
    reasons: state.reasons.slice(0, REASONS_MAX),
    ...(rttMs !== undefined && { rttMs }),
    ...(rateBitsPerSecond !== undefined && rateBitsPerSecond > 0 && { rateBitsPerSecond }),
  }));
  return { atMs, states: told };
}

/** What the node may keep of it: it knows its own links better. Of those that it has not been told of it may be told after this. */
export function takable(node: string, { links }: Pick<Registered, 'links'>, news: LinkNews): MeasuredLink[] {
  const own = new Set(links.filter((link) => endsAt(link, node)).map(({ id }) => id));
  return news.states
    .filter(({ linkId }) => !own.has(linkId))
    .map((state) => ({
      ...state,
      rttMs: state.rttMs,
      rateBitsPerSecond: state.rateBitsPerSecond,
      atMs: news.atMs,
      isTold: true,
    }));
}
