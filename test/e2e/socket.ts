/** A client of the event socket that keeps what came. */
import { WebSocket } from 'ws';
import type { Answer } from './http.ts';

export interface SocketClient {
  /** Every message so far. */
  messages: Answer['body'][];
  events(): Answer['body'][];
  send(message: object | string): void;
  /** The first message that `isIt` takes, come or to come. */
  next(isIt: (message: Answer['body']) => boolean): Promise<Answer['body']>;
  close(): Promise<void>;
}

export async function openSocket(url: string): Promise<SocketClient> {
  const socket = new WebSocket(url);
  const messages: Answer['body'][] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()));
    wake();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let isClosed = false;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => {
    isClosed = true;
    wake();
  });
  return {
    messages,
    events: () => messages.filter(({ type }) => type === 'event').map(({ event }) => event),
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: (isIt) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = messages.find(isIt);
          if (found === undefined && !isClosed) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`closed after ${JSON.stringify(messages.slice(-5))}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: () => {
      socket.close();
      return closed;
    },
  };
}
