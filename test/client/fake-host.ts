/** A host that does what a real one does only now and then: tells of an end before its log does, loses messages, lets sessions expire. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { HoldfastEvent } from '../../core/event/event.ts';

export interface FakeHost {
  url: string;
  /** What can be read; events are sent only by `onSubscribe`. */
  log: HoldfastEvent[];
  execution: { status: string; endedMs?: number };
  tickets: number;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Answers a request by itself. */
  answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
  onSubscribe?: (
    socket: { send: (message: object) => void; close: () => void },
    message: { fromSeq: number; types?: string[]; batch?: boolean },
    connection: number,
  ) => void;
}

export async function openFakeHost({ answer, onSubscribe }: Behaviour): Promise<FakeHost> {
  const used = new Set<string>();
  let connections = 0;
  const server = createServer((request, response) => {
    if (answer?.(request, response)) return;
    const { pathname, searchParams } = new URL(request.url!, host.url);
    const json = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/tickets')
      return json({ url: `${host.url.replace('http', 'ws')}/elsewhere?ticket=${++host.tickets}` }, 201);
    if (!pathname.endsWith('/events')) return json({ executionId: 'ex', ...host.execution });
    const after = Number(searchParams.get('afterSeq') ?? 0);
    const types = searchParams.get('types')?.split(',');
    const items = host.log.filter(({ seq, type }) => seq > after && (types?.includes(type) ?? true));
    return json({ items, nextAfterSeq: 0 });
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const ticket = new URL(request.url!, host.url).searchParams.get('ticket')!;
    if (used.has(ticket)) return socket.close();
    used.add(ticket);
    const connection = ++connections;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; fromSeq: number };
      const send = (what: object) => socket.send(JSON.stringify(what));
      if (message.type === 'subscribe')
        onSubscribe?.({ send, close: () => socket.close() }, message, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host: FakeHost = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: [],
    execution: { status: 'RUNNING' },
    tickets: 0,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return host;
}
