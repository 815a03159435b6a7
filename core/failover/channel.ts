/** What failover knows of one channel to a peer. */
import { type DampingMemory, type DampingSettings, FlapDamping } from '../link-health/flap-damping.ts';
import { isUsable, lasting, type LinkState, linkState, type LinkStatus } from '../link-health/state.ts';
import type { Channel } from '../node/node.ts';

/** How often a channel that is believed down is tried with a bundle. */
const TRY_DOWN_EVERY_MS = 2000;

/** A channel as it is now: its health, and what is planned of it. */
export interface ChannelView {
  state: LinkState;
  /** One way. */
  delayMs: number;
  rateBitsPerSecond: number;
  /** When its contact ends, where that is planned. */
  closesAtMs?: number;
  /** When its next contact begins, where that is planned. */
  opensAtMs?: number;
}

/** What a `ChannelRecord` knows that no look at the channel tells, as JSON holds it. */
export interface ChannelMemory extends Pick<ChannelView, 'delayMs' | 'rateBitsPerSecond' | 'closesAtMs'> {
  status: LinkStatus;
  isDegraded: boolean;
  /** Absent where it doesn't work well. */
  wellSinceMs?: number;
  damping?: DampingMemory;
}

export class ChannelRecord {
  readonly channel: Channel;
  readonly damping: FlapDamping;
  view: ChannelView;
  /** Since when it works well, without a break; Infinity where it doesn't. */
  wellSinceMs: number;
  #triedDownMs = -Infinity;

  constructor(channel: Channel, view: ChannelView, damping: DampingSettings, nowMs: number) {
    this.channel = channel;
    this.damping = new FlapDamping(damping);
    this.view = view;
    this.wellSinceMs = isWell(view) ? nowMs : Infinity;
  }

  static restored(channel: Channel, memory: ChannelMemory, damping: DampingSettings, nowMs: number) {
    const { status, isDegraded, wellSinceMs = Infinity, damping: flaps, ...planned } = memory;
    const view = { ...planned, state: linkState(status, { isDegraded }) };
    const record = new ChannelRecord(channel, view, damping, nowMs);
    record.wellSinceMs = wellSinceMs;
    record.damping.restore(flaps, nowMs);
    return record;
  }

  memory(nowMs: number): ChannelMemory {
    const { delayMs, rateBitsPerSecond, closesAtMs, state } = this.view;
    const damping = this.damping.memory(nowMs);
    return {
      status: state.status,
      isDegraded: state.isDegraded,
      delayMs,
      rateBitsPerSecond,
      ...(closesAtMs !== undefined && { closesAtMs }),
      ...(this.wellSinceMs < Infinity && { wellSinceMs: this.wellSinceMs }),
      ...(damping && { damping }),
    };
  }

  get isUsable(): boolean {
    return isUsable(this.view.state);
  }

  /** Takes in how it is now. Working and then down is a flap; closed as planned is none. */
  update(view: ChannelView, nowMs: number): void {
    if (this.isUsable && view.state.status === 'down') this.damping.flap(nowMs);
    if (!isWell(view)) this.wellSinceMs = Infinity;
    else if (this.wellSinceMs === Infinity) this.wellSinceMs = nowMs;
    this.view = view;
  }

  /** When it may be tried though it is believed down; Infinity where it works, or is closed as planned. */
  get triesDownAtMs(): number {
    const { status } = this.view.state;
    return status === 'down' || status === 'opening' ? this.#triedDownMs + TRY_DOWN_EVERY_MS : Infinity;
  }

  /** Takes the turn, if it is there. */
  tryDown(nowMs: number): boolean {
    if (nowMs < this.triesDownAtMs) return false;
    this.#triedDownMs = nowMs;
    return true;
  }

  /** Something came through: the next one need not wait. */
  cameThrough(): void {
    this.#triedDownMs = -Infinity;
  }

  isSuppressed(nowMs: number): boolean {
    return this.damping.isSuppressed(nowMs);
  }

  /** When a bundle that is sent now has arrived. */
  arrivalMs(sizeBytes: number, nowMs: number): number {
    return nowMs + this.view.delayMs + (sizeBytes * 8000) / this.view.rateBitsPerSecond;
  }

  /** Why it is not what one would rather have. */
  reason(nowMs: number, leadMs: number): string {
    const { state, closesAtMs = Infinity } = this.view;
    if (!this.isUsable) return [state.status, ...state.reasons].join(', ');
    if (closesAtMs - nowMs <= leadMs) return `its contact ends in ${lasting(closesAtMs - nowMs)}`;
    const reuseAtMs = this.damping.reuseAtMs(nowMs);
    if (reuseAtMs !== undefined)
      return `came and went too often, not trusted for ${lasting(reuseAtMs - nowMs)}`;
    if (state.isDegraded) return ['degraded', ...state.reasons].join(', ');
    return this.wellSinceMs === Infinity ? 'works' : `has worked for ${lasting(nowMs - this.wellSinceMs)}`;
  }
}

const isWell = ({ state }: ChannelView): boolean => isUsable(state) && !state.isDegraded;
