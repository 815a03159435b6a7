/** The HTTP API: one route table over the use cases, the same on every host. */
import { Hono } from 'hono/tiny';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ENDPOINTS, type Endpoint } from '../../core/api/endpoints.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { faultProblem, HttpRefusal, PROBLEM_CONTENT_TYPE, toProblem } from '../../core/api/problem.ts';
import { DEFINITION_LIMITS } from '../../core/workflow/definition.ts';
import { costRoutes } from './cost-routes.ts';
import type { ApiDependencies, Reply } from './dependencies.ts';
import { deadLetterRoutes } from './dead-letter-routes.ts';
import { enrolmentRoutes } from './enrolment-routes.ts';
import { executionRoutes } from './execution-routes.ts';
import { hostRoutes } from './host-routes.ts';
import { type ApiRequest, readRequest } from './request.ts';
import { networkRoutes } from './network-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { workflowRoutes } from './workflow-routes.ts';

export type { ApiDependencies, HealthChecks } from './dependencies.ts';

type Handler = (request: ApiRequest) => Promise<Reply>;

const HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** The app; `app.fetch(request)` answers with JSON, and refuses with problem documents (RFC 9457). */
export function createApi(deps: ApiDependencies): Hono {
  const bodyBytesMax = deps.limits?.bodyBytesMax ?? DEFINITION_LIMITS.sizeBytes;
  const routes = {
    ...hostRoutes(deps),
    ...workflowRoutes(deps),
    ...executionRoutes(deps),
    ...costRoutes(deps),
    ...taskRoutes(deps),
    ...deadLetterRoutes(deps),
    ...networkRoutes(deps),
    ...enrolmentRoutes(deps),
  } as unknown as Record<string, Handler>;
  const app = new Hono();

  for (const [id, endpoint] of Object.entries(ENDPOINTS) as [string, Endpoint][]) {
    app.on(endpoint.method, endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) => {
      const reply = await routes[id]!(await readRequest(c, endpoint, bodyBytesMax));
      const text = reply.contentType === undefined ? JSON.stringify(reply.body) : String(reply.body);
      return c.body(text, reply.status as ContentfulStatusCode, {
        ...HEADERS,
        'Content-Type': reply.contentType ?? 'application/json',
        ...reply.headers,
      });
    });
  }

  app.notFound((c) => {
    throw noRoute(c.req.method, c.req.path);
  });
  app.onError((error, c) => {
    const known = toProblem(error, c.req.path);
    const problem = known ?? faultProblem(logFault(deps, error));
    return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
      ...HEADERS,
      'Content-Type': PROBLEM_CONTENT_TYPE,
      ...(error instanceof HttpRefusal && error.headers),
    });
  });
  return app;
}

function logFault({ ids, logger }: ApiDependencies, error: Error): string {
  const errorId = ids.next('err');
  logger.error('A request failed.', { errorId, error: error.stack ?? String(error) });
  return errorId;
}

function noRoute(method: string, path: string): HttpRefusal {
  const all: Endpoint[] = Object.values(ENDPOINTS);
  const here = all.filter((endpoint) => pattern(endpoint.path).test(path)).map((endpoint) => endpoint.method);
  if (here.length > 0) {
    const allow = [...new Set(here.includes('GET') ? [...here, 'HEAD'] : here)].join(', ');
    return new HttpRefusal(405, 'MethodNotAllowed', `${path} does not take ${method}.`, `Use ${allow}.`, {
      Allow: allow,
    });
  }
  const fix = didYouMean(path, [...new Set(all.map((endpoint) => endpoint.path))]);
  return new HttpRefusal(
    404,
    'NoSuchRoute',
    `There is nothing at ${path.slice(0, 200)}.`,
    fix.startsWith('Did') ? fix : 'GET /openapi.json lists every path.',
  );
}

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
