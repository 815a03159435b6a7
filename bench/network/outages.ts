/**
 * Channels that fail at random, in virtual time: a host probes its links, and sends FLASH bundles over them by the use cases that
 * every host runs.
 */
import { switchesMax } from '../../core/failover/bound.ts';
import { NeighbourChannels } from '../../core/custody/channels.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import { LinkHealth } from '../../core/link-health/link-health.ts';
import type { LinkStatus } from '../../core/link-health/state.ts';
import { createNetworkView } from '../../core/network/view.ts';
import { decodeFrame } from '../../core/node/frames.ts';
import { REPORT_MS } from '../../core/node/link-monitor.ts';
import { type Channel, CHANNELS } from '../../core/node/node.ts';
import type { ReleaseLanes } from '../../core/ports/release-lanes.ts';
import { SeededRandom } from '../../core/simulator/seeded-random.ts';
import { VirtualTime } from '../../core/simulator/virtual-time.ts';
import { createCustody, type CustodyUseCases } from '../../lambdas/forward/custody.ts';
import { createForward, type ForwardUseCases } from '../../lambdas/forward/forward.ts';
import { MemoryLedger, MemoryNetwork } from './ledger.ts';
import { drawOutages, isCut, longestLifeMs, type Outages } from './outage-schedule.ts';

/** A channel that works without a break for so long gives a bundle time to go over it, whatever is believed of it. */
export const LIVES_MS = 15_000;
export const OUTAGES_LAST_MS = 180_000;
const INTERVAL_MS = 1000;
const BUNDLE_EVERY_MS = 5000;
const PAYLOAD = new Uint8Array(2000);
const START_MS = Date.UTC(2026, 0, 1);

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

export async function runOutages(seed: number, lastsMs = OUTAGES_LAST_MS): Promise<OutageRun> {
  return new World(new SeededRandom(seed), lastsMs).run();
}

interface Link {
  id: string;
  channel: Channel;
  health: LinkHealth;
  outages: Outages;
  lossRatio: number;
  /** Answers on their way, the earliest first: when, and of which probe. */
  answers: { atMs: number; sequence: number }[];
  status: LinkStatus;
  isDegraded: boolean;
  nextMs: number;
  reportedMs: number;
}

const [HERE, THERE] = ['edge', 'hub'];
const none = () => Promise.reject(new Error('There are no contacts here.'));
const NO_LANES: ReleaseLanes = {
  put: none,
  take: none,
  done: none,
  giveBack: none,
  depth: none,
  close: none,
};
/** A payload has the size that it is given. */
const AS_IT_IS = {
  compress: async (bytes: Uint8Array) => bytes,
  decompress: async (bytes: Uint8Array) => bytes,
};

class World {
  readonly #time = new VirtualTime(START_MS);
  readonly #random: SeededRandom;
  readonly #endMs: number;
  readonly #links: Link[];
  readonly #network: MemoryNetwork;
  readonly #custody: CustodyUseCases;
  readonly #forward: ForwardUseCases;
  readonly #run: OutageRun;
  /** What is under way, one after the other as its time comes. */
  #work: (() => Promise<unknown>)[] = [];

  constructor(random: SeededRandom, lastsMs: number) {
    this.#random = random;
    this.#endMs = START_MS + lastsMs;
    const channels = CHANNELS.filter((channel) => channel === 'primary' || random.next() < 0.75);
    const schedules = drawOutages(channels, lastsMs, random);
    this.#links = channels.map((channel, index) => this.#link(channel, schedules[index]!));
    this.#network = new MemoryNetwork({
      version: 1,
      nodes: [HERE, THERE].map((id) => ({ id: id!, kind: 'edge', capabilities: [] })),
      links: this.#links.map(({ id, channel }) => ({
        id,
        from: HERE!,
        to: THERE!,
        channel,
        ...NOMINAL[channel],
      })),
      constellations: [],
      plans: [],
    });
    const ports = this.#ports();
    this.#custody = createCustody(ports);
    this.#forward = createForward(ports);
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

  #ports() {
    const [clock, random, network] = [this.#time, this.#random, this.#network];
    const view = createNetworkView({ network, clock });
    return {
      node: HERE!,
      clock,
      random,
      network: view,
      compression: AS_IT_IS,
      custody: new MemoryLedger((transfer) => this.#ended(transfer)),
      channels: new NeighbourChannels({
        node: HERE!,
        view,
        network,
        clock,
        random,
        decided: (_, { kind }) => {
          if (kind === 'failover' || kind === 'return') this.#run.switches++;
        },
      }),
      links: { send: async (_: string, channel: Channel, frame: Uint8Array) => this.#send(channel, frame) },
      lanes: NO_LANES,
      timers: { set: none },
      services: {},
    };
  }

  async run(): Promise<OutageRun> {
    for (const link of this.#links) this.#watch(link);
    this.#bear(START_MS);
    this.#sweep(START_MS);
    while (this.#time.step(this.#endMs + INTERVAL_MS))
      for (let work = this.#work.shift(); work !== undefined; work = this.#work.shift()) await work();
    return this.#run;
  }

  #at(atMs: number, run: () => Promise<unknown>): void {
    this.#time.at(atMs, () => void this.#work.push(run));
  }

  #sweep(atMs: number): void {
    this.#at(atMs, async () => {
      await this.#forward.sweep();
      this.#sweep(await this.#forward.nextSweepMs());
    });
  }

  #link(channel: Channel, outages: Outages): Link {
    const { delayMs, rateBitsPerSecond } = NOMINAL[channel];
    const nominal = { rttMs: 2 * delayMs, rateBitsPerSecond };
    const health = new LinkHealth({ intervalMs: INTERVAL_MS, nominal }, this.#random);
    health.open(START_MS);
    const lossRatio = this.#random.pick([0, 0, 0.01, 0.05, 0.2]);
    const nextMs = START_MS + this.#random.next() * INTERVAL_MS;
    const now = { status: 'closed', isDegraded: false, nextMs, reportedMs: -Infinity } as const;
    return { id: `${HERE}-${THERE}-${channel}`, channel, health, outages, lossRatio, answers: [], ...now };
  }

  /** Looks at it whenever it has something to do. */
  #watch(link: Link): void {
    const dueMs = link.nextMs;
    this.#at(dueMs, async () => {
      if (link.nextMs !== dueMs) return;
      await this.#look(link, this.#time.nowMs);
      this.#watch(link);
    });
  }

  /** Probes it, and keeps what is measured where it changed or was long not kept. */
  async #look(link: Link, nowMs: number): Promise<void> {
    const { id, health, answers, channel } = link;
    while (answers.length > 0 && answers[0]!.atMs <= nowMs) health.answered(answers.shift()!.sequence, nowMs);
    if (health.probeDueMs <= nowMs) {
      const sequence = health.probe(nowMs);
      const atMs = nowMs + 2 * NOMINAL[channel].delayMs;
      if (this.#passes(link, nowMs, atMs)) answers.push({ atMs, sequence });
    }
    const status = health.status(nowMs);
    link.nextMs = Math.min(health.probeDueMs, health.nextLookMs, answers[0]?.atMs ?? Infinity);
    const isNews = status !== link.status || health.isDegraded !== link.isDegraded;
    if (!isNews && nowMs < link.reportedMs + REPORT_MS) return;
    if (isNews && status === 'down') this.#found(link, nowMs);
    [link.status, link.isDegraded, link.reportedMs] = [status, health.isDegraded, nowMs];
    await this.#network.putLinkState({ ...health.state(nowMs), linkId: id, atMs: nowMs });
    if (isNews) await this.#forward.wake(THERE);
  }

  /** How long after its beginning an outage that goes on was found. */
  #found({ outages, status }: Link, nowMs: number): void {
    const atMs = nowMs - START_MS;
    const outage = outages.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
    if (outage === undefined || status === 'opening') return;
    this.#run.outages++;
    const intervals = (atMs - outage.startMs) / INTERVAL_MS;
    this.#run.foundWithinIntervals = Math.max(this.#run.foundWithinIntervals, intervals);
  }

  #passes({ outages, lossRatio }: Link, fromMs: number, toMs: number): boolean {
    return this.#random.next() >= lossRatio && !isCut(outages, fromMs - START_MS, toMs - START_MS);
  }

  #bear(atMs: number): void {
    this.#at(atMs, async () => {
      this.#bear(atMs + BUNDLE_EVERY_MS * this.#random.between(0.5, 1.5));
      const createdMs = Math.floor(atMs);
      const lifetimeMs = Math.round(this.#random.between(30_000, 60_000));
      if (createdMs + lifetimeMs >= this.#endMs) return;
      const { bundleId } = await this.#custody.accept({
        id: String(this.#run.flash++),
        to: THERE!,
        service: 'bench',
        payload: PAYLOAD,
        precedence: 'flash',
        lifetimeMs,
        createdMs,
      });
      await this.#forward.step(bundleId);
    });
  }

  #send(channel: Channel, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.type !== 'bundle') return;
    const link = this.#links.find((candidate) => candidate.channel === channel)!;
    const { delayMs, rateBitsPerSecond } = NOMINAL[channel];
    const nowMs = this.#time.nowMs;
    const backMs = nowMs + (bytes.length * 8000) / rateBitsPerSecond + 2 * delayMs;
    if (!this.#passes(link, nowMs, backMs)) return;
    this.#at(backMs, async () => {
      link.health.acknowledged(backMs);
      await this.#forward.acknowledged(THERE!, [frame.bundleId], channel);
      link.nextMs = backMs;
      this.#watch(link);
    });
  }

  #ended({ state, acceptedMs, expiresMs }: Transfer): void {
    const [fromMs, toMs] = [acceptedMs - START_MS, expiresMs - START_MS];
    if (state === 'acknowledged') this.#run.acknowledged++;
    else if (this.#links.some(({ outages }) => longestLifeMs(outages, fromMs, toMs) >= LIVES_MS))
      this.#run.lost++;
    else this.#run.expiredWithoutChannel++;
  }
}
