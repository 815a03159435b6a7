/** How links are, as a host tells nodes of those that others measured. */
import * as z from 'zod';
import { isUsable, LINK_STATUSES } from '../link-health/state.ts';
import type { MeasuredLink } from '../ports/network-store.ts';
import { freshState } from './fresh.ts';
import type { NetworkLink, Registered } from './network.ts';

/** The service of nodes that takes it. */
export const LINKS_SERVICE = 'links';
/** Of one message: what is more comes with the next. */
export const TOLD_AT_ONCE_MAX = 500;

const REASONS_MAX = 20;

export const linkNewsSchema = z.object({
  /** When it was so, by the host's clock. */
  atMs: z.number().nonnegative(),
  states: z
    .array(
      z.object({
        linkId: z.string(),
        status: z.enum(LINK_STATUSES),
        sinceMs: z.number(),
        isDegraded: z.boolean(),
        lossRatio: z.number().min(0).max(1),
        rttMs: z.number().nonnegative().optional(),
        rateBitsPerSecond: z.number().positive().optional(),
        missedContacts: z.int().nonnegative(),
        reasons: z.array(z.string()).max(REASONS_MAX),
      }),
    )
    .max(TOLD_AT_ONCE_MAX),
});

export type LinkNews = z.infer<typeof linkNewsSchema>;

const endsAt = ({ from, to }: NetworkLink, node: string): boolean => from === node || to === node;

/** What changes a way; the rest changes all the time. */
export const gistOf = (state: MeasuredLink): string =>
  JSON.stringify([isUsable(state), state.status === 'closed', state.isDegraded]);

/** Of each link that is not the node's own, which it measures itself: its state, where it is another than it was told. */
export function untold(
  node: string,
  { links }: Pick<Registered, 'links'>,
  states: readonly MeasuredLink[],
  told: ReadonlyMap<string, string>,
  nowMs: number,
): MeasuredLink[] {
  const others = new Set(links.filter((link) => !endsAt(link, node)).map(({ id }) => id));
  return states
    .filter(({ linkId }) => others.has(linkId))
    .map((state) => freshState(state, nowMs))
    .filter((state) => told.get(state.linkId) !== gistOf(state))
    .slice(0, TOLD_AT_ONCE_MAX);
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

/** What the node may keep of it: it knows its own links better, and nothing of those that it has not been told of. */
export function takable(node: string, { links }: Pick<Registered, 'links'>, news: LinkNews): MeasuredLink[] {
  const others = new Set(links.filter((link) => !endsAt(link, node)).map(({ id }) => id));
  return news.states
    .filter(({ linkId }) => others.has(linkId))
    .map((state) => ({
      ...state,
      rttMs: state.rttMs,
      rateBitsPerSecond: state.rateBitsPerSecond,
      atMs: news.atMs,
      isTold: true,
    }));
}
