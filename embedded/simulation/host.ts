/** One host of a simulation: its ledger and its lanes, what it measures of its links, and what moves its bundles. */
import { openStore } from '../../adapters/embedded/store.ts';
import type { Message } from '../../core/custody/message.ts';
import type { FailoverPolicy } from '../../core/failover/policy.ts';
import { createNetworkView } from '../../core/network/view.ts';
import { LinkMonitor, type MonitorSettings, REPORT_MS } from '../../core/node/link-monitor.ts';
import type { Channel } from '../../core/node/node.ts';
import type { Compression } from '../../core/ports/compression.ts';
import type { LinkClient } from '../../core/ports/link-client.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import type { Random } from '../../core/ports/random.ts';
import type { VirtualTime } from '../../core/simulator/virtual-time.ts';
import type { Logger } from '../../core/task/handler.ts';
import type { Service } from '../../lambdas/forward/ports.ts';
import { createHear } from '../../lambdas/hear/hear.ts';
import { createCarrier } from '../carrier.ts';
import { createTakeFrame, say } from '../frames.ts';
import type { Pending } from './pending.ts';

export interface SimulatedHostOptions {
  id: string;
  time: VirtualTime;
  random: Random;
  links: LinkClient;
  pending: Pending;
  logger: Logger;
  /** What it measures, by neighbour. */
  monitored: ReadonlyMap<string, MonitorSettings['channels']>;
  register: (network: NetworkStore) => Promise<void>;
  services: Readonly<Record<string, Service>>;
  policy?: FailoverPolicy;
}

export interface SimulatedHost {
  id: string;
  send(message: Message): Promise<void>;
  receive(from: string, channel: Channel, frame: Uint8Array): void;
  totals: ReturnType<typeof openStore>['custody']['totals'];
  /** Switches from one channel to another so far. */
  failovers(): number;
  close(): Promise<void>;
}

/** A payload has the size that the scenario says. */
const AS_IT_IS: Compression = { compress: async (bytes) => bytes, decompress: async (bytes) => bytes };
const LOOK_MS_MAX = 1000;

export async function openSimulatedHost(options: SimulatedHostOptions): Promise<SimulatedHost> {
  const { id, time, random, links, pending, logger, monitored, register, services, policy } = options;
  const store = openStore({ dataDir: ':memory:', clock: time });
  await register(store.network);
  const network = pending.around(store.network);
  const carrier = createCarrier({
    node: id,
    store: { custody: pending.around(store.custody), lanes: pending.around(store.lanes), network },
    view: createNetworkView({ network, clock: time }),
    clock: time,
    random,
    logger,
    compression: AS_IT_IS,
    ...(policy && { policy }),
  });
  let failovers = 0;
  carrier.onDecision((_, { kind }) => {
    if (kind === 'failover' || kind === 'return') failovers++;
  });
  const closing = new AbortController();
  const monitors = new Map<string, LinkMonitor>();
  const hear = createHear({ network, clock: time, hub: id });
  const watching = [...monitored].map(([neighbour, channels]) => watch(neighbour, channels));
  const take = createTakeFrame({
    traffic: carrier,
    links,
    clock: time,
    logger,
    heard: (from, channel, frame) => monitors.get(from)?.heard(channel, frame, time.nowMs),
  });
  await carrier.begin(links, services);

  return {
    id,
    send: (message) => pending.of(carrier.send(message)),
    receive(from, channel, frame) {
      take(from, channel, frame).catch((error: unknown) => {
        logger.error('a frame could not be taken', { node: id, error: String(error) });
      });
    },
    totals: () => store.custody.totals(),
    failovers: () => failovers,
    async close() {
      closing.abort(new Error('closed'));
      await Promise.all(watching);
      await carrier.stop();
      store.close();
    },
  };

  /** As a node does it: probes each channel, keeps what comes of it, and looks again at what waits when that changes. */
  async function watch(neighbour: string, channels: MonitorSettings['channels']): Promise<void> {
    const monitor = new LinkMonitor({ channels }, random, time.nowMs);
    monitors.set(neighbour, monitor);
    for (const channel of Object.keys(channels) as Channel[]) monitor.connected(channel, time.nowMs);
    let [kept, keptMs] = ['', -Infinity];
    while (!closing.signal.aborted) {
      const nowMs = time.nowMs;
      for (const { channel, frame } of monitor.due(nowMs)) void say(links, neighbour, channel, frame);
      const measured = monitor.measured(nowMs);
      const gist = JSON.stringify(measured.map(({ status, isDegraded }) => [status, isDegraded]));
      if (gist !== kept || nowMs >= keptMs + REPORT_MS) {
        await hear.report(neighbour, measured[0]!.channel, { type: 'health', channels: measured });
        if (gist !== kept) carrier.wake(neighbour);
        [kept, keptMs] = [gist, nowMs];
      }
      const leftMs = Math.min(LOOK_MS_MAX, Math.max(1, monitor.nextLookMs - time.nowMs));
      await time.sleep(leftMs, closing.signal).catch(() => undefined);
    }
  }
}
