/** Carries the event socket's protocol over WebSocket (RFC 6455). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { HttpRefusal } from '../core/api/problem.ts';
import type { Principal } from '../core/ports/tickets.ts';
import type { Peer, Socket } from '../lambdas/socket/socket.ts';

export interface WebSocketLimits {
  /** @default 1000 */
  connectionsMax: number;
  /** A longer message closes its connection with code 1009. @default 64 KiB */
  messageBytesMax: number;
  /** A client that hasn't answered one ping when the next is due is dropped. @default 30 s */
  pingIntervalMs: number;
}

const LIMITS: WebSocketLimits = {
  connectionsMax: 1000,
  messageBytesMax: 64 * 1024,
  pingIntervalMs: 30_000,
};

export interface WebSockets {
  /** Takes over the connection. Throws `HttpRefusal` when there are too many. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, principal: Principal): void;
  connections(): number;
  /** Says goodbye to every client. */
  close(): void;
}

export function createWebSockets(socket: Socket, overrides: Partial<WebSocketLimits> = {}): WebSockets {
  const limits = { ...LIMITS, ...overrides };
  const unanswered = new WeakSet<WebSocket>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytesMax,
    perMessageDeflate: false,
    handleProtocols: choose,
  });

  const heartbeat = setInterval(() => {
    for (const client of server.clients) {
      if (unanswered.has(client)) client.terminate();
      else {
        unanswered.add(client);
        client.ping();
      }
    }
  }, limits.pingIntervalMs);
  heartbeat.unref();

  const take = (client: WebSocket, principal: Principal): void => {
    const { peer, gone } = createPeer(client);
    const connection = socket.connect(peer, principal);
    client.on('pong', () => unanswered.delete(client));
    client.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) client.close(1003, 'Send text frames.');
      else connection.receive((data as Buffer).toString('utf8'));
    });
    client.on('close', () => {
      gone();
      connection.closed();
    });
    // What is wrong with the frames; `close` follows.
    client.on('error', () => undefined);
  };

  return {
    connections: () => server.clients.size,
    upgrade(request, stream, head, principal) {
      if (server.clients.size >= limits.connectionsMax) {
        throw new HttpRefusal(
          503,
          'TooManyConnections',
          `There are ${limits.connectionsMax} sockets open, which is the limit.`,
          'Try again later, or use one socket for several subscriptions.',
          { 'Retry-After': '5' },
        );
      }
      server.handleUpgrade(request, stream, head, (client) => take(client, principal));
    },
    close() {
      clearInterval(heartbeat);
      for (const client of server.clients) client.close(1001, 'The host stops; connect again later.');
    },
  };
}

/** A page's WebSocket fails unless one of the subprotocols it offers is chosen. */
function choose(offered: Set<string>): string | false {
  if (offered.has('holdfast')) return 'holdfast';
  return [...offered].find((protocol) => protocol.startsWith('bearer.')) ?? false;
}

function createPeer(client: WebSocket): { peer: Peer; gone: () => void } {
  let inFlight = 0;
  let waiting: (() => void)[] = [];
  const wake = () => {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  };
  const sent = () => {
    if (--inFlight === 0) wake();
  };
  return {
    gone: wake,
    peer: {
      send(text) {
        if (client.readyState !== client.OPEN) return;
        inFlight++;
        client.send(text, sent);
      },
      bufferedBytes: () => client.bufferedAmount,
      flushed: () =>
        inFlight === 0 || client.readyState !== client.OPEN
          ? Promise.resolve()
          : new Promise((resolve) => waiting.push(resolve)),
      close: (code, reason) => client.close(code, reason),
    },
  };
}
