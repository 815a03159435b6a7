/** Channels that fail at random, in virtual time: their links are probed, a route is kept, and FLASH bundles go over it. */
import { switchesMax } from '../../core/failover/bound.ts';
import { Delivery } from '../../core/failover/delivery.ts';
import { type Decision, Failover } from '../../core/failover/failover.ts';
import { LinkHealth } from '../../core/link-health/link-health.ts';
import { budgetOf, RetryBudget } from '../../core/link-health/retry.ts';
import type { LinkStatus } from '../../core/link-health/state.ts';
import { type Channel, CHANNELS } from '../../core/node/node.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { drawOutages, isCut, longestLifeMs, type Outages } from './outage-schedule.ts';

/** A channel that works without a break for so long gives a bundle time to go over it, whatever is believed of it. */
export const LIVES_MS = 15_000;
export const OUTAGES_LAST_MS = 180_000;
const INTERVAL_MS = 1000;
const BUNDLE_EVERY_MS = 5000;
const BUNDLE_BYTES = 2000;
/** Beyond what it takes there and back until it counts as not acknowledged. */
const ACKNOWLEDGED_WITHIN_MS = 250;

const NOMINAL: Record<Channel, { delayMs: number; rateBitsPerSecond: number }> = {
  primary: { delayMs: 20, rateBitsPerSecond: 10e6 },
  secondary: { delayMs: 60, rateBitsPerSecond: 2e6 },
  satellite: { delayMs: 270, rateBitsPerSecond: 64e3 },
  mesh: { delayMs: 90, rateBitsPerSecond: 256e3 },
};

export interface OutageRun {
  flash: number;
  acknowledged: number;
  /** They expired while no channel lived for `LIVES_MS`. */
  expiredWithoutChannel: number;
  /** They expired though one did. */
  lost: number;
  switches: number;
  switchesMax: number;
  /** Outages long enough to be found that began while the link was up, and the longest that one took, in probe intervals. */
  outages: number;
  foundWithinIntervals: number;
}

export function runOutages(seed: number, lastsMs = OUTAGES_LAST_MS): OutageRun {
  return new World(new SeededRandom(seed), lastsMs).run();
}

interface Link {
  channel: Channel;
  health: LinkHealth;
  outages: Outages;
  lossRatio: number;
  /** Answers on their way, the earliest first: when, and of which probe. */
  answers: { atMs: number; sequence: number }[];
  status: LinkStatus;
  isDegraded: boolean;
  nextMs: number;
}

interface Bundle {
  delivery: Delivery;
  bornMs: number;
  expiresAtMs: number;
  nextMs: number;
  /** Over which channel it is on its way, when that ends, and whether the word of it comes. */
  flight: { channel: Channel; endsMs: number; isAcknowledged: boolean } | undefined;
}

class World {
  readonly #random: SeededRandom;
  readonly #lastsMs: number;
  readonly #links: Link[];
  readonly #failover = new Failover();
  readonly #budget = new RetryBudget(budgetOf('flash'));
  readonly #decisions: Decision[] = [];
  #bundles: Bundle[] = [];
  /** When the first of them has something to do. */
  #bundlesMs = Infinity;
  /** A bundle was acknowledged in this step. */
  #hasCome = false;
  #nextBundleMs = 0;
  #failoverMs = Infinity;
  readonly #run: OutageRun;

  constructor(random: SeededRandom, lastsMs: number) {
    this.#random = random;
    this.#lastsMs = lastsMs;
    const channels = CHANNELS.filter((channel) => channel === 'primary' || random.next() < 0.75);
    const schedules = drawOutages(channels, lastsMs, random);
    this.#links = channels.map((channel, index) => this.#link(channel, schedules[index]!));
    this.#run = {
      flash: 0,
      acknowledged: 0,
      expiredWithoutChannel: 0,
      lost: 0,
      switches: 0,
      switchesMax: switchesMax(lastsMs, channels.length),
      outages: 0,
      foundWithinIntervals: 0,
    };
  }

  run(): OutageRun {
    for (let nowMs = 0; nowMs < this.#lastsMs; nowMs = this.#nextMs) this.#step(nowMs);
    for (const { kind } of this.#decisions)
      if (kind === 'failover' || kind === 'return') this.#run.switches++;
    return this.#run;
  }

  get #nextMs(): number {
    let nextMs = Math.min(this.#nextBundleMs, this.#failoverMs);
    for (const link of this.#links) nextMs = Math.min(nextMs, link.nextMs);
    return Math.min(nextMs, this.#bundlesMs);
  }

  #step(nowMs: number): void {
    let isNews = false;
    for (const link of this.#links) if (link.nextMs <= nowMs) isNews = this.#stepLink(link, nowMs) || isNews;
    if (this.#failoverMs <= nowMs) this.#decisions.push(...this.#failover.look(nowMs));
    if (isNews || this.#failoverMs <= nowMs) this.#failoverMs = this.#failover.nextLookMs;
    if (this.#nextBundleMs <= nowMs) this.#bear(nowMs);
    if (isNews || this.#bundlesMs <= nowMs) this.#stepBundles(nowMs, isNews);
  }

  #stepBundles(nowMs: number, isNews: boolean): void {
    let hasEnded = false;
    this.#bundlesMs = Infinity;
    for (const bundle of this.#bundles) {
      if (isNews || bundle.nextMs <= nowMs) hasEnded = this.#stepBundle(bundle, nowMs) || hasEnded;
      this.#bundlesMs = Math.min(this.#bundlesMs, bundle.nextMs);
    }
    if (hasEnded) this.#bundles = this.#bundles.filter(({ nextMs }) => nextMs < Infinity);
    if (this.#hasCome) this.#askAgain(nowMs);
  }

  /** Those that wait, because another came through. */
  #askAgain(nowMs: number): void {
    this.#hasCome = false;
    for (const bundle of this.#bundles) if (bundle.flight === undefined) bundle.nextMs = nowMs;
    if (this.#bundles.length > 0) this.#bundlesMs = nowMs;
  }

  #link(channel: Channel, outages: Outages): Link {
    const { delayMs, rateBitsPerSecond } = NOMINAL[channel];
    const nominal = { rttMs: 2 * delayMs, rateBitsPerSecond };
    const health = new LinkHealth({ intervalMs: INTERVAL_MS, nominal }, this.#random);
    health.open(0);
    const lossRatio = this.#random.pick([0, 0, 0.01, 0.05, 0.2]);
    const nextMs = this.#random.next() * INTERVAL_MS;
    return { channel, health, outages, lossRatio, answers: [], status: 'closed', isDegraded: false, nextMs };
  }

  /** Whether its state changed. */
  #stepLink(link: Link, nowMs: number): boolean {
    const { health, answers, channel } = link;
    while (answers.length > 0 && answers[0]!.atMs <= nowMs) health.answered(answers.shift()!.sequence, nowMs);
    if (health.probeDueMs <= nowMs) {
      const sequence = health.probe(nowMs);
      const atMs = nowMs + 2 * NOMINAL[channel].delayMs;
      if (this.#passes(link, nowMs, atMs)) answers.push({ atMs, sequence });
    }
    const status = health.status(nowMs);
    link.nextMs = Math.min(health.probeDueMs, health.nextLookMs, answers[0]?.atMs ?? Infinity);
    if (status === link.status && health.isDegraded === link.isDegraded) return false;
    if (status === 'down') this.#found(link, nowMs);
    link.status = status;
    link.isDegraded = health.isDegraded;
    const view = { state: health.state(nowMs), ...NOMINAL[channel] };
    this.#decisions.push(...this.#failover.observe(channel, view, nowMs));
    return true;
  }

  /** How long after its beginning an outage that goes on was found. */
  #found({ outages, status }: Link, nowMs: number): void {
    const outage = outages.find(({ startMs, endMs }) => startMs <= nowMs && nowMs < endMs);
    if (outage === undefined || status === 'opening') return;
    this.#run.outages++;
    const intervals = (nowMs - outage.startMs) / INTERVAL_MS;
    this.#run.foundWithinIntervals = Math.max(this.#run.foundWithinIntervals, intervals);
  }

  #passes({ outages, lossRatio }: Link, fromMs: number, toMs: number): boolean {
    return this.#random.next() >= lossRatio && !isCut(outages, fromMs, toMs);
  }

  #bear(nowMs: number): void {
    this.#nextBundleMs = nowMs + BUNDLE_EVERY_MS * this.#random.between(0.5, 1.5);
    const expiresAtMs = nowMs + this.#random.between(30_000, 60_000);
    if (expiresAtMs >= this.#lastsMs) return;
    const parcel = { precedence: 'flash' as const, sizeBytes: BUNDLE_BYTES, expiresAtMs };
    const ports = { failover: this.#failover, budget: this.#budget, random: this.#random };
    const delivery = new Delivery(parcel, ports);
    this.#bundles.push({ delivery, bornMs: nowMs, expiresAtMs, nextMs: nowMs, flight: undefined });
    this.#bundlesMs = nowMs;
    this.#run.flash++;
  }

  /** Whether it ended. */
  #stepBundle(bundle: Bundle, nowMs: number): boolean {
    const { delivery, flight } = bundle;
    if (flight !== undefined && flight.endsMs <= nowMs) {
      bundle.flight = undefined;
      if (flight.isAcknowledged) this.#acknowledge(delivery, flight.channel, nowMs);
      else delivery.failed(flight.channel);
    }
    const step = delivery.next(nowMs);
    if (step.kind === 'ended') this.#end(bundle, step.outcome);
    else if (step.kind === 'send') this.#send(bundle, step.channels[0]!, nowMs);
    else bundle.nextMs = Math.min(step.untilMs, bundle.flight?.endsMs ?? Infinity);
    return step.kind === 'ended';
  }

  #acknowledge(delivery: Delivery, channel: Channel, nowMs: number): void {
    delivery.acknowledged(channel);
    const link = this.#links.find((candidate) => candidate.channel === channel)!;
    link.health.acknowledged(nowMs);
    link.nextMs = nowMs;
    this.#hasCome = true;
  }

  #send(bundle: Bundle, channel: Channel, nowMs: number): void {
    const link = this.#links.find((candidate) => candidate.channel === channel)!;
    const { delayMs, rateBitsPerSecond } = NOMINAL[channel];
    const backMs = nowMs + (BUNDLE_BYTES * 8000) / rateBitsPerSecond + 2 * delayMs;
    const isAcknowledged = this.#passes(link, nowMs, backMs);
    const endsMs = isAcknowledged ? backMs : backMs + ACKNOWLEDGED_WITHIN_MS;
    bundle.flight = { channel, endsMs, isAcknowledged };
    bundle.nextMs = Math.min(endsMs, bundle.expiresAtMs);
  }

  #end(bundle: Bundle, outcome: 'acknowledged' | 'expired'): void {
    bundle.nextMs = Infinity;
    const { bornMs, expiresAtMs } = bundle;
    if (outcome === 'acknowledged') this.#run.acknowledged++;
    else if (this.#links.some(({ outages }) => longestLifeMs(outages, bornMs, expiresAtMs) >= LIVES_MS))
      this.#run.lost++;
    else this.#run.expiredWithoutChannel++;
  }
}
