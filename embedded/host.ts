/** The embedded host: the orchestrator with its HTTP API, event socket and metrics on one port. */
import { SystemClock } from '../adapters/embedded/clock.ts';
import { UlidIds } from '../adapters/embedded/ids.ts';
import { SystemRandom } from '../adapters/embedded/random.ts';
import { createApi } from '../lambdas/api/api.ts';
import { createSocket } from '../lambdas/socket/socket.ts';
import { type HttpOptions, serveHttp } from './http.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openOrchestrator, type Orchestrator, type OrchestratorOptions } from './orchestrator.ts';
import { VERSION } from './version.ts';
import { createWebSockets } from './websocket.ts';

export interface HostOptions
  extends OrchestratorOptions,
    Pick<HttpOptions, 'host' | 'token' | 'allowedOrigins' | 'allowedHosts'> {
  /** 0 takes any free port. @default 3000 */
  port?: number;
}

export interface EmbeddedHost {
  url: string;
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
  const { reader, workflows, payloads, slots, types, committed } = orchestrator;
  const { logger } = options;
  const clock = new SystemClock();
  const ids = new UlidIds(clock, new SystemRandom());
  const webSockets = createWebSockets(createSocket({ reader, committed, clock, ids, logger }));
  const metrics = await createMetrics({
    reader,
    committed,
    slots,
    gauges: { sockets_connected: { help: 'Event sockets connected.', read: () => webSockets.connections() } },
  });
  const app = createApi({
    operations: orchestrator,
    reader,
    workflows,
    payloads,
    slots,
    committed,
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
  const { host, token, allowedOrigins, allowedHosts, port } = options;
  const server = await serveHttp({ app, webSockets, host, port, token, allowedOrigins, allowedHosts });
  return {
    url: server.url,
    orchestrator,
    async close() {
      await server.close();
      metrics.close();
      await orchestrator.close();
    },
  };
}
