/** The channel that the precedences of one order go over, and when it changes. */
import { lasting } from '../link-health/state.ts';
import type { Channel } from '../node/node.ts';
import type { Precedence } from '../satellite/precedence.ts';
import type { ChannelRecord } from './channel.ts';
import type { Decision } from './failover.ts';
import type { CheckedPolicy } from './policy.ts';

type Records = ReadonlyMap<Channel, ChannelRecord>;

/** Faults of a channel that still works, the heavier ones heavier than all lighter ones. */
const DEGRADED = 1;
const ENDING = 2;

/** What a `Route` knows that no look at its channels tells, as JSON holds it. */
export interface RouteMemory {
  active?: Channel;
  prepared?: Channel;
  outSinceMs?: number;
}

export class Route {
  readonly order: readonly Channel[];
  readonly precedences: readonly Precedence[];
  readonly #policy: CheckedPolicy;
  #active: Channel | undefined;
  #prepared: Channel | undefined;
  /** Since when there is none, after there was one. */
  #outSinceMs: number | undefined;

  constructor(order: readonly Channel[], precedences: readonly Precedence[], policy: CheckedPolicy) {
    this.order = order;
    this.precedences = precedences;
    this.#policy = policy;
  }

  get active(): Channel | undefined {
    return this.#active;
  }

  memory(): RouteMemory {
    return {
      ...(this.#active && { active: this.#active }),
      ...(this.#prepared && { prepared: this.#prepared }),
      ...(this.#outSinceMs !== undefined && { outSinceMs: this.#outSinceMs }),
    };
  }

  restore({ active, prepared, outSinceMs }: RouteMemory, records: Records): void {
    this.#active = active !== undefined && records.has(active) ? active : undefined;
    this.#prepared = prepared;
    this.#outSinceMs = outSinceMs;
  }

  /** @param left channels that were left in this look: several routes that leave one for the same reason are one flap */
  decide(records: Records, nowMs: number, left: Set<ChannelRecord>): Decision | undefined {
    const active = this.#active === undefined ? undefined : records.get(this.#active)!;
    const best = this.#best(records, nowMs);
    if (active === undefined) return best === undefined ? undefined : this.#begin(best, nowMs);
    if (!active.isUsable) return this.#leave(active, best, records, nowMs);
    if (best === undefined || best === active) return this.#prepare(active, records, nowMs);
    if (this.#faults(active, nowMs) > this.#faults(best, nowMs)) {
      // It could come and go as often as a failure.
      if (!this.#isEnding(active, nowMs) && !left.has(active)) active.damping.flap(nowMs);
      left.add(active);
      return this.#leave(active, best, records, nowMs);
    }
    return nowMs >= this.#returnAtMs(best)
      ? this.#return(active, best, nowMs)
      : this.#prepare(active, records, nowMs);
  }

  nextLookMs(records: Records, nowMs: number): number {
    const active = this.#active === undefined ? undefined : records.get(this.#active);
    let nextMs = after(nowMs, (active?.view.closesAtMs ?? Infinity) - this.#policy.leadMs);
    let isPreferred = true;
    for (const channel of this.order) {
      const record = records.get(channel);
      if (record === undefined) continue;
      if (record === active) isPreferred = false;
      nextMs = Math.min(nextMs, after(nowMs, record.damping.reuseAtMs(nowMs) ?? Infinity));
      if (isPreferred && record.wellSinceMs < Infinity)
        nextMs = Math.min(nextMs, after(nowMs, this.#returnAtMs(record)));
    }
    return nextMs;
  }

  /** The one with the fewest faults, of these the first in the order. */
  #best(records: Records, nowMs: number, except?: ChannelRecord): ChannelRecord | undefined {
    let best: ChannelRecord | undefined;
    let least = Infinity;
    for (const channel of this.order) {
      const record = records.get(channel);
      if (record === undefined || record === except || !record.isUsable || record.isSuppressed(nowMs))
        continue;
      const faults = this.#faults(record, nowMs);
      if (faults < least) [best, least] = [record, faults];
    }
    return best;
  }

  #faults(record: ChannelRecord, nowMs: number): number {
    const degraded = this.#policy.leavesDegraded && record.view.state.isDegraded ? DEGRADED : 0;
    return degraded + (this.#isEnding(record, nowMs) ? ENDING : 0);
  }

  #isEnding(record: ChannelRecord, nowMs: number): boolean {
    return (record.view.closesAtMs ?? Infinity) - nowMs <= this.#policy.leadMs;
  }

  #returnAtMs(record: ChannelRecord): number {
    return this.#policy.isRevertive ? record.wellSinceMs + this.#policy.returnAfterMs : Infinity;
  }

  #begin(best: ChannelRecord, nowMs: number): Decision {
    const outSinceMs = this.#outSinceMs;
    this.#set(best.channel);
    const { channel } = best;
    return outSinceMs === undefined
      ? this.#decision('start', nowMs, {
          to: channel,
          reason: `chose ${channel}: the first of its order that works`,
        })
      : this.#decision('restored', nowMs, {
          to: channel,
          reason: `chose ${channel}: works, after ${lasting(nowMs - outSinceMs)} without any`,
        });
  }

  #leave(active: ChannelRecord, best: ChannelRecord | undefined, records: Records, nowMs: number): Decision {
    const { leadMs } = this.#policy;
    const isPlanned = active.isUsable ? this.#isEnding(active, nowMs) : active.view.state.status === 'closed';
    const why = active.reason(nowMs, leadMs);
    this.#set(best?.channel);
    if (best === undefined) {
      this.#outSinceMs = nowMs;
      const reason = `nothing left after ${active.channel}: ${why}`;
      return this.#decision('outage', nowMs, { from: active.channel, isPlanned, reason });
    }
    const passed = this.order
      .slice(0, this.order.indexOf(best.channel))
      .map((channel) => records.get(channel))
      .filter((record) => record !== undefined && record !== active)
      .map((record) => `; ${record!.channel} ${record!.reason(nowMs, leadMs)}`);
    const reason = `chose ${best.channel} over ${active.channel}: ${why}${passed.join('')}`;
    return this.#decision('failover', nowMs, {
      from: active.channel,
      to: best.channel,
      isPlanned,
      reason,
      ...this.#drain(active, nowMs),
    });
  }

  #return(active: ChannelRecord, best: ChannelRecord, nowMs: number): Decision {
    this.#set(best.channel);
    return this.#decision('return', nowMs, {
      from: active.channel,
      to: best.channel,
      reason: `chose ${best.channel} over ${active.channel}: ${best.reason(nowMs, this.#policy.leadMs)}`,
      ...this.#drain(active, nowMs),
    });
  }

  /** The next one is got ready as soon as this one falls silent, and only once. */
  #prepare(active: ChannelRecord, records: Records, nowMs: number): Decision | undefined {
    if (active.view.state.status !== 'suspect') {
      this.#prepared = undefined;
      return undefined;
    }
    const next = this.#best(records, nowMs, active);
    if (next === undefined || next.channel === this.#prepared) return undefined;
    this.#prepared = next.channel;
    const reason = `prepares ${next.channel}: ${active.channel} ${active.view.state.reasons.join(', ')}`;
    return this.#decision('prepare', nowMs, { from: active.channel, to: next.channel, reason });
  }

  #drain(active: ChannelRecord, nowMs: number): Pick<Decision, 'drainUntilMs'> {
    if (!active.isUsable) return {};
    return { drainUntilMs: Math.min(nowMs + this.#policy.drainMsMax, active.view.closesAtMs ?? Infinity) };
  }

  #set(channel: Channel | undefined): void {
    this.#active = channel;
    this.#prepared = undefined;
    this.#outSinceMs = undefined;
  }

  #decision(
    kind: Decision['kind'],
    atMs: number,
    rest: Pick<Decision, 'reason' | 'from' | 'to' | 'drainUntilMs'> & { isPlanned?: boolean },
  ): Decision {
    return { kind, atMs, precedences: this.precedences, isPlanned: false, ...rest };
  }
}

const after = (nowMs: number, timeMs: number): number => (timeMs > nowMs ? timeMs : Infinity);
