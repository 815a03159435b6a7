/** The hosts of the demonstration, each with a ledger of its own: a hub, two edge nodes, and a satellite that carries. */
import { join } from 'node:path';
import type { AcceleratedClock } from '../../adapters/system/accelerated-clock.ts';
import { openStore } from '../../adapters/embedded/store.ts';
import { UlidIds } from '../../adapters/system/ids.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { FailoverPolicy } from '../../core/failover/policy.ts';
import { createNetworkView } from '../../core/network/view.ts';
import { HUB } from '../../core/node/node.ts';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import type { Logger, TaskHandler } from '../../core/task/handler.ts';
import { type Carrier, createCarrier } from '../../embedded/carrier.ts';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';
import { createTakeFrame } from '../../embedded/frames.ts';
import { createNetwork } from '../../lambdas/network/network.ts';
import { type Edge, openEdge } from '../edge.ts';
import type { Air } from './air.ts';
import {
  CONSTELLATION,
  HOURS,
  HUB_POSITION,
  MIN_ELEVATION_DEGREES,
  RATES,
  SATELLITE,
  SATELLITE_BITS_PER_SECOND,
  SITES,
} from './scene.ts';

export interface HostsOptions {
  dataDir: string;
  tle: string;
  clock: AcceleratedClock;
  air: Air;
  logger: Logger;
  tasks: Record<string, TaskHandler>;
}

export interface Hosts {
  hub: EmbeddedHost;
  network: NetworkOperations;
  edges: Edge[];
  /** Of each node, by its id. */
  carriers: ReadonlyMap<string, Carrier>;
  close(): Promise<void>;
}

/** The thin link is for what is urgent. */
const POLICY: FailoverPolicy = {
  orders: Object.fromEntries(
    (['priority', 'routine', 'deferred'] as const).map((precedence) => [
      precedence,
      ['primary', 'satellite'],
    ]),
  ),
};

export async function openHosts(options: HostsOptions): Promise<Hosts> {
  const { dataDir, tle, clock, air, logger, tasks } = options;
  const common = { clock, logger, failover: POLICY };
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const hub = await openHost({
      ...common,
      dataDir: join(dataDir, HUB),
      port: 0,
      through: (links) => air.linksOf(HUB, links),
    });
    closing.push(() => hub.close());
    const ids = new UlidIds(clock, new SystemRandom());
    const network = createNetwork({ network: hub.orchestrator.network, clock, ids });
    await network.putNode({ id: HUB, kind: 'cloud', capabilities: [], position: HUB_POSITION });
    await network.putConstellation({
      name: CONSTELLATION,
      tle,
      minElevationDegrees: MIN_ELEVATION_DEGREES,
      rateBitsPerSecond: SATELLITE_BITS_PER_SECOND,
    });
    const edges: Edge[] = [];
    for (const { id, position, capabilities, channels } of SITES) {
      const edge = await openEdge({
        ...common,
        hubUrl: hub.url,
        nodeId: id,
        dataDir: join(dataDir, id),
        position,
        capabilities,
        channels: channels.map((channel) => ({ channel, ...RATES[channel] })),
        tasks,
        through: (links) => air.linksOf(id, links),
      });
      closing.push(() => edge.close());
      edges.push(edge);
    }
    air.contacts = (await network.contacts({ hours: HOURS })).contacts;
    const satellite = await openSatellite(hub.orchestrator.network, options);
    closing.push(satellite.close);
    const carriers = new Map([
      [HUB, hub.orchestrator.carrier],
      ...edges.map(({ nodeId, orchestrator }) => [nodeId, orchestrator.carrier] as const),
      [SATELLITE, satellite.carrier],
    ]);
    for (const [id, carrier] of carriers)
      air.receivers.set(id, createTakeFrame({ traffic: carrier, links: air.linksOf(id), clock, logger }));
    return { hub, network, edges, carriers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * It knows whom it passes over and when, but not how the links on the ground are, so it is told of none of them; and it keeps
 * what it is given in a ledger like every node.
 */
async function openSatellite(known: NetworkStore, { clock, air, logger }: HostsOptions) {
  const store = openStore({ dataDir: ':memory:', clock });
  const { nodes, constellations, plans } = await known.registered();
  const texts: Record<string, string> = {};
  for (const { textId } of [...constellations, ...plans]) texts[textId] = (await known.text(textId))!;
  await store.network.change(() => ({ nodes, constellations, plans, texts }));
  const carrier = createCarrier({
    node: SATELLITE,
    store,
    view: createNetworkView({ network: store.network, clock }),
    clock,
    random: new SystemRandom(),
    logger,
  });
  await carrier.begin(air.linksOf(SATELLITE), {});
  const close = async () => {
    await carrier.stop();
    store.close();
  };
  return { carrier, close };
}
