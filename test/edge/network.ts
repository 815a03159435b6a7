/** A host and its nodes on real sockets, over networks that a test can cut. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { CustodyTotals } from '../../core/custody/transfer.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Channel } from '../../core/node/node.ts';
import type { TaskContext, TaskHandler } from '../../core/task/handler.ts';
import { type Edge, type EdgeOptions, openEdge } from '../../edge/edge.ts';
import { type EmbeddedHost, type HostOptions, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import type { Orchestrator } from '../../embedded/orchestrator.ts';
import { temporaryFolder } from '../adapters/embedded/temporary.ts';
import { openProxy, type TcpProxy } from './proxy.ts';

const logger = createLogger('silent');

/** Beyond the 30 s in which a dead connection is given up. */
export const PATIENCE = { timeout: 60_000, interval: 20 };

export const until = (what: () => unknown) => expect.poll(what, PATIENCE);

export interface Site {
  edge: Edge;
  /** One a channel. */
  networks: Record<Channel, TcpProxy>;
  /** Stops it, as one that is switched off, and starts it on what it left. */
  restart(options?: Partial<EdgeOptions>): Promise<Edge>;
  close(): Promise<void>;
}

export interface TestNetwork {
  hub: EmbeddedHost;
  folder: string;
  /** On the same port. */
  restartHub: () => Promise<EmbeddedHost>;
  /** Resolves when tasks can be placed there. */
  join: (nodeId: string, options?: Partial<EdgeOptions>, channels?: readonly Channel[]) => Promise<Site>;
}

/** A host and what joins it, closed with the test. */
export async function openNetwork(options: Partial<HostOptions> = {}): Promise<TestNetwork> {
  const folder = temporaryFolder();
  const start = (port: number) => openHost({ dataDir: join(folder, 'hub'), logger, ...options, port });
  let hub = await start(0);
  const { url } = hub;
  const port = Number(new URL(url).port);
  const sites = new Set<Site>();
  onTestFinished(async () => {
    for (const site of sites) await site.close();
    await hub.close();
  });
  return {
    get hub() {
      return hub;
    },
    folder,
    async restartHub() {
      await hub.close();
      hub = await start(port);
      return hub;
    },
    async join(nodeId, given = {}, channels = ['primary']) {
      const proxies = await Promise.all(
        channels.map(async (channel) => [channel, await openProxy(port)] as const),
      );
      const networks = Object.fromEntries(proxies) as Record<Channel, TcpProxy>;
      const open = (more: Partial<EdgeOptions> = {}) =>
        openEdge({
          hubUrl: url,
          nodeId,
          dataDir: join(folder, nodeId),
          capabilities: ['camera'],
          channels: proxies.map(([channel, proxy]) => ({
            channel,
            url: `ws://127.0.0.1:${proxy.port}/mqtt`,
          })),
          logger,
          ...given,
          ...more,
        });
      let edge = await open();
      const site: Site = {
        get edge() {
          return edge;
        },
        networks,
        async restart(more) {
          await edge.close();
          edge = await open(more);
          return edge;
        },
        async close() {
          await edge.close();
          await Promise.all(proxies.map(([, proxy]) => proxy.close()));
        },
      };
      sites.add(site);
      await until(() => isReady(hub, nodeId, channels)).toBe(true);
      return site;
    },
  };
}

async function isReady(hub: EmbeddedHost, nodeId: string, channels: readonly Channel[]): Promise<boolean> {
  const { network } = hub.orchestrator;
  const states = await network.linkStates();
  const isUp = (channel: Channel) =>
    states.some(({ linkId, status }) => linkId === `hub-${nodeId}-${channel}` && status === 'up');
  const reports = await network.nodeReports();
  return channels.every(isUp) && reports.some((report) => report.nodeId === nodeId);
}

export async function eventsOf(orchestrator: Orchestrator, executionId: string): Promise<HoldfastEvent[]> {
  const found: HoldfastEvent[] = [];
  for await (const event of orchestrator.events(executionId)) found.push(event);
  return found;
}

/** Accepted is acknowledged, expired, dead or still there; nothing is counted twice. */
export async function expectConserved({ carrier }: Orchestrator): Promise<CustodyTotals> {
  const { totals } = await carrier.queues();
  const { accepted, ...states } = totals;
  const count = (of: 'bundles' | 'bytes') => Object.values(states).reduce((sum, one) => sum + one[of], 0);
  expect(count('bundles')).toBe(accepted.bundles);
  expect(count('bytes')).toBe(accepted.bytes);
  return totals;
}

/** What handlers did, in a file that outlives them. */
export class Effects {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'effects');
  }

  /** Notes each run by its key when its work is done. */
  handler<Input>(work: (input: Input, context: TaskContext) => Promise<JsonValue>): TaskHandler<Input> {
    return async (input, context) => {
      const output = await work(input, context);
      appendFileSync(this.#file, `${context.idempotencyKey}\n`);
      return output;
    };
  }

  keys(): string[] {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
  }
}
