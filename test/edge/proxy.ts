/** A network between a node and its host that a test can cut. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `cut`: connections break and nobody answers. `hole`: they stay, and nothing gets through. */
export type NetworkState = 'mended' | 'cut' | 'hole';

export interface TcpProxy {
  port: number;
  become(state: NetworkState): void;
  close(): Promise<void>;
}

/** Leads to a port of this machine. */
export async function openProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let state: NetworkState = 'mended';
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (state === 'hole') socket.pause();
  };
  const server = createServer((near) => {
    if (state === 'cut') return void near.on('error', () => undefined).destroy();
    const far = connect(targetPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      keep(one);
      one.on('data', (bytes) => void other.write(bytes));
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    become(next) {
      state = next;
      for (const socket of sockets) {
        if (state === 'cut') socket.destroy();
        else if (state === 'hole') socket.pause();
        else socket.resume();
      }
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
