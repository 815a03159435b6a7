/** Where nodes' connections come in: on the host's own port over WebSocket, and by TCP where that is asked for. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { GUARD_LIMITS } from './mqtt-guard.ts';
import { listenOn } from './listen.ts';

export type TakeConnection = (stream: Duplex) => void;

/** As MQTT 3.1.1, section 6 names it. */
const SUBPROTOCOL = 'mqtt';

export interface MqttWebSockets {
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  close(): void;
}

export function createMqttWebSockets(take: TakeConnection): MqttWebSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: GUARD_LIMITS.packetBytesMax * 2,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return {
    upgrade: (request, stream, head) =>
      server.handleUpgrade(request, stream, head, (socket) => take(createWebSocketStream(socket))),
    close: () => {
      for (const client of server.clients) client.close(1001, 'The host is stopping.');
      server.close();
    },
  };
}

export interface TcpDoor {
  port: number;
  close(): Promise<void>;
}

/** Errors: `AddressUnavailable`. */
export async function openTcpDoor(take: TakeConnection, host: string, port: number): Promise<TcpDoor> {
  const server = createServer({ noDelay: true, keepAlive: true }, take);
  return {
    port: await listenOn(server, host, port),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
