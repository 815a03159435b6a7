/** An edge node: an orchestrator with a durable store of its own that runs what its host places on it, connected or not. */
import { resolve } from 'node:path';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import type { Position } from '../core/network/network.ts';
import { LINKS_SERVICE } from '../core/network/link-news.ts';
import { NETWORK_SERVICE } from '../core/network/news.ts';
import { stillRead } from '../core/node/former-keys.ts';
import type { MonitoredChannel } from '../core/node/link-monitor.ts';
import type { Channel, NodeKind } from '../core/node/node.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import { createLogger } from '../embedded/log.ts';
import { linkService } from '../embedded/link-news.ts';
import { networkService } from '../embedded/network-news.ts';
import { openOrchestrator, type Orchestrator, type OrchestratorOptions } from '../embedded/orchestrator.ts';
import { createHear } from '../lambdas/hear/hear.ts';
import { type EdgeChannel, keepMembership, type Membership } from './join.ts';
import { settle } from './membership.ts';
import { openUplink, type Uplink } from './uplink.ts';

export interface EdgeOptions extends OrchestratorOptions {
  /** Of the host's HTTP API. @default the host that it joined */
  hubUrl?: string;
  /** @default the one that it joined with; to join, the machine's name */
  nodeId?: string;
  /** Needed to join, where the host asks for it; not afterwards. */
  token?: string;
  /** To join with. @default 'edge' */
  kind?: NodeKind;
  /** What tasks that are placed by capability find here. @default as it was told before, else none */
  capabilities?: string[];
  /** @default as it was told before */
  position?: Position;
  /** Tasks at once, as the host is told. @default as it was told before, else as many as come */
  concurrency?: number;
  /** @default as it joined: primary alone, at the broker that the host names */
  channels?: readonly EdgeChannel[];
  /** A channel leads to the host from now on, or no more. */
  onChannel?: (channel: Channel, isUp: boolean) => void;
  /** Between the node and its connections: a simulated network. @default nothing */
  through?: (links: LinkClient) => LinkClient;
}

export interface Edge {
  nodeId: string;
  membership: Readonly<Membership>;
  /** It has joined just now. */
  isNew: boolean;
  orchestrator: Orchestrator;
  uplink: Uplink;
  /** Stops where it is; what had not ended goes on when it is opened again. */
  close(): Promise<void>;
}

/**
 * Joins the host, the first time, and goes on with what it was doing; the host need not be there then. Errors: `JoinFailed`,
 * `InvalidInput`, `StoreUnavailable`.
 */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const { logger = createLogger('warn'), clock = new SystemClock(), dataDir: given = '.holdfast' } = options;
  const dataDir = resolve(given);
  const { membership, isNew } = await settle(dataDir, options);
  const { nodeId, hub, node } = membership;
  const orchestrator = await openOrchestrator({
    ...options,
    dataDir,
    nodeId,
    capabilities: node.capabilities,
    logger,
    clock,
    bundleKey: async (id) => (id === hub ? bundleKeyOf(membership) : undefined),
    formerKeys: async (id) => (id === hub ? formerKeysOf(membership, clock.now()) : []),
  });
  try {
    const { carrier, network, types, reader } = orchestrator;
    const hear = createHear({ network, clock, hub: nodeId });
    let load = 0;
    const uplink = openUplink({
      membership,
      channels: monitored(membership, options.channels ?? []),
      clock,
      random: new SystemRandom(),
      logger,
      hear,
      traffic: carrier,
      ...(options.through && { through: options.through }),
      ...(options.onChannel && { onChannel: options.onChannel }),
      hello: () => ({ nodeId, ...node, taskTypes: types.names().sort(), load }),
    });
    const counting = setInterval(() => {
      reader.totals().then(
        ({ tasks }) => (load = tasks.RUNNING ?? 0),
        () => undefined,
      );
    }, 1000);
    const keepVersion = (networkVersion: number) => {
      membership.networkVersion = networkVersion;
      keepMembership(dataDir, membership);
    };
    await orchestrator.connect(uplink.links, {
      [NETWORK_SERVICE]: networkService({
        network,
        from: hub,
        version: () => membership.networkVersion,
        keepVersion,
      }),
      [LINKS_SERVICE]: linkService({ node: nodeId, from: hub, network, changed: () => carrier.wake() }),
    });
    return {
      nodeId,
      membership,
      isNew,
      orchestrator,
      uplink,
      async close() {
        clearInterval(counting);
        await uplink.close();
        await orchestrator.close();
      },
    };
  } catch (error) {
    await orchestrator.close();
    throw error;
  }
}

function monitored(
  { brokerUrls }: Membership,
  channels: readonly EdgeChannel[],
): Partial<Record<Channel, MonitoredChannel>> {
  const names = Object.keys(brokerUrls) as Channel[];
  return Object.fromEntries(
    names.map((name) => {
      const known = channels.find(({ channel }) => channel === name);
      return [
        name,
        known?.rateBitsPerSecond === undefined ? {} : { rateBitsPerSecond: known.rateBitsPerSecond },
      ];
    }),
  );
}

function bundleKeyOf({ credentials }: Membership): Uint8Array | undefined {
  const key = credentials.bundleKey;
  return key === undefined ? undefined : Buffer.from(key, 'base64url');
}

const formerKeysOf = ({ formerKeys = [] }: Membership, nowMs: number): Uint8Array[] =>
  stillRead(formerKeys, nowMs).map(({ bundleKey }) => Buffer.from(bundleKey, 'base64url'));
