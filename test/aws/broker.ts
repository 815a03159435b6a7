/** The emulator's MQTT broker, which it offers by WebSocket under the name of IoT Core only: docs/emulator-gaps.md. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { REGION } from './emulator.ts';

export interface Broker {
  url: string;
  close(): Promise<void>;
}

/** Hands connections on, their `Host` replaced in the request that begins them. */
export async function openBroker(emulatorUrl: string): Promise<Broker> {
  const { hostname, port } = new URL(emulatorUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const emulator = connect(Number(port), hostname);
    for (const socket of [client, emulator]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {
        client.destroy();
        emulator.destroy();
      });
    }
    client.once('data', (head) => {
      emulator.write(
        head.toString('latin1').replace(/^host:.*$/im, `Host: data-ats.iot.${REGION}.aws`),
        'latin1',
      );
      client.pipe(emulator);
    });
    emulator.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
