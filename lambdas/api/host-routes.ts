import { isoTime } from '../../core/api/views.ts';
import { type ApiDependencies, type HealthChecks, ok, type Reply, type Routes } from './dependencies.ts';

type HostRoutes = Pick<
  Routes,
  | 'getIndex'
  | 'getHealth'
  | 'getReadiness'
  | 'getLiveness'
  | 'getStats'
  | 'getMetrics'
  | 'createTicket'
  | 'getOpenApi'
  | 'getAsyncApi'
  | 'getWorkflowSchema'
>;

const INDEX = {
  name: 'Holdfast',
  description: "Workflows that finish when the network doesn't cooperate.",
  links: {
    workflows: '/workflows',
    executions: '/executions',
    taskTypes: '/task-types',
    events: '/ws',
    tickets: '/tickets',
    deadLetters: '/dead-letters',
    nodes: '/nodes',
    links: '/links',
    routes: '/routes',
    queues: '/queues',
    health: '/health',
    stats: '/stats',
    metrics: '/metrics',
    openapi: '/openapi.json',
    asyncapi: '/asyncapi.json',
    workflowSchema: '/schemas/workflow.json',
  },
};

const descriptions = () => import('./descriptions.ts');

export function hostRoutes(deps: ApiDependencies): HostRoutes {
  const { clock, version, reader, slots } = deps;
  const startedMs = clock.now();
  const times = () => ({ startedAt: isoTime(startedMs), uptimeMs: Math.max(0, clock.now() - startedMs) });

  const health = async (): Promise<Reply> => {
    const checks = await checkHealth(deps);
    const fine = Object.values(checks).every((check) => check.ok);
    return { status: fine ? 200 : 503, body: { status: fine ? 'ok' : 'unavailable', checks, ...times() } };
  };

  return {
    getIndex: async () => ok(INDEX),
    getHealth: health,
    getReadiness: health,
    getLiveness: async () => ok({ status: 'live' }),
    getStats: async () => {
      const [totals, usage] = await Promise.all([reader.totals(), slots.usage()]);
      const pools = Object.entries(usage).map(([pool, { size, held, queued }]) => [
        pool,
        { ...(Number.isFinite(size) && { size }), held, queued },
      ]);
      return ok({ ...times(), ...totals, pools: Object.fromEntries(pools) as object });
    },
    getMetrics: async () => ({
      status: 200,
      body: await deps.metrics(),
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
    }),
    createTicket: async ({ raw, env }) => {
      const { principal, socketUrl } = deps.caller(raw, env);
      const { ticket, expiresMs } = await deps.tickets.issue(principal);
      const url = `${socketUrl}?ticket=${ticket}`;
      return { status: 201, body: { url, expiresAt: isoTime(expiresMs), expiresMs } };
    },
    getOpenApi: async () => ok((await descriptions()).openApiDocument(version)),
    getAsyncApi: async () => ok((await descriptions()).asyncApiDocument(version)),
    getWorkflowSchema: async () => ok((await descriptions()).workflowJsonSchema()),
  };
}

async function checkHealth({ health, logger }: ApiDependencies): Promise<HealthChecks> {
  try {
    return await health();
  } catch (error) {
    logger.error('The health check failed.', { error: String(error) });
    return { host: { ok: false, detail: 'The check itself failed; the log says how.' } };
  }
}
