/** An edge node: an orchestrator with a durable store of its own that runs what its host places on it, connected or not. */
import { resolve } from 'node:path';
import { SystemClock } from '../adapters/system/clock.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { InvalidInput } from '../core/errors.ts';
import type { Position } from '../core/network/network.ts';
import type { MonitoredChannel } from '../core/node/link-monitor.ts';
import type { Channel, NodeKind } from '../core/node/node.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import { createLogger } from '../embedded/log.ts';
import { NETWORK_SERVICE, networkService } from '../embedded/network-news.ts';
import { openOrchestrator, type Orchestrator, type OrchestratorOptions } from '../embedded/orchestrator.ts';
import { createHear } from '../lambdas/hear/hear.ts';
import { type EdgeChannel, joinHost, keepMembership, type Membership, membershipIn } from './join.ts';
import { openUplink, type Uplink } from './uplink.ts';

export interface EdgeOptions extends OrchestratorOptions {
  /** Of the host's HTTP API. */
  hubUrl: string;
  /** @default the one that it joined with */
  nodeId?: string;
  /** Needed to join, where the host asks for it; not afterwards. */
  token?: string;
  /** @default 'edge' */
  kind?: NodeKind;
  position?: Position;
  /** Tasks at once. @default as many as come */
  concurrency?: number;
  /** @default primary alone, at the broker that the host names */
  channels?: readonly EdgeChannel[];
  /** Between the node and its connections: a simulated network. @default nothing */
  through?: (links: LinkClient) => LinkClient;
}

export interface Edge {
  nodeId: string;
  orchestrator: Orchestrator;
  uplink: Uplink;
  /** Stops where it is; what had not ended goes on when it is opened again. */
  close(): Promise<void>;
}

const PRIMARY: readonly EdgeChannel[] = [{ channel: 'primary' }];

/**
 * Joins the host, the first time, and goes on with what it was doing; the host need not be there then. Errors: `JoinFailed`,
 * `InvalidInput`, `StoreUnavailable`.
 */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const { logger = createLogger('warn'), clock = new SystemClock(), dataDir: given = '.holdfast' } = options;
  const dataDir = resolve(given);
  const membership = membershipIn(dataDir) ?? (await join(dataDir, options));
  checkMembership(dataDir, membership, options);
  const { nodeId, hub } = membership;
  const orchestrator = await openOrchestrator({ ...options, dataDir, nodeId, logger, clock });
  try {
    const { carrier, network, types, reader } = orchestrator;
    const hear = createHear({ network, clock, hub: nodeId });
    const { kind = 'edge', capabilities = [], position, concurrency } = options;
    let load = 0;
    const uplink = openUplink({
      membership,
      channels: monitored(membership, options.channels ?? PRIMARY),
      clock,
      random: new SystemRandom(),
      logger,
      hear,
      traffic: carrier,
      ...(options.through && { through: options.through }),
      hello: () => ({
        nodeId,
        kind,
        capabilities,
        taskTypes: types.names().sort(),
        ...(position && { position }),
        ...(concurrency !== undefined && { concurrency }),
        load,
      }),
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
    });
    return {
      nodeId,
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

async function join(dataDir: string, options: EdgeOptions): Promise<Membership> {
  const { hubUrl, token, nodeId, kind = 'edge', capabilities = [], position, concurrency } = options;
  if (nodeId === undefined)
    throw new InvalidInput('This node has no id yet.', 'Give it one, such as edge-1, to join with.');
  const node = {
    nodeId,
    kind,
    capabilities,
    ...(position && { position }),
    ...(concurrency !== undefined && { concurrency }),
  };
  const channels = options.channels ?? PRIMARY;
  const membership = await joinHost({ hubUrl, node, channels, ...(token !== undefined && { token }) });
  keepMembership(dataDir, membership);
  return membership;
}

function checkMembership(dataDir: string, { nodeId, hubUrl }: Membership, given: EdgeOptions): void {
  if (given.nodeId !== undefined && given.nodeId !== nodeId)
    throw new InvalidInput(
      `${dataDir} is of the node "${nodeId}", and "${given.nodeId}" was given.`,
      'Give each node a data directory of its own.',
    );
  if (given.hubUrl !== hubUrl)
    throw new InvalidInput(
      `${dataDir} belongs to the host at ${hubUrl}, and ${given.hubUrl} was given.`,
      'Join another host from another data directory.',
    );
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
