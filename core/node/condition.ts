/**
 * The condition of a node, from what is measured of its links.
 *
 * | its own terrestrial links | mesh, or a way over others | satellite | heard lately | condition |
 * |---|---|---|---|---|
 * | those that work well carry enough | any | any | any | `nominal` |
 * | work, with loss, delay or too little rate | any | any | any | `degraded` |
 * | none works | none | works, or has a contact to come | any | `satellite-only` |
 * | none works | works | any | any | `denied`: it takes another way |
 * | none works | none | none | yes | `denied`: it lives, and nothing gets through |
 * | none works | none | none | no | `offline` |
 *
 * Terrestrial are the channels `primary` and `secondary`; whatever reaches a node without being a link of its own (an
 * HTTP poll) counts as `primary`. Those that work well carry enough with half of what all of them nominally do; once
 * that was too little, 70 % are enough again. Heard lately is what anything proved alive in the last minute: a message,
 * even one way, or the word of another node that hears it.
 */
import { isUsable, type LinkState } from '../link-health/state.ts';
import type { Channel, Condition } from './node.ts';

export interface NodeLink {
  linkId: string;
  channel: Channel;
  state: LinkState;
  nominalRateBitsPerSecond?: number;
  /** When its next contact begins, where one is planned. */
  opensAtMs?: number;
}

export interface NodeView {
  links: readonly NodeLink[];
  /** Routing knows a way to it over other nodes. */
  isRelayed?: boolean;
  /** When anything last proved the node alive; undefined: never. */
  heardMs?: number;
}

export interface Measured {
  condition: Condition;
  reasons: string[];
}

/** Silence over everything that is offline. */
export const HEARD_LATELY_MS = 60_000;
/** A contact farther off than this is none to count on. */
export const CONTACT_AHEAD_MS = 24 * 60 * 60_000;
/** Contacts in a row in which nothing came back: those to come are not counted on either. */
const MISSED_MAX = 2;
const ENOUGH = 0.5;
const ENOUGH_AGAIN = 0.7;

/** Its condition by what is measured now; `current` is what it was in, which decides what carries enough. */
export function measureCondition(view: NodeView, nowMs: number, current?: Condition): Measured {
  const { links, isRelayed = false, heardMs = -Infinity } = view;
  const terrestrial = links.filter(({ channel }) => channel === 'primary' || channel === 'secondary');
  const working = terrestrial.filter(({ state }) => isUsable(state));
  if (working.length > 0) return performance(terrestrial, working, current);

  const without = terrestrial.length === 0 ? ['no terrestrial link'] : terrestrial.map(because);
  const mesh = links.find(({ channel, state }) => channel === 'mesh' && isUsable(state));
  if (mesh !== undefined)
    return { condition: 'denied', reasons: [...without, `reached over ${mesh.linkId}`] };
  if (isRelayed) return { condition: 'denied', reasons: [...without, 'reached over other nodes'] };

  const satellites = links.filter(({ channel }) => channel === 'satellite');
  const satellite = satellites.find((link) => isThere(link, nowMs));
  if (satellite !== undefined)
    return { condition: 'satellite-only', reasons: [...without, because(satellite)] };
  const reasons = [...without, ...satellites.map(because)];
  return nowMs - heardMs < HEARD_LATELY_MS
    ? { condition: 'denied', reasons: [...reasons, 'heard, but nothing gets through'] }
    : { condition: 'offline', reasons: [...reasons, 'not heard over anything'] };
}

/** Whether all that could tell is still to be known: a link that was only just opened. */
export const isUndecided = ({ links }: NodeView): boolean =>
  links.some(({ state }) => state.status === 'opening') && !links.some(({ state }) => isUsable(state));

/** When what `measureCondition` says may change by time alone. */
export function measuredUntilMs({ links, heardMs = -Infinity }: NodeView, nowMs: number): number {
  const times = links.map(({ opensAtMs = -Infinity }) => opensAtMs - CONTACT_AHEAD_MS);
  return Math.min(Infinity, ...[...times, heardMs + HEARD_LATELY_MS].filter((time) => time > nowMs));
}

function performance(
  terrestrial: readonly NodeLink[],
  working: readonly NodeLink[],
  current?: Condition,
): Measured {
  // Where a rate is unknown all links count the same.
  const isKnown = terrestrial.every(({ nominalRateBitsPerSecond: rate = 0 }) => rate > 0 && rate < Infinity);
  const nominal = (link: NodeLink): number => (isKnown ? link.nominalRateBitsPerSecond! : 1);
  const actual = (link: NodeLink): number =>
    isKnown ? Math.min(link.state.rateBitsPerSecond ?? Infinity, nominal(link)) : 1;
  const well = working.filter(({ state }) => !state.isDegraded);
  const share = sum(well.map(actual)) / sum(terrestrial.map(nominal));
  const wasEnough = current === undefined || current === 'nominal';
  if (share >= (wasEnough ? ENOUGH : ENOUGH_AGAIN)) return { condition: 'nominal', reasons: [] };
  const flawed = terrestrial.filter((link) => !well.includes(link)).map(because);
  const scarce =
    well.length === 0 ? [] : [`what works well carries ${Math.round(share * 100)} % of what all should`];
  return { condition: 'degraded', reasons: [...flawed, ...scarce] };
}

function isThere({ state, opensAtMs = Infinity }: NodeLink, nowMs: number): boolean {
  if (isUsable(state)) return true;
  const mayCome =
    state.status === 'opening' || (state.status === 'closed' && opensAtMs - nowMs <= CONTACT_AHEAD_MS);
  return mayCome && state.missedContacts < MISSED_MAX + (state.status === 'opening' ? 1 : 0);
}

const because = ({ linkId, state }: NodeLink): string =>
  `${linkId} ${state.status}${state.reasons.length === 0 ? '' : `: ${state.reasons.join(', ')}`}`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
