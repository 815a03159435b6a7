import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { handler, type HttpInput } from '../../tasks/http.ts';
import { contextOf } from './context.ts';

let server: Server;
let other: Server;
let origin: string;
let otherOrigin: string;
const seen: Array<{ method: string; url: string; headers: IncomingMessage['headers']; body: string }> = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const url = new URL(request.url!, origin);
  seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
  const status = Number(url.searchParams.get('status') ?? 200);
  switch (url.pathname) {
    case '/json':
      return void response.writeHead(status, { 'content-type': 'application/json' }).end('{"a":[1,2]}');
    case '/gzip':
      return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)));
    case '/binary':
      return void response.end(Buffer.from([0xff, 0xfe]));
    case '/redirect':
      return void response.writeHead(status, { location: url.searchParams.get('to')! }).end();
    case '/wait':
      return void response.writeHead(status, { 'retry-after': '7' }).end('come back');
    case '/never':
      return;
    case '/cut':
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      return void setTimeout(() => request.socket.destroy(), 20);
    default:
      response.writeHead(status).end(`you sent ${request.method}`);
  }
}

const listen = (target: Server) =>
  new Promise<string>((resolve) =>
    target.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(target.address() as AddressInfo).port}`),
    ),
  );

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  other = createServer((request, response) => void answer(request, response));
  origin = await listen(server);
  otherOrigin = await listen(other);
});

afterAll(() => {
  for (const target of [server, other]) {
    target.closeAllConnections();
    target.close();
  }
});

afterEach(() => {
  delete process.env.HOLDFAST_HTTP_ALLOW;
  seen.length = 0;
});

const allowed = (input: HttpInput, context = contextOf()) => {
  process.env.HOLDFAST_HTTP_ALLOW = '127.0.0.0/8';
  return handler(input, context);
};

describe('requests', () => {
  test('sends method, headers, query and JSON, with the idempotency key', async () => {
    const output = await allowed({
      url: `${origin}/json?a=1`,
      method: 'POST',
      headers: { 'X-Team': 'red' },
      query: { b: 2, c: ['x', 'y'], d: null },
      json: { hello: 'world' },
    });
    expect(output).toMatchObject({ status: 200, body: { a: [1, 2] }, redirects: 0 });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/json?a=1&b=2&c=x&c=y',
      body: '{"hello":"world"}',
      headers: { 'x-team': 'red', 'content-type': 'application/json', 'idempotency-key': 'exe_1/task/1' },
    });
  });

  test('text stays text, bytes become base64, compressed answers are unpacked', async () => {
    expect(await allowed({ url: `${origin}/` })).toMatchObject({ body: 'you sent GET' });
    expect(await allowed({ url: `${origin}/binary` })).toMatchObject({ body: '//4=', encoding: 'base64' });
    expect(await allowed({ url: `${origin}/gzip` })).toMatchObject({ body: 'x'.repeat(100_000) });
  });

  test.each([
    ['a body with GET', { body: 'x' }, 'takes no body'],
    ['both body and json', { method: 'POST', body: 'x', json: 1 }, 'Keep one'],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }, 'malformed'],
    ['a URL that is none', { url: 'nowhere' }, 'no absolute URL'],
    ['a scheme beyond HTTP', { url: 'file:///etc/passwd' }, 'Use http:// or https://'],
    ['credentials in the URL', { url: 'http://user:secret@127.0.0.1/' }, 'carries a user name'],
  ])('refuses %s', async (_what, input, words) => {
    await expect(allowed({ url: `${origin}/`, ...input })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining(words),
    });
  });
});

describe('statuses', () => {
  test.each([
    [400, 'HttpClientError', false],
    [404, 'HttpClientError', false],
    [408, 'HttpServerError', undefined],
    [429, 'HttpTooManyRequests', undefined],
    [500, 'HttpServerError', undefined],
    [503, 'HttpServerError', undefined],
  ])('%i fails as %s', async (status, name, retryable) => {
    const failure = await allowed({ url: `${origin}/?status=${status}` }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name });
    expect((failure as { retryable?: boolean }).retryable).toBe(retryable);
  });

  test('says how long the server asks to wait', async () => {
    await expect(allowed({ url: `${origin}/wait?status=429` })).rejects.toMatchObject({
      retryAfterMs: 7_000,
    });
  });

  test('the expected status decides, as a number, a class or a list', async () => {
    expect(await allowed({ url: `${origin}/?status=404`, expectedStatus: 404 })).toMatchObject({
      status: 404,
    });
    expect(await allowed({ url: `${origin}/?status=404`, expectedStatus: ['2xx', '4xx'] })).toMatchObject({
      status: 404,
    });
    await expect(allowed({ url: `${origin}/`, expectedStatus: 204 })).rejects.toMatchObject({
      name: 'HttpUnexpectedStatus',
    });
  });
});

describe('trouble on the way', () => {
  test('no listener, a cut connection and a silent server can be retried', async () => {
    await expect(allowed({ url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ name: 'HttpNetworkError' });
    await expect(allowed({ url: `${origin}/cut` })).rejects.toMatchObject({ name: 'HttpNetworkError' });
    await expect(allowed({ url: `${origin}/never`, timeoutMs: 50 })).rejects.toMatchObject({
      name: 'HttpNetworkError',
      message: expect.stringContaining('within 50 ms'),
    });
  });

  test('ends with the reason of the signal', async () => {
    const controller = new AbortController();
    const outcome = allowed({ url: `${origin}/never` }, contextOf({ signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('cancelled')), 20);
    await expect(outcome).rejects.toThrow('cancelled');
  });

  test('refuses an answer larger than the limit, packed or not', async () => {
    await expect(allowed({ url: `${origin}/json`, responseBytesMax: 5 })).rejects.toMatchObject({
      name: 'ResponseTooLarge',
    });
    await expect(allowed({ url: `${origin}/gzip`, responseBytesMax: 50_000 })).rejects.toMatchObject({
      name: 'ResponseTooLarge',
    });
  });
});

describe('redirects', () => {
  test('a POST becomes a GET after 302 and stays one after 307', async () => {
    await allowed({ url: `${origin}/redirect?status=302&to=/end`, method: 'POST', body: 'x' });
    expect(seen[1]).toMatchObject({ method: 'GET', url: '/end', body: '' });
    await allowed({ url: `${origin}/redirect?status=307&to=/end`, method: 'POST', body: 'x' });
    expect(seen[3]).toMatchObject({ method: 'POST', url: '/end', body: 'x' });
  });

  test('credentials stay with their origin', async () => {
    const headers = {
      authorization: 'Bearer secret',
      cookie: 'a=b',
      'x-api-key': 'secret',
      accept: 'text/plain',
    };
    await allowed({ url: `${origin}/redirect?status=302&to=/end`, headers });
    expect(seen[1]!.headers.authorization).toBe('Bearer secret');
    await allowed({ url: `${origin}/redirect?status=302&to=${otherOrigin}/end`, headers });
    expect(seen[3]!.headers).toMatchObject({ accept: 'text/plain' });
    expect(Object.keys(seen[3]!.headers)).not.toEqual(expect.arrayContaining(['authorization']));
    expect(seen[3]!.headers.cookie ?? seen[3]!.headers['x-api-key']).toBeUndefined();
  });

  test('refuses more than the limit', async () => {
    await expect(
      allowed({ url: `${origin}/redirect?status=302&to=/end`, redirectsMax: 0 }),
    ).rejects.toMatchObject({
      name: 'TooManyRedirects',
    });
  });

  test('refuses a redirect to where tasks may not go', async () => {
    process.env.HOLDFAST_HTTP_ALLOW = '127.0.0.1';
    for (const to of ['http://169.254.169.254/latest', 'http://[::1]/', 'file:///etc/passwd'])
      await expect(
        handler({ url: `${origin}/redirect?status=302&to=${encodeURIComponent(to)}` }, contextOf()),
      ).rejects.toMatchObject({
        name: expect.stringMatching(/^(ForbiddenAddress|InvalidUrl)$/),
        retryable: false,
      });
    expect(seen).toHaveLength(3);
  });
});

describe('addresses', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://LOCALHOST/',
    'https://10.0.0.1/',
  ])('refuses %s and says how to allow it', async (url) => {
    await expect(handler({ url }, contextOf())).rejects.toMatchObject({
      name: 'ForbiddenAddress',
      retryable: false,
      message: expect.stringContaining('HOLDFAST_HTTP_ALLOW='),
    });
    expect(seen).toEqual([]);
  });

  test('a host that the operator allows by name may resolve to a private address', async () => {
    process.env.HOLDFAST_HTTP_ALLOW = 'localhost';
    const url = origin.replace('127.0.0.1', 'localhost');
    expect(await handler({ url }, contextOf())).toMatchObject({ status: 200 });
    await expect(handler({ url: origin }, contextOf())).rejects.toMatchObject({ name: 'ForbiddenAddress' });
  });
});
