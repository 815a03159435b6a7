/** How each channel to a neighbour is, by what is registered, planned and measured of its links. */
import type { ChannelView } from '../failover/channel.ts';
import { isUsable, type LinkState, linkState } from '../link-health/state.ts';
import type { NetworkLink } from '../network/network.ts';
import type { NetworkContact } from '../network/view.ts';
import type { Channel } from '../node/node.ts';

export interface Seen {
  channel: Channel;
  /** As `NetworkHop.link`. */
  link: string;
  view: ChannelView;
}

export type Measured = ReadonlyMap<string, LinkState & { atMs: number }>;

export const GONE = linkState('closed', { reasons: ['not registered any more'] });
const UNMEASURED = linkState('up', { reasons: ['not measured'] });
const NO_CONTACT = linkState('closed', { reasons: ['no contact'] });

/** Of a link that is always there. */
export function always(link: NetworkLink, measured: Measured): Seen {
  const { id, channel, delayMs, rateBitsPerSecond } = link;
  const state = measured.get(id) ?? UNMEASURED;
  return {
    channel,
    link: id,
    view: { state, delayMs, rateBitsPerSecond: state.rateBitsPerSecond ?? rateBitsPerSecond },
  };
}

/** One for each link or plan: in the contact that is on, or until the next. */
export function inContacts(
  contacts: readonly NetworkContact[],
  links: readonly NetworkLink[],
  measured: Measured,
  nowMs: number,
): Seen[] {
  const coming = Map.groupBy(
    contacts.filter(({ endMs }) => endMs > nowMs),
    ({ link }) => link,
  );
  const seen = [...coming].map(([link, ofLink]): Seen => {
    const { channel, delayMs, rateBitsPerSecond } = ofLink[0]!;
    const on = ofLink.find(({ startMs }) => startMs <= nowMs);
    const next = ofLink.find(({ startMs }) => startMs > nowMs);
    const opens = next && { opensAtMs: next.startMs };
    if (on === undefined)
      return { channel, link, view: { state: NO_CONTACT, delayMs, rateBitsPerSecond, ...opens } };
    const state = measured.get(link);
    // What was measured in an earlier contact says nothing of this one.
    const isOf = state !== undefined && state.atMs >= on.startMs && state.status !== 'closed';
    const now = { delayMs: on.delayMs, rateBitsPerSecond: on.rateBitsPerSecond, closesAtMs: on.endMs };
    return { channel, link, view: { state: isOf ? state : UNMEASURED, ...now, ...opens } };
  });
  const idle = links.filter(({ id, viaContacts }) => viaContacts === true && !coming.has(id));
  return [
    ...seen,
    ...idle.map(({ id, channel, delayMs, rateBitsPerSecond }) => ({
      channel,
      link: id,
      view: { state: NO_CONTACT, delayMs, rateBitsPerSecond },
    })),
  ];
}

/** One that works before one that doesn't, then the quickest, then the one that opens first. */
export function bestOf(seen: readonly Seen[]): Seen | undefined {
  const rank = ({ view }: Seen): [number, number, number] => [
    isUsable(view.state) ? 0 : 1,
    isUsable(view.state) ? view.delayMs : (view.opensAtMs ?? Infinity),
    -view.rateBitsPerSecond,
  ];
  return seen.toSorted((a, b) => {
    const [ofA, ofB] = [rank(a), rank(b)];
    const at = ofA.findIndex((value, index) => value !== ofB[index]);
    return at === -1 ? 0 : ofA[at]! - ofB[at]!;
  })[0];
}
