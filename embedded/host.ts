/** The embedded host: the orchestrator with its HTTP API, event socket and metrics on one port. */
import { SystemClock } from '../adapters/system/clock.ts';
import { UlidIds } from '../adapters/system/ids.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { NoDeadLetters } from '../adapters/embedded/dead-letters.ts';
import { MemoryTickets } from '../adapters/embedded/tickets.ts';
import { JOIN_TOKEN_MS } from '../core/api/enrolment.ts';
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
import { type Telling, tellNetwork } from './network-news.ts';
import { createNodes } from './nodes.ts';
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
  const { logger = createLogger('warn'), port = 3000 } = options;
  const orchestrator = await openOrchestrator({ ...options, logger });
  try {
    return await listen(orchestrator, { ...options, logger, port });
  } catch (error) {
    await orchestrator.close();
    throw error;
  }
}

async function listen(
  orchestrator: Orchestrator,
  options: HostOptions & Required<Pick<HostOptions, 'logger' | 'port'>>,
): Promise<EmbeddedHost> {
  const { reader, workflows, payloads, slots, types, committed, network, nodes: registry } = orchestrator;
  const { carrier } = orchestrator;
  const { logger, nodeId: hub = HUB, clock = new SystemClock() } = options;
  const ids = new UlidIds(clock, new SystemRandom());
  const tickets = new MemoryTickets(clock);
  const webSockets = createWebSockets(createSocket({ reader, committed, clock, ids, logger }));
  let telling: Telling | undefined;
  const nodes = createNodes({
    clock,
    logger,
    isSecret: (nodeId, secret) => registry.isSecret(nodeId, secret),
    hear: createHear({ network, clock, hub: checkedNodeId(hub) }),
    traffic: carrier,
    onConnected: () => telling?.look(),
    ...(options.through && { through: options.through }),
  });
  const operations = createNetwork({ network, clock, ids });
  const closing = new AbortController();
  const metrics = await createMetrics({
    reader,
    committed,
    slots,
    others: createBundleMetrics(carrier),
    gauges: { sockets_connected: { help: 'Event sockets connected.', read: () => webSockets.connections() } },
  });
  const app = createApi({
    operations: orchestrator,
    reader,
    workflows,
    payloads,
    slots,
    committed,
    deadLetters: new NoDeadLetters(),
    network: operations,
    enrolment: createEnrol({
      network,
      registry,
      tokens: new MemoryTickets(clock, JOIN_TOKEN_MS),
      hub,
      isOpen: options.token === undefined,
      drop: (nodeId) => nodes.drop(nodeId),
    }),
    queues: () => carrier.queues(),
    tickets,
    caller: (request) => ({
      principal: OPERATOR,
      socketUrl: addressOf(request, SOCKET_PATH),
      brokerUrl: addressOf(request, MQTT_PATH),
    }),
    taskTypes: types,
    health: async () => {
      const failure = orchestrator.failure();
      return { store: failure ? { ok: false, detail: `${failure.message} ${failure.fix}` } : { ok: true } };
    },
    metrics: metrics.render,
    clock,
    ids,
    logger,
    version: VERSION,
  });
  const { host = '127.0.0.1', token, allowedOrigins, allowedHosts, port } = options;
  const access = { host, token, allowedOrigins, allowedHosts, tickets };
  const server = await serveHttp({ app, webSockets, mqtt: nodes, port, ...access });
  const mqttPort = await openMqtt();
  await orchestrator.connect(nodes.links);
  const { signal } = closing;
  telling = tellNetwork({
    network,
    registry,
    send: (message) => carrier.send(message),
    clock,
    logger,
    signal,
  });
  const loops = [telling.ended, watchConditions({ network: operations, clock, logger, signal })];
  async function openMqtt(): Promise<number | undefined> {
    if (options.mqttPort === undefined) return undefined;
    try {
      return await nodes.listen(host, options.mqttPort);
    } catch (error) {
      await server.close();
      throw error;
    }
  }
  return {
    url: server.url,
    ...(mqttPort !== undefined && { mqttPort }),
    orchestrator,
    async close() {
      closing.abort();
      await Promise.all(loops);
      // Its connections keep the server from ending.
      await nodes.close();
      await server.close();
      metrics.close();
      await orchestrator.close();
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
