/** Over which channel a neighbour is reached now, as failover decides by what is measured and planned of its links. */
import { NotFound } from '../errors.ts';
import { type Decision, Failover, type Parcel } from '../failover/failover.ts';
import type { FailoverPolicy } from '../failover/policy.ts';
import { budgetOf, RetryBudget, retryAt, retryOf } from '../link-health/retry.ts';
import { freshState } from '../network/fresh.ts';
import type { Registered } from '../network/network.ts';
import type { NetworkContact, NetworkView } from '../network/view.ts';
import { type Channel, CHANNELS } from '../node/node.ts';
import type { Clock } from '../ports/clock.ts';
import type { FailoverMemories } from '../ports/failover-memories.ts';
import type { NetworkStore } from '../ports/network-store.ts';
import type { Random } from '../ports/random.ts';
import type { Precedence } from '../satellite/precedence.ts';
import { always, bestOf, GONE, inContacts, type Seen } from './channel-views.ts';
import { keep, recall, type Remembered } from './remembered.ts';

/** A channel to a neighbour, and what it goes over now. */
export interface Way {
  channel: Channel;
  /** As `NetworkHop.link`. */
  link: string;
  /** For so many bytes, one way. */
  takesMs: number;
  /** When its contact ends; absent where the link is always there. */
  closesMs?: number;
}

export interface WayChoice {
  /** Over each of them at once; none: it waits. */
  ways: Way[];
  reason: string;
  /** Where it waits: when a contact is planned. */
  waitUntilMs?: number;
}

export interface Channels {
  /**
   * @param avoid channels that had their turn
   * @param isRepeat it went before, and was not acknowledged
   */
  choose(to: string, parcel: Parcel, avoid: ReadonlySet<Channel>, isRepeat?: boolean): Promise<WayChoice>;
  /** Where nothing works: a channel that is believed down, and whose turn for a try it is. */
  resort(to: string, parcel: Parcel): Promise<WayChoice>;
  /** Takes in how things are now, for each neighbour that was asked for; a channel must work for a while to be returned to. */
  look(): Promise<void>;
  /** Something came through. */
  acknowledged(to: string, channel: Channel, precedence: Precedence): void;
  /** When the next round may begin, after so many; at most the parcel's expiry. */
  nextRoundMs(to: string, parcel: Parcel, rounds: number): number;
}

export interface ChannelsPorts {
  /** Id of this node. */
  node: string;
  view: Pick<NetworkView, 'registered' | 'contacts'>;
  network: Pick<NetworkStore, 'linkStates'>;
  clock: Clock;
  random: Random;
  /** @default that of `checkPolicy` */
  policy?: FailoverPolicy;
  /** A neighbour is reached over another channel than before. */
  decided?: (to: string, decision: Decision) => void | Promise<void>;
  /** Shared with other processes of this host. @default there are none, and what is known ends with the process */
  memories?: FailoverMemories;
}

interface Neighbour extends Remembered {
  budgets: Map<Precedence, RetryBudget>;
  known: Map<Channel, Seen>;
  contacts?: { version: number; fromMs: number; contacts: readonly NetworkContact[] };
}

/** So long a list of contacts is good for; they are planned for a day. */
const CONTACTS_MS = 600_000;

/** Keeps a `Failover` for each neighbour, for as long as the process lives, or as it is remembered. */
export class NeighbourChannels implements Channels {
  readonly #ports: ChannelsPorts;
  readonly #neighbours = new Map<string, Neighbour>();

  constructor(ports: ChannelsPorts) {
    this.#ports = ports;
  }

  async choose(
    to: string,
    parcel: Parcel,
    avoid: ReadonlySet<Channel>,
    isRepeat?: boolean,
  ): Promise<WayChoice> {
    const neighbour = await this.#look(to);
    const { channels, reason, waitUntilMs } = neighbour.failover.choose(
      parcel,
      this.#ports.clock.now(),
      avoid,
      isRepeat,
    );
    const ways = channels.map((channel) => wayOf(neighbour, channel, parcel));
    return { ways, reason, ...(waitUntilMs !== undefined && { waitUntilMs }) };
  }

  async resort(to: string, parcel: Parcel): Promise<WayChoice> {
    const neighbour = await this.#look(to);
    const { channel, atMs } = neighbour.failover.resort(parcel.precedence, this.#ports.clock.now());
    if (channel === undefined) return { ways: [], reason: 'no channel works', waitUntilMs: atMs };
    const reason = `${channel}: believed down, but nothing else is left`;
    return { ways: [wayOf(neighbour, channel, parcel)], reason };
  }

  async look(): Promise<void> {
    for (const to of this.#neighbours.keys()) await this.#look(to);
  }

  acknowledged(to: string, channel: Channel, precedence: Precedence): void {
    const neighbour = this.#neighbourOf(to);
    neighbour.failover.cameThrough(channel);
    budgetIn(neighbour, precedence).succeeded();
  }

  nextRoundMs(to: string, { precedence, expiresAtMs }: Parcel, rounds: number): number {
    const budget = budgetIn(this.#neighbourOf(to), precedence);
    const failed = { tries: Math.max(1, rounds), deadlineMs: expiresAtMs, tryMs: 0 };
    const settings = retryOf(precedence);
    const again = retryAt(failed, this.#ports.clock.now(), { random: this.#ports.random, budget, settings });
    return 'atMs' in again ? again.atMs : expiresAtMs;
  }

  #neighbourOf(to: string): Neighbour {
    const known = this.#neighbours.get(to);
    if (known !== undefined) return known;
    const failover = new Failover(this.#ports.policy);
    const fresh = { failover, version: 0, gist: '', budgets: new Map(), known: new Map() };
    this.#neighbours.set(to, fresh);
    return fresh;
  }

  async #look(to: string): Promise<Neighbour> {
    const { clock, view, network, node, decided, memories } = this.#ports;
    const neighbour = this.#neighbourOf(to);
    const registered = await view.registered();
    const [contacts, states] = [await this.#contacts(to, neighbour, registered), await network.linkStates()];
    const kept = await memories?.get(to);
    const nowMs = clock.now();
    const links = registered.links.filter((link) => link.from === node && link.to === to);
    const measured = new Map(states.map((state) => [state.linkId, freshState(state, nowMs)] as const));
    const seen = [
      ...links.filter(({ viaContacts }) => viaContacts !== true).map((link) => always(link, measured)),
      ...inContacts(contacts, links, measured, nowMs),
    ];
    const isKnown = (channel: Channel) =>
      neighbour.known.has(channel) || seen.some((one) => one.channel === channel);
    if (kept) recall(neighbour, kept, isKnown, nowMs);
    const decisions: Decision[] = [];
    for (const channel of CHANNELS) {
      const best = bestOf(seen.filter((one) => one.channel === channel)) ?? neighbour.known.get(channel);
      if (best === undefined) continue;
      const isGone = !seen.some((one) => one.channel === channel);
      const now = isGone ? { ...best, view: { ...best.view, state: GONE } } : best;
      neighbour.known.set(channel, now);
      decisions.push(...neighbour.failover.observe(channel, now.view, nowMs));
    }
    const own = memories ? await keep(to, neighbour, memories, decisions, nowMs) : decisions;
    for (const decision of own) await decided?.(to, decision);
    return neighbour;
  }

  async #contacts(to: string, neighbour: Neighbour, { version }: Registered) {
    const { clock, view, node } = this.#ports;
    const nowMs = clock.now();
    const known = neighbour.contacts;
    const isFresh = known?.version === version && nowMs >= known.fromMs && nowMs < known.fromMs + CONTACTS_MS;
    if (isFresh) return known.contacts;
    const contacts = await contactsOf(view, node, to, nowMs);
    neighbour.contacts = { version, fromMs: nowMs, contacts };
    return contacts;
  }
}

/** None where the network no longer knows either. */
async function contactsOf(
  view: ChannelsPorts['view'],
  from: string,
  to: string,
  atMs: number,
): Promise<readonly NetworkContact[]> {
  try {
    return (await view.contacts({ from, to, atMs })).contacts;
  } catch (error) {
    if (error instanceof NotFound) return [];
    throw error;
  }
}

function budgetIn({ budgets }: Neighbour, precedence: Precedence): RetryBudget {
  const budget = budgets.get(precedence) ?? new RetryBudget(budgetOf(precedence));
  budgets.set(precedence, budget);
  return budget;
}

function wayOf({ known, failover }: Neighbour, channel: Channel, { sizeBytes }: Parcel): Way {
  const { link, view } = known.get(channel)!;
  const { closesAtMs } = view;
  const takesMs = failover.takesMs(channel, sizeBytes);
  return { channel, link, takesMs, ...(closesAtMs !== undefined && { closesMs: closesAtMs }) };
}
