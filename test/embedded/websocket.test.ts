import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { type HttpOptions, serveHttp } from '../../embedded/http.ts';
import { createWebSockets, type WebSocketLimits } from '../../embedded/websocket.ts';
import { createSocket, type SocketLimits, type SocketPorts } from '../../lambdas/socket/socket.ts';
import { openApiHost, WORKFLOW } from '../lambdas/api-host.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const TOKEN = 'a-long-enough-token-1234';

interface ServeOptions extends Partial<HttpOptions> {
  limits?: Partial<WebSocketLimits>;
  socketLimits?: Partial<SocketLimits>;
  reader?: SocketPorts['reader'];
}

async function serve(options: ServeOptions = {}) {
  const host = await openApiHost();
  closers.push(host.close);
  const { committed, clock, ids } = host;
  const { reader = host.reader, socketLimits } = options;
  const logger = { error: () => undefined };
  const socket = createSocket({ reader, committed, clock, ids, logger }, socketLimits);
  const webSockets = createWebSockets(socket, options.limits);
  const server = await serveHttp({ app: host.app, webSockets, tickets: host.tickets, port: 0, ...options });
  closers.push(() => server.close());
  await host.operations.submit({ document: WORKFLOW });
  return { host, server, url: `ws://127.0.0.1:${server.port}/ws` };
}

type Message = { type: string; subscription?: string; cursor?: number; event?: HoldfastEvent };

async function open(url: string, protocols: string[] = [], options: ClientOptions = {}) {
  const client = new WebSocket(url, protocols, options);
  closers.push(() => client.terminate());
  const messages: Message[] = [];
  let news = Promise.withResolvers<void>();
  client.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as Message);
    news.resolve();
  });
  await once(client, 'open');
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      news = Promise.withResolvers();
      await news.promise;
    }
  };
  return { client, messages, until, send: (message: object) => client.send(JSON.stringify(message)) };
}

/** The status with which an upgrade is refused. */
function refused(
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url, protocols, options);
    client.on('unexpected-response', (request, response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    client.on('open', () => reject(new Error('it was let in')));
    client.on('error', () => undefined);
  });
}

const ends = (messages: Message[], id: string) =>
  messages.some(({ event }) => event?.executionId === id && event.type === 'execution.succeeded');

describe('the socket', () => {
  test('carries an execution from its first event to its last, also to one who comes later', async () => {
    const { host, url } = await serve();
    const live = await open(url);
    live.send({ type: 'subscribe', id: 'all', types: ['execution.*', 'task.*'] });
    await live.until(() => live.messages.length === 1);
    const { execution } = await host.operations.start({ workflow: 'greet' });
    await live.until(() => ends(live.messages, execution.id));

    const late = await open(url);
    late.send({ type: 'subscribe', id: 'one', executionId: execution.id, fromSeq: 1 });
    await late.until(() => ends(late.messages, execution.id));
    const stored = await host.reader.events(execution.id, { limit: 1000 });
    const events = (messages: Message[]) =>
      messages.filter(({ type }) => type === 'event').map(({ event }) => event);
    expect(events(late.messages)).toEqual(stored);
    expect(events(live.messages)).toEqual(stored);
  });

  test('goes on from the cursor where another socket ended', async () => {
    const { host, url } = await serve();
    const first = await open(url);
    first.send({ type: 'subscribe', id: 's', cursor: 0 });
    const one = await host.operations.start({ workflow: 'greet' });
    await first.until(() => ends(first.messages, one.execution.id));
    const { cursor } = first.messages.at(-1)!;
    first.client.close();

    const two = await host.operations.start({ workflow: 'greet' });
    const second = await open(url);
    second.send({ type: 'subscribe', id: 's', cursor });
    await second.until(() => ends(second.messages, two.execution.id));
    const ids = new Set(second.messages.flatMap(({ event }) => event?.executionId ?? []));
    expect([...ids]).toEqual([two.execution.id]);
    expect(second.messages.find(({ event }) => event)?.event?.seq).toBe(1);
  });

  test('answers pings', async () => {
    const { url } = await serve();
    const { send, until, messages } = await open(url);
    send({ type: 'ping' });
    await until(() => messages.length === 1);
    expect(messages).toEqual([{ type: 'pong' }]);
  });

  test('says goodbye when the host stops', async () => {
    const { server, url } = await serve();
    const { client } = await open(url);
    const closed = once(client, 'close');
    await server.close();
    expect((await closed)[0]).toBe(1001);
  });

  test('drops a client that answers no pings', async () => {
    const { url } = await serve({ limits: { pingIntervalMs: 20 } });
    const { client } = await open(url, [], { autoPong: false });
    expect((await once(client, 'close'))[0]).toBe(1006);
  });

  test('closes a client that reads nothing with 4008, and holds little for it', async () => {
    const data = { text: 'x'.repeat(10_000) };
    const event = (seq: number) => ({ executionId: 'ex', seq, atMs: 0, type: 'task.started' as const, data });
    let read = 0;
    const reader: SocketPorts['reader'] = {
      get: () => Promise.resolve(undefined),
      events: () => Promise.resolve([]),
      feed: async (cursor, limit) => {
        read = cursor + limit;
        return { events: Array.from({ length: limit }, (_, at) => event(cursor + at + 1)), cursor: read };
      },
    };
    const { url } = await serve({ reader, socketLimits: { drainMsMax: 200 } });
    const { client, send } = await open(url);
    client.pause();
    send({ type: 'subscribe', id: 's', cursor: 0 });
    const closed = once(client, 'close');
    // The close frame stands behind what the client has not read.
    setTimeout(() => client.resume(), 1000);
    expect((await closed)[0]).toBe(4008);
    // What the kernel and the bound of 1 MiB hold, of an endless log.
    expect(read).toBeLessThan(5000);
  });

  test('keeps a client that answers them', async () => {
    const { url } = await serve({ limits: { pingIntervalMs: 20 } });
    const { client } = await open(url);
    for (let count = 0; count < 5; count++) await once(client, 'ping');
    expect(client.readyState).toBe(WebSocket.OPEN);
  });
});

describe('refuses', () => {
  test('messages too long, and frames that are no text', async () => {
    const { url } = await serve();
    const long = await open(url);
    long.client.send('x'.repeat(65 * 1024));
    expect((await once(long.client, 'close'))[0]).toBe(1009);
    const binary = await open(url);
    binary.client.send(Buffer.from('{"type":"ping"}'));
    expect((await once(binary.client, 'close'))[0]).toBe(1003);
  });

  test('more connections than the limit', async () => {
    const { url } = await serve({ limits: { connectionsMax: 1 } });
    await open(url);
    expect(await refused(url)).toBe(503);
  });

  test('a foreign Origin, a foreign Host, another path', async () => {
    const { url } = await serve();
    expect(await refused(url, [], { origin: 'https://evil.example' })).toBe(403);
    expect(await refused(url, [], { headers: { host: 'evil.example' } })).toBe(421);
    expect(await refused(url.replace('/ws', '/other'))).toBe(404);
  });

  test('a ticket that is unknown or was used, and takes it once instead of a token', async () => {
    const { host, url } = await serve({ token: TOKEN });
    const { ticket } = await host.tickets.issue({ subject: 'ada' });
    expect(await refused(`${url}?ticket=unknown`)).toBe(401);
    expect((await open(`${url}?ticket=${ticket}`)).client.readyState).toBe(WebSocket.OPEN);
    expect(await refused(`${url}?ticket=${ticket}`)).toBe(401);
    // A ticket that is no good is refused whatever else came with it.
    expect(
      await refused(`${url}?ticket=${ticket}`, [], { headers: { authorization: `Bearer ${TOKEN}` } }),
    ).toBe(401);
  });

  test('a ticket of a page of a foreign Origin', async () => {
    const { host, url } = await serve({ token: TOKEN });
    const { ticket } = await host.tickets.issue({ subject: 'ada' });
    expect(await refused(`${url}?ticket=${ticket}`, [], { origin: 'https://evil.example' })).toBe(403);
  });

  test('messages of a client whose ticket was got with a proof that has expired since', async () => {
    const { host, url } = await serve();
    const expiresMs = host.clock.now() + 200;
    const { ticket } = await host.tickets.issue({ subject: 'ada', expiresMs });
    const { client, send, until, messages } = await open(`${url}?ticket=${ticket}`);
    const closed = once(client, 'close');
    await host.clock.sleep(expiresMs - host.clock.now());
    send({ type: 'ping' });
    await until(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ type: 'error', error: { code: 'SessionExpired' } });
    expect((await closed)[0]).toBe(4401);
  });

  test('a missing or another token, and takes it as a header or a subprotocol', async () => {
    const { url } = await serve({ token: TOKEN });
    expect(await refused(url)).toBe(401);
    expect(await refused(url, ['bearer.another-token-123456'])).toBe(401);
    const byHeader = await open(url, [], { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(byHeader.client.protocol).toBe('');
    const byProtocol = await open(url, ['holdfast', `bearer.${TOKEN}`]);
    expect(byProtocol.client.protocol).toBe('holdfast');
    expect((await open(url, [`bearer.${TOKEN}`])).client.readyState).toBe(WebSocket.OPEN);
  });
});
