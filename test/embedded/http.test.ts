import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import { isLoopback } from '../../embedded/access.ts';
import { type HttpOptions, type HttpServer, serveHttp } from '../../embedded/http.ts';
import { AddressUnavailable } from '../../embedded/listen.ts';
import { createWebSockets } from '../../embedded/websocket.ts';
import { createSocket } from '../../lambdas/socket/socket.ts';
import { openApiHost } from '../lambdas/api-host.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const host = await openApiHost();
  closers.push(host.close);
  const { reader, committed, clock, ids } = host;
  const socket = createSocket({ reader, committed, clock, ids, logger: { error: () => undefined } });
  const server = await serveHttp({
    app: host.app,
    webSockets: createWebSockets(socket),
    port: 0,
    ...options,
  });
  closers.push(() => server.close());
  return server;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Unlike fetch, sends whatever Host and Origin it is given. */
function ask({ port }: HttpServer, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port, path, method, headers, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode!, headers: response.headers, body: text }),
          );
        },
      );
      request.on('error', reject).end(body);
    },
  );
}

/** Writes bytes, and reads until the server ends the connection. */
function raw({ port }: HttpServer, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const stream = connect(port, '127.0.0.1', () => stream.write(text));
    stream.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    stream.on('error', reject).on('close', () => resolve(answer));
  });
}

const code = (answer: { body: string }) => (JSON.parse(answer.body) as { code: string }).code;
const TOKEN = 'a-long-enough-token-1234';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('serveHttp', () => {
  test('serves the API on loopback', async () => {
    const server = await serve();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const workflow = JSON.stringify({ name: 'w', tasks: [{ id: 'a', type: 'echo' }] });
    const headers = { 'content-type': 'application/json' };
    expect((await ask(server, '/workflows', { method: 'POST', headers, body: workflow })).status).toBe(201);
    expect((await ask(server, '/workflows/w')).status).toBe(200);
  });

  test('refuses a body beyond the limit and keeps serving', async () => {
    const server = await serve();
    const headers = { 'content-type': 'application/json' };
    const body = `{"a":"${'x'.repeat(9 * 1024 * 1024)}"}`;
    const answer = await fetch(`${server.url}/workflows`, { method: 'POST', headers, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
    expect((await ask(server, '/health')).status).toBe(200);
  });

  test('refuses a port in use, saying which and what to do', async () => {
    const server = await serve();
    const refusal = serve({ port: server.port });
    await expect(refusal).rejects.toThrow(AddressUnavailable);
    await expect(refusal).rejects.toThrow(`Port ${server.port} on 127.0.0.1 is in use`);
  });

  test("refuses an address that isn't this machine's", async () => {
    await expect(serve({ host: '192.0.2.1', token: TOKEN })).rejects.toThrow(
      'is not an address of this machine',
    );
  });

  test('answers what is no HTTP, and headers too large, with a problem', async () => {
    const server = await serve();
    expect(await raw(server, 'HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400[^]*"code":"MalformedRequest"/);
    const large = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(server, large)).toMatch(/^HTTP\/1\.1 431[^]*"code":"HeaderTooLarge"/);
  });

  test('says that /ws wants an upgrade, and that sockets are nowhere else', async () => {
    const server = await serve();
    expect((await ask(server, '/ws')).status).toBe(426);
    const upgrade =
      'GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    expect(await raw(server, upgrade)).toMatch(/^HTTP\/1\.1 404[^]*NoSuchRoute/);
  });

  test('ends an answer under way before it closes', async () => {
    const { promise: asked, resolve: arrived } = Promise.withResolvers<void>();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    const app = {
      fetch: async () => {
        arrived();
        await go;
        return new Response('late');
      },
    };
    const server = await serve({ app });
    const answer = ask(server, '/');
    await asked;
    const closed = server.close();
    release();
    expect((await answer).body).toBe('late');
    await closed;
    await expect(ask(server, '/')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('Host', () => {
  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:80'])('takes %s', async (host) => {
    expect((await ask(await serve(), '/', { headers: { host } })).status).toBe(200);
  });
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:80',
    'localhost:80@evil.example',
  ])('refuses %s', async (host) =>
    expect((await ask(await serve(), '/', { headers: { host } })).status).toBe(421),
  );
  test('takes a name that it is told of', async () => {
    const server = await serve({ allowedHosts: ['flows.local'] });
    expect((await ask(server, '/', { headers: { host: 'flows.local:9' } })).status).toBe(200);
  });
});

describe('Origin', () => {
  test('refuses pages of others, takes its own', async () => {
    const server = await serve();
    const host = `localhost:${server.port}`;
    expect(code(await ask(server, '/', { headers: { host, origin: 'https://evil.example' } }))).toBe(
      'OriginNotAllowed',
    );
    expect((await ask(server, '/', { headers: { host, origin: 'null' } })).status).toBe(403);
    expect((await ask(server, '/', { headers: { host, origin: `http://${host}` } })).status).toBe(200);
  });

  test('answers pages of an allowed origin, and their preflights', async () => {
    const origin = 'http://localhost:5173';
    const server = await serve({ allowedOrigins: [origin], token: TOKEN });
    const answer = await ask(server, '/', { headers: { origin, ...bearer(TOKEN) } });
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    const preflight = await ask(server, '/workflows', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([
      204,
      'GET, POST, DELETE',
    ]);
    const other = await ask(server, '/', {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect([other.status, other.headers['access-control-allow-origin']]).toEqual([403, undefined]);
  });

  test('refuses settings that are no origins', async () => {
    await expect(serve({ allowedOrigins: ['*'] })).rejects.toThrow(InvalidInput);
    await expect(serve({ allowedOrigins: ['https://x.example/path'] })).rejects.toThrow('is not an origin');
  });
});

describe('the token', () => {
  test('is needed everywhere but for liveness', async () => {
    const server = await serve({ token: TOKEN });
    for (const path of [
      '/',
      '/workflows',
      '/metrics',
      '/health',
      '/nowhere',
      '/ws',
      '//health/live',
      '/health/live/',
    ]) {
      const answer = await ask(server, path);
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([
        path,
        401,
        'Bearer realm="holdfast"',
      ]);
    }
    expect((await ask(server, '/health/live')).status).toBe(200);
    expect((await ask(server, '/', { headers: bearer(TOKEN) })).status).toBe(200);
    expect((await ask(server, '/', { headers: bearer(`${TOKEN}x`) })).status).toBe(401);
    expect((await ask(server, '/', { headers: { authorization: `Basic ${TOKEN}` } })).status).toBe(401);
  });

  test('must be there to listen beyond loopback', async () => {
    await expect(serve({ host: '0.0.0.0' })).rejects.toThrow('there is no token to keep strangers out');
    const server = await serve({ host: '0.0.0.0', token: TOKEN });
    expect((await ask(server, '/', { headers: { host: 'any.example', ...bearer(TOKEN) } })).status).toBe(200);
  });

  test.each(['short', 'with a blank in the middle', 'é'.repeat(20)])('refuses to be %j', async (token) => {
    await expect(serve({ token })).rejects.toThrow('The token is too short');
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
])('isLoopback(%j) is %j', (host, expected) => expect(isLoopback(host)).toBe(expected));
