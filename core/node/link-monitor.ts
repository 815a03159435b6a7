/**
 * Measures a node's own links to its neighbour: frames and times go in, frames to send come out. The host sends what is
 * `due`, tells what it heard, and looks again at `nextLookMs`.
 */
import { probeIntervalMs } from '../link-health/probe-schedule.ts';
import { LinkHealth } from '../link-health/link-health.ts';
import type { Nominal } from '../link-health/quality.ts';
import { isUsable, type LinkState } from '../link-health/state.ts';
import type { Random } from '../ports/random.ts';
import type { Frame, MeasuredChannel } from './frames.ts';
import { CHANNELS, type Channel } from './node.ts';

export interface MonitoredChannel extends Nominal {
  /** Between probes. @default the channel's, longer where the link is thin */
  intervalMs?: number;
}

export interface MonitorSettings {
  channels: Partial<Record<Channel, MonitoredChannel>>;
  /** What is measured is reported at least so often, unchanged or not. @default `REPORT_MS` */
  reportMs?: number;
}

export interface Saying {
  channel: Channel;
  frame: Frame;
}

export const REPORT_MS = 10_000;

interface Watched {
  channel: Channel;
  health: LinkHealth;
  isConnected: boolean;
  /** Since when it is not. */
  lostMs: number;
}

export class LinkMonitor {
  readonly #watched: readonly Watched[];
  readonly #reportMs: number;
  #reportDueMs = -Infinity;
  /** What was last reported, without what changes all the time. */
  #reported = '';

  /** Nothing is connected yet. Errors: `InvalidInput`. */
  constructor({ channels, reportMs = REPORT_MS }: MonitorSettings, random: Random, nowMs: number) {
    this.#reportMs = reportMs;
    this.#watched = CHANNELS.flatMap((channel) => {
      const settings = channels[channel];
      if (settings === undefined) return [];
      const { intervalMs = probeIntervalMs(channel, settings.rateBitsPerSecond), ...nominal } = settings;
      const health = new LinkHealth({ intervalMs, nominal }, random);
      return [{ channel, health, isConnected: false, lostMs: nowMs }];
    });
  }

  connected(channel: Channel, nowMs: number): void {
    const watched = this.#of(channel);
    if (watched === undefined || watched.isConnected) return;
    watched.isConnected = true;
    watched.health.open(nowMs);
  }

  /** Its connection broke: there is nothing to wait for. */
  lost(channel: Channel, nowMs: number): void {
    const watched = this.#of(channel);
    if (watched === undefined || !watched.isConnected) return;
    watched.isConnected = false;
    watched.lostMs = nowMs;
    watched.health.close(nowMs);
  }

  heard(channel: Channel, frame: Frame, nowMs: number): void {
    const health = this.#of(channel)?.health;
    if (frame.type === 'echo') health?.answered(frame.sequence, nowMs);
    else if (frame.type === 'accepted') health?.acknowledged(nowMs);
  }

  /** Probes, and what was measured where it changed or was long not told. */
  due(nowMs: number): Saying[] {
    const said: Saying[] = [];
    for (const { channel, health, isConnected } of this.#watched)
      if (isConnected && health.probeDueMs <= nowMs)
        said.push({ channel, frame: { type: 'probe', sequence: health.probe(nowMs) } });
    return [...said, ...this.#report(nowMs)];
  }

  get nextLookMs(): number {
    const looks = this.#watched.flatMap(({ health, isConnected }) =>
      isConnected ? [health.probeDueMs, health.nextLookMs] : [],
    );
    return Math.min(this.#reportDueMs, ...looks);
  }

  state(channel: Channel, nowMs: number): LinkState | undefined {
    const watched = this.#of(channel);
    if (watched === undefined) return undefined;
    const state = watched.health.state(nowMs);
    if (watched.isConnected) return state;
    return { ...state, status: 'down', sinceMs: watched.lostMs, reasons: ['there is no connection'] };
  }

  /** Of every channel; probes go there and back, so of both directions. */
  measured(nowMs: number): MeasuredChannel[] {
    return this.#watched.map(({ channel }) => {
      const { sinceMs, ...state } = this.state(channel, nowMs)!;
      return { ...state, channel, forMs: Math.max(0, nowMs - sinceMs) };
    });
  }

  #of = (channel: Channel): Watched | undefined => this.#watched.find((one) => one.channel === channel);

  #report(nowMs: number): Saying[] {
    const channels = this.measured(nowMs);
    const gist = JSON.stringify(channels.map(({ status, isDegraded }) => [status, isDegraded]));
    if (gist === this.#reported && nowMs < this.#reportDueMs) return [];
    const ways = this.#ways(nowMs);
    this.#reportDueMs = nowMs + this.#reportMs;
    if (ways.length === 0) return [];
    this.#reported = gist;
    return ways.map((channel) => ({ channel, frame: { type: 'health', channels } }));
  }

  /** The first that is usable, or else all that might be. */
  #ways(nowMs: number): Channel[] {
    const connected = this.#watched.filter(({ isConnected }) => isConnected);
    const usable = connected.find(({ health }) => isUsable(health.state(nowMs)));
    return (usable === undefined ? connected : [usable]).map(({ channel }) => channel);
  }
}
