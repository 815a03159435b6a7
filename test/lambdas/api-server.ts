import { serve, type ServerType } from '@hono/node-server';
import { openApiHost } from './api-host.ts';

/** The host of the API, on a port of this machine. */
export async function openApiServer(...overrides: Parameters<typeof openApiHost>) {
  const host = await openApiHost(...overrides);
  let server: ServerType;
  const url = await new Promise<string>((resolve) => {
    server = serve({ fetch: host.app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
  const close = async () => {
    server.close();
    await host.close();
  };
  return { ...host, url, close };
}

export type ApiServer = Awaited<ReturnType<typeof openApiServer>>;
