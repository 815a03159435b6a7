/** A node's way to its host: the connections, what is measured of them, and what goes over them. */
import { MqttLinkClient } from '../adapters/mqtt/link-client.ts';
import type { HelloFrame } from '../core/node/frames.ts';
import { LinkMonitor, type MonitoredChannel, REPORT_MS, type Saying } from '../core/node/link-monitor.ts';
import type { Channel } from '../core/node/node.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import type { Random } from '../core/ports/random.ts';
import type { Logger } from '../core/task/handler.ts';
import { AT_ONCE_MAX, type BundleTraffic, createTakeFrame, say } from '../embedded/frames.ts';
import type { Hear } from '../lambdas/hear/hear.ts';
import type { Membership } from './join.ts';

export interface UplinkOptions {
  membership: Membership;
  /** What is nominal of each channel. */
  channels: Partial<Record<Channel, MonitoredChannel>>;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** What this node says of itself. */
  hello(): Omit<HelloFrame, 'type'>;
  /** Keeps what this node measures of its own links. */
  hear: Hear;
  traffic: BundleTraffic;
  /** A channel leads to the host from now on, or no more. */
  onChannel?: (channel: Channel, isUp: boolean) => void;
  /** Between the node and its connections: a simulated network. @default nothing */
  through?: (links: LinkClient) => LinkClient;
}

export interface Uplink {
  links: LinkClient;
  monitor: LinkMonitor;
  close(): Promise<void>;
}

/** Says hello so often though nothing changed. */
const HELLO_MS = 10_000;
const LOOK_MS_MAX = 1000;

export function openUplink(options: UplinkOptions): Uplink {
  const { membership, channels, clock, random, logger, hear, traffic } = options;
  const { hub, nodeId } = membership;
  const monitor = new LinkMonitor({ channels }, random, clock.now());
  const closing = new AbortController();
  let [said, saidMs] = ['', -Infinity];
  let [kept, keptMs] = ['', -Infinity];
  let woken = new AbortController();

  const client = new MqttLinkClient({
    credentials: membership.credentials,
    neighbour: hub,
    brokerUrls: membership.brokerUrls,
    clock,
    random,
    logger,
    onFrame: (channel, bytes) => take(hub, channel, bytes),
    onChange: (channel, isUp) => void change(channel, isUp),
  });
  const links = options.through?.(client) ?? client;
  const take = createTakeFrame({
    traffic,
    links,
    clock,
    logger,
    heard: (_, channel, frame) => monitor.heard(channel, frame, clock.now()),
    atOnceMax: AT_ONCE_MAX,
  });
  const watching = watch();

  return {
    links,
    monitor,
    async close() {
      closing.abort();
      woken.abort();
      await client.close();
      await watching;
    },
  };

  async function change(channel: Channel, isUp: boolean): Promise<void> {
    logger.info(isUp ? 'a channel leads to the host' : 'a channel leads to the host no more', { channel });
    options.onChannel?.(channel, isUp);
    if (isUp) monitor.connected(channel, clock.now());
    else monitor.lost(channel, clock.now());
    if (isUp) said = '';
    woken.abort();
  }

  /** Probes, reports and keeps what was measured, until the end. */
  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await look();
      } catch (error) {
        logger.error('links could not be measured', { error: String(error) });
      }
      const leftMs = Math.min(LOOK_MS_MAX, Math.max(1, monitor.nextLookMs - clock.now()));
      woken = new AbortController();
      await clock.sleep(leftMs, AbortSignal.any([woken.signal, closing.signal])).catch(() => undefined);
    }
  }

  async function look(): Promise<void> {
    const nowMs = clock.now();
    saySoon(monitor.due(nowMs));
    await keepMeasured(nowMs);
    const hello = options.hello();
    const gist = JSON.stringify(hello);
    if (gist === said && nowMs < saidMs + HELLO_MS) return;
    const [first] = monitor.measured(nowMs).filter(({ status }) => status === 'up' || status === 'suspect');
    if (first === undefined) return;
    [said, saidMs] = [gist, nowMs];
    saySoon([{ channel: first.channel, frame: { type: 'hello', ...hello } }]);
  }

  /** As the host hears it, so does this node. */
  async function keepMeasured(nowMs: number): Promise<void> {
    const measured = monitor.measured(nowMs);
    const gist = JSON.stringify(measured.map(({ status, isDegraded }) => [status, isDegraded]));
    const [first] = measured;
    if (first === undefined || (gist === kept && nowMs < keptMs + REPORT_MS)) return;
    await hear.report(hub, first.channel, { type: 'health', channels: measured });
    if (gist !== kept) traffic.changed?.(hub, first.channel, true);
    [kept, keptMs] = [gist, nowMs];
  }

  /** Where much is on its way over a channel, a frame takes its time: nothing else waits for it. */
  function saySoon(sayings: readonly Saying[]): void {
    for (const { channel, frame } of sayings)
      say(links, hub, channel, frame).then(
        (isSent) => {
          if (!isSent) logger.debug('a frame was not sent', { node: nodeId, channel, type: frame.type });
        },
        (error: unknown) => logger.error('a frame could not be sent', { channel, error: String(error) }),
      );
  }
}
