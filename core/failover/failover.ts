/**
 * Which channel to a peer carries what, as a state machine: states of channels and times go in, decisions with their
 * reasons come out. One for each peer and policy.
 *
 * - What is chosen stays chosen until it fails, is about to end as planned, works badly where another works well
 *   (if the policy says so), or one that is preferred has worked for a while.
 * - The next channel is prepared when the present one falls silent, and the former one finishes what it began where it
 *   still can: make before break.
 * - A channel that came and went too often is not chosen until it was calm; bundles still go over it one by one where
 *   nothing else works.
 */
import { InvalidInput } from '../errors.ts';
import { checkNumber, checkTime, DAY_MS } from '../link-health/checks.ts';
import { type Channel, CHANNELS } from '../node/node.ts';
import { PRECEDENCES, type Precedence } from '../satellite/precedence.ts';
import { type ChannelMemory, ChannelRecord, type ChannelView } from './channel.ts';
import { checkPolicy, type CheckedPolicy, type FailoverPolicy } from './policy.ts';
import { Route, type RouteMemory } from './route.ts';

/** Metric, without the prefix of all: switches from one channel to another, `kind` being `failover` or `return`. */
export const FAILOVERS_TOTAL = 'failovers_total';
/** Metric, without the prefix of all: bundles that wait for a satellite. */
export const SATELLITE_QUEUE_DEPTH = 'satellite_queue_depth';

/**
 * `start`: the first channel; `failover`: another, because of the former; `return`: a preferred one, because it works
 * again; `outage`: none is left; `restored`: one is there again; `prepare`: get `to` ready, `from` has fallen silent.
 */
export const DECISION_KINDS = ['start', 'failover', 'return', 'outage', 'restored', 'prepare'] as const;

export interface Decision {
  kind: (typeof DECISION_KINDS)[number];
  atMs: number;
  /** Those that it is for. */
  precedences: readonly Precedence[];
  from?: Channel;
  to?: Channel;
  /** The plan had it so: a contact ended. */
  isPlanned: boolean;
  /** `from` still works: what went over it may finish until then. */
  drainUntilMs?: number;
  /** `chose satellite over primary: down, nothing came back for 3 s` */
  reason: string;
}

export interface Parcel {
  precedence: Precedence;
  sizeBytes: number;
  /** When it is worthless; Infinity where it never is. */
  expiresAtMs: number;
}

export interface Choice {
  /** Over each of them; none: it waits. */
  channels: Channel[];
  reason: string;
  /** Where it waits: when a contact is planned. */
  waitUntilMs?: number;
}

/** What has to outlive a process for another one to decide as it would have; as JSON holds it. */
export interface FailoverMemory {
  /** By the orders of the policy, their channels joined with commas. */
  routes: Record<string, RouteMemory>;
  channels: Partial<Record<Channel, ChannelMemory>>;
}

const RATE_MAX = 1e15;

export class Failover {
  readonly #policy: CheckedPolicy;
  readonly #routes: Route[];
  readonly #routeOf: Record<Precedence, Route>;
  readonly #records = new Map<Channel, ChannelRecord>();
  readonly #left = new Set<ChannelRecord>();
  #nowMs = -Infinity;

  constructor(policy: FailoverPolicy = {}) {
    this.#policy = checkPolicy(policy);
    const byOrder = Map.groupBy(PRECEDENCES, (precedence) => this.#policy.orders[precedence].join());
    this.#routes = [...byOrder.values()].map(
      (precedences) => new Route(this.#policy.orders[precedences[0]!], precedences, this.#policy),
    );
    this.#routeOf = Object.fromEntries(
      this.#routes.flatMap((route) => route.precedences.map((precedence) => [precedence, route])),
    ) as Record<Precedence, Route>;
  }

  /** A channel is as it is now. Throws `InvalidInput` for a delay or rate that can't be. */
  observe(channel: Channel, view: ChannelView, nowMs: number): Decision[] {
    const atMs = this.#advance(nowMs);
    checkView(channel, view);
    const record = this.#records.get(channel);
    if (record === undefined)
      this.#records.set(channel, new ChannelRecord(channel, view, this.#policy.damping, atMs));
    else record.update(view, atMs);
    return this.look(atMs);
  }

  memory(nowMs: number): FailoverMemory {
    const atMs = this.#advance(nowMs);
    return {
      routes: Object.fromEntries(this.#routes.map((route) => [route.order.join(), route.memory()])),
      channels: Object.fromEntries(
        [...this.#records].map(([channel, record]) => [channel, record.memory(atMs)]),
      ),
    };
  }

  /** Goes on from what another one knew; of a policy that has changed since, as far as it fits. */
  restore({ routes, channels }: FailoverMemory, nowMs: number): void {
    const atMs = this.#advance(nowMs);
    this.#records.clear();
    for (const channel of CHANNELS) {
      const memory = channels[channel];
      if (memory === undefined) continue;
      this.#records.set(channel, ChannelRecord.restored(channel, memory, this.#policy.damping, atMs));
    }
    for (const route of this.#routes) route.restore(routes[route.order.join()] ?? {}, this.#records);
  }

  /** Lets time have its effect. */
  look(nowMs: number): Decision[] {
    const atMs = this.#advance(nowMs);
    const decisions: Decision[] = [];
    this.#left.clear();
    for (const route of this.#routes) {
      const decision = route.decide(this.#records, atMs, this.#left);
      if (decision !== undefined) decisions.push(decision);
    }
    return decisions;
  }

  /** When to look again though nothing happens. */
  get nextLookMs(): number {
    return Math.min(...this.#routes.map((route) => route.nextLookMs(this.#records, this.#nowMs)));
  }

  /** The channel that a precedence goes over; undefined where there is none. */
  active(precedence: Precedence): Channel | undefined {
    return this.#routeOf[precedence].active;
  }

  /**
   * Over what to send a bundle now: the channel that was decided on, then the others by the policy's order, then those
   * that came and went too often. One that can't deliver it before it expires is none.
   * @param avoid channels to leave out: just tried, full, or cut by a breaker
   * @param isRepeat it went before, and was not acknowledged
   */
  choose(parcel: Parcel, nowMs: number, avoid: ReadonlySet<Channel> = new Set(), isRepeat = false): Choice {
    const { precedence, sizeBytes, expiresAtMs } = parcel;
    const atMs = this.#advance(nowMs);
    const { order, active } = this.#routeOf[precedence];
    const usable = this.#known(order).filter((record) => record.isUsable);
    const inTime = usable.filter((record) => record.arrivalMs(sizeBytes, atMs) <= expiresAtMs);
    const rank = (record: ChannelRecord): number =>
      record.isSuppressed(atMs) ? 2 : record.channel === active ? 0 : 1;
    const floods = isRepeat && this.#policy.floods.includes(precedence);
    const copies = floods ? CHANNELS.length : this.#policy.copies[precedence];
    const chosen = inTime
      .filter(({ channel }) => !avoid.has(channel))
      .toSorted((a, b) => rank(a) - rank(b))
      .slice(0, copies);
    const [first] = chosen;
    if (first !== undefined) {
      const channels = chosen.map(({ channel }) => channel);
      if (floods && channels.length > 1)
        return { channels, reason: `${channels.join(', ')}: it was not acknowledged` };
      const why = first.channel === active ? 'decided on' : first.reason(atMs, this.#policy.leadMs);
      return { channels, reason: `${first.channel}: ${why}` };
    }
    if (inTime.length > 0)
      return { channels: [], reason: 'those that work were just tried, are full or cut' };
    if (usable.length > 0) return { channels: [], reason: 'none delivers it before it expires' };
    return this.#wait(order, atMs);
  }

  /**
   * Where nothing that works is left: a channel that is believed down, and whose turn for a try it is. Each is tried
   * by one bundle now and then, of the precedences that the policy names, so that a storm of them costs no more than
   * one. Without a channel, `atMs` is when to ask again; Infinity: never.
   */
  resort(precedence: Precedence, nowMs: number): { channel?: Channel; atMs: number } {
    const atMs = this.#advance(nowMs);
    if (!this.#policy.triesDown.includes(precedence)) return { atMs: Infinity };
    let againMs = Infinity;
    for (const record of this.#known(this.#routeOf[precedence].order)) {
      if (record.tryDown(atMs)) return { channel: record.channel, atMs };
      againMs = Math.min(againMs, record.triesDownAtMs);
    }
    return { atMs: againMs };
  }

  /** A bundle was acknowledged over it: where it is believed down, the next one has its turn at once. */
  cameThrough(channel: Channel): void {
    this.#records.get(channel)?.cameThrough();
  }

  /** How long a bundle takes over a channel, unless it is down; Infinity over one that isn't known. */
  takesMs(channel: Channel, sizeBytes: number): number {
    return this.#records.get(channel)?.arrivalMs(sizeBytes, 0) ?? Infinity;
  }

  #wait(order: readonly Channel[], nowMs: number): Choice {
    const opensMs = this.#known(order).map(({ view }) => view.opensAtMs ?? Infinity);
    const waitUntilMs = Math.min(Infinity, ...opensMs.filter((time) => time > nowMs));
    const reason = 'no channel works';
    return waitUntilMs === Infinity ? { channels: [], reason } : { channels: [], reason, waitUntilMs };
  }

  #known(order: readonly Channel[]): ChannelRecord[] {
    return order.map((channel) => this.#records.get(channel)).filter((record) => record !== undefined);
  }

  #advance(nowMs: number): number {
    this.#nowMs = Math.max(this.#nowMs, checkTime(nowMs));
    return this.#nowMs;
  }
}

function checkView(
  channel: Channel,
  { delayMs, rateBitsPerSecond, opensAtMs, closesAtMs }: ChannelView,
): void {
  checkNumber('delayMs', delayMs, { least: 0, most: DAY_MS });
  checkNumber('rateBitsPerSecond', rateBitsPerSecond, { least: 1e-3, most: RATE_MAX });
  if (Number.isNaN(opensAtMs) || Number.isNaN(closesAtMs))
    throw new InvalidInput(
      `The contact of ${channel} opens at ${opensAtMs} and closes at ${closesAtMs}.`,
      'Give milliseconds, or leave them out.',
    );
}
