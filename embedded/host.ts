/** The embedded host: the orchestrator with its HTTP API, event socket and metrics on one port. */
import { SystemClock } from '../adapters/system/clock.ts';
import { UlidIds } from '../adapters/system/ids.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { NoDeadLetters } from '../adapters/embedded/dead-letters.ts';
import { MemoryTickets } from '../adapters/embedded/tickets.ts';
import { type Enrolment, JOIN_TOKEN_MS } from '../core/api/enrolment.ts';
import { NETWORK_SERVICE } from '../core/network/news.ts';
import { HUB } from '../core/node/node.ts';
import { checkedNodeId } from '../core/node/topics.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import { createApi } from '../lambdas/api/api.ts';
import { createEnrol } from '../lambdas/enrol/enrol.ts';
import { createHear } from '../lambdas/hear/hear.ts';
import { createNetwork } from '../lambdas/network/network.ts';
import { createSocket } from '../lambdas/socket/socket.ts';
import { MQTT_PATH, OPERATOR } from './access.ts';
import { createBundleMetrics } from './bundle-metrics.ts';
import { watchConditions } from './conditions.ts';
import { type HttpOptions, serveHttp, SOCKET_PATH } from './http.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { tellNetwork } from './network-news.ts';
import { createNodes, type Nodes } from './nodes.ts';
import { openOrchestrator, type Orchestrator, type OrchestratorOptions } from './orchestrator.ts';
import { VERSION } from './version.ts';
import { createWebSockets } from './websocket.ts';

export interface HostOptions
  extends OrchestratorOptions,
    Pick<HttpOptions, 'host' | 'token' | 'allowedOrigins' | 'allowedHosts'> {
  /** 0 takes any free port. @default 3000 */
  port?: number;
  /** Lets nodes connect by plain MQTT on a port of its own; 0 takes any free one. @default over WebSocket at `/mqtt` only */
  mqttPort?: number;
  /** Between the host and the connections of its nodes: a simulated network. @default nothing */
  through?: (links: LinkClient) => LinkClient;
}

export interface EmbeddedHost {
  url: string;
  /** Of plain MQTT, where it was asked for. */
  mqttPort?: number;
  orchestrator: Orchestrator;
  /** Stops taking requests, then stops where it is. */
  close(): Promise<void>;
}

/** Opens the data directory, goes on with what it was doing, and listens. Errors: `StoreUnavailable`, `AddressUnavailable`, `InvalidInput`. */
export async function openHost(options: HostOptions = {}): Promise<EmbeddedHost> {
  const {
    logger = createLogger('warn'),
    port = 3000,
    host = '127.0.0.1',
    clock = new SystemClock(),
  } = options;
  const orchestrator = await openOrchestrator({ ...options, logger, clock });
  const closing = new AbortController();
  try {
    return await listen(orchestrator, { ...options, logger, port, host, clock }, closing);
  } catch (error) {
    closing.abort();
    await orchestrator.close();
    throw error;
  }
}

type ListenOptions = HostOptions & Required<Pick<HostOptions, 'logger' | 'port' | 'clock' | 'host'>>;

async function listen(
  orchestrator: Orchestrator,
  options: ListenOptions,
  closing: AbortController,
): Promise<EmbeddedHost> {
  const { reader, committed, network, carrier, slots } = orchestrator;
  const { logger, clock, nodeId: hub = HUB } = options;
  const ids = new UlidIds(clock, new SystemRandom());
  const tickets = new MemoryTickets(clock);
  const { signal } = closing;
  const webSockets = createWebSockets(createSocket({ reader, committed, clock, ids, logger }));
  const telling = tellNetwork({
    hub,
    network,
    registry: orchestrator.nodes,
    send: (message) => carrier.send(message),
    clock,
    logger,
    signal,
  });
  const nodes = nodesOf(orchestrator, options, () => telling.look());
  const operations = createNetwork({ network, clock, ids });
  const metrics = await createMetrics({
    reader,
    committed,
    slots,
    others: createBundleMetrics(carrier),
    gauges: { sockets_connected: { help: 'Event sockets connected.', read: () => webSockets.connections() } },
  });
  const app = createApi({
    ...apiOf(orchestrator),
    network: operations,
    enrolment: enrolmentOf(orchestrator, options, nodes),
    tickets,
    metrics: metrics.render,
    clock,
    ids,
    logger,
    version: VERSION,
  });
  const doors = await openDoors({ ...options, app, webSockets, tickets }, nodes);
  await orchestrator.connect(nodes.links, { [NETWORK_SERVICE]: telling.service });
  const loops = [telling.ended, watchConditions({ network: operations, clock, logger, signal })];
  return {
    ...doors,
    orchestrator,
    async close() {
      closing.abort();
      await Promise.all(loops);
      await doors.close();
      metrics.close();
      await orchestrator.close();
    },
  };
}

/** HTTP with its sockets, MQTT over it, and by itself where that is asked for. */
async function openDoors(
  options: ListenOptions & Pick<HttpOptions, 'app' | 'webSockets' | 'tickets'>,
  nodes: Nodes,
): Promise<Omit<EmbeddedHost, 'orchestrator'>> {
  const { host, port, mqttPort, token, allowedOrigins, allowedHosts, app, webSockets, tickets } = options;
  const access = { host, token, allowedOrigins, allowedHosts, tickets };
  const server = await serveHttp({ app, webSockets, mqtt: nodes, port, ...access });
  try {
    const plain = mqttPort === undefined ? {} : { mqttPort: await nodes.listen(host, mqttPort) };
    return {
      url: server.url,
      ...plain,
      async close() {
        // Its connections keep the server from ending.
        await nodes.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function nodesOf(
  { network, nodes, carrier }: Orchestrator,
  { clock, logger, nodeId: hub = HUB, through }: ListenOptions,
  onConnected: () => void,
): Nodes {
  return createNodes({
    clock,
    logger,
    isSecret: (nodeId, secret) => nodes.isSecret(nodeId, secret),
    hear: createHear({ network, clock, hub: checkedNodeId(hub) }),
    traffic: carrier,
    onConnected,
    ...(through && { through }),
  });
}

function enrolmentOf(
  { network, nodes: registry }: Orchestrator,
  { clock, nodeId: hub = HUB, token }: ListenOptions,
  nodes: Nodes,
): Enrolment {
  return createEnrol({
    network,
    registry,
    tokens: new MemoryTickets(clock, JOIN_TOKEN_MS),
    hub,
    isOpen: token === undefined,
    isSecret: (nodeId, secret) => registry.isSecret(nodeId, secret),
    drop: (nodeId) => nodes.drop(nodeId),
  });
}

/** What the API needs of it. */
function apiOf(orchestrator: Orchestrator) {
  const { reader, workflows, payloads, slots, committed, types, carrier } = orchestrator;
  return {
    operations: orchestrator,
    reader,
    workflows,
    payloads,
    slots,
    committed,
    deadLetters: new NoDeadLetters(),
    queues: () => carrier.queues(),
    caller: (request: Request) => ({
      principal: OPERATOR,
      socketUrl: addressOf(request, SOCKET_PATH),
      brokerUrl: addressOf(request, MQTT_PATH),
    }),
    taskTypes: types,
    health: async () => {
      const failure = orchestrator.failure();
      return { store: failure ? { ok: false, detail: `${failure.message} ${failure.fix}` } : { ok: true } };
    },
  };
}

/** By the address that the caller used, as a proxy in between tells it. */
function addressOf({ url, headers }: Request, path: string): string {
  const told = (name: string) => headers.get(`x-forwarded-${name}`)?.split(',')[0]!.trim();
  const { protocol, host } = new URL(url);
  const isSecure = (told('proto') ?? protocol).startsWith('https');
  return `${isSecure ? 'wss' : 'ws'}://${told('host') ?? host}${told('prefix') ?? ''}${path}`;
}
