/** One execution's events over the socket, in order, each once, whatever happens to the connection. */
import type { Problem } from '../core/api/problem.ts';
import type { ExecutionView } from '../core/api/schemas.ts';
import type { HoldfastEvent } from '../core/event/event.ts';
import { HoldfastProblem, HostUnreachable } from './errors.ts';
import type { Transport } from './transport.ts';

export interface WatchOptions {
  /** The first event wanted. @default 1, from the beginning */
  fromSeq?: number;
  /** Exact, or a group: `execution.*`. @default all */
  types?: string[];
  signal?: AbortSignal;
  /** Gives up with `HostUnreachable` after so long without a connection. @default 60 s */
  patienceMs?: number;
  /** Told when the connection is lost, and when it is there again. */
  onConnection?: (connected: boolean) => void;
}

const ENDING = new Set(['execution.succeeded', 'execution.failed', 'execution.cancelled']);
const ENDS = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const RECONNECT_MS_MAX = 2_000;
const SILENCE_MS_MAX = 45_000;
const PING_MS = 15_000;

type Message =
  | { type: 'event'; event: HoldfastEvent }
  | { type: 'error'; error: Problem }
  | { type: 'subscribed' | 'pong' };

/** Ends when the execution has ended. Errors: `HoldfastProblem` (no such execution), `HostUnreachable`. */
export async function* watch(
  transport: Transport,
  executionId: string,
  { fromSeq = 1, types, signal, patienceMs = 60_000, onConnection }: WatchOptions = {},
): AsyncGenerator<HoldfastEvent, void, undefined> {
  const path = `/executions/${encodeURIComponent(executionId)}`;
  let next = fromSeq;
  let lostMs: number | undefined;
  let delayMs = 50;
  while (!signal?.aborted) {
    if (await isOver(transport, path, next, types)) return;
    const connection = connect(transport, { executionId, fromSeq: next, types }, signal);
    try {
      for await (const event of connection) {
        if (lostMs !== undefined) onConnection?.(true);
        lostMs = undefined;
        delayMs = 50;
        if (event.seq < next) continue;
        next = event.seq + 1;
        yield event;
        if (ENDING.has(event.type) && (await isOver(transport, path, next, types))) return;
      }
    } finally {
      connection.close();
    }
    if (signal?.aborted) return;
    if (lostMs === undefined) onConnection?.(false);
    lostMs ??= Date.now();
    if (Date.now() - lostMs > patienceMs)
      throw new HostUnreachable(
        `The connection to ${transport.base} was lost and has not come back for ${Math.round(patienceMs / 1000)} s.`,
        `The execution goes on where its host runs; watch it again with "npx holdfast watch ${executionId}".`,
      );
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    delayMs = Math.min(delayMs * 2, RECONNECT_MS_MAX);
  }
}

/** True when the execution has ended and has no event from `next` on: nothing would ever come. */
async function isOver(
  transport: Transport,
  path: string,
  next: number,
  types: string[] | undefined,
): Promise<boolean> {
  let execution: ExecutionView;
  try {
    ({ body: execution } = await transport.send<ExecutionView>({ method: 'GET', path }));
  } catch (error) {
    // The loop that reconnects knows how long to be patient.
    if (error instanceof HostUnreachable) return false;
    throw error;
  }
  if (!ENDS.has(execution.status)) return false;
  const query = { afterSeq: next - 1, types, limit: 1 };
  const later = await transport.send<{ items: unknown[] }>({ method: 'GET', path: `${path}/events`, query });
  return later.body.items.length === 0;
}

/** The events of one connection; ends when it is lost. Errors: `HoldfastProblem`. */
function connect(
  transport: Transport,
  wanted: { executionId: string; fromSeq: number; types: string[] | undefined },
  signal: AbortSignal | undefined,
) {
  const { base, token } = transport;
  const protocols = ['holdfast', ...(token === undefined ? [] : [`bearer.${token}`])];
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/ws`, protocols);
  const queue: HoldfastEvent[] = [];
  let refusal: Error | undefined;
  let over = false;
  let heardMs = Date.now();
  let wake: () => void = () => {};

  const close = () => {
    over = true;
    clearInterval(heart);
    signal?.removeEventListener('abort', close);
    socket.close();
    wake();
  };
  const heart = setInterval(() => {
    const silentMs = Date.now() - heardMs;
    if (silentMs > SILENCE_MS_MAX) close();
    else if (silentMs > PING_MS && socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
  }, PING_MS);
  signal?.addEventListener('abort', close, { once: true });
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ type: 'subscribe', id: 'watch', ...wanted })),
  );
  socket.addEventListener('close', close);
  // A close event follows, and is what ends the connection.
  socket.addEventListener('error', () => {});
  socket.addEventListener('message', ({ data }) => {
    heardMs = Date.now();
    const message = JSON.parse(String(data)) as Message;
    if (message.type === 'event') queue.push(message.event);
    else if (message.type === 'error') {
      refusal = new HoldfastProblem(message.error);
      return close();
    }
    wake();
  });

  async function* events(): AsyncGenerator<HoldfastEvent, void, undefined> {
    for (;;) {
      for (const event of queue.splice(0)) yield event;
      if (queue.length > 0) continue;
      if (refusal) throw refusal;
      if (over) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { [Symbol.asyncIterator]: events, close };
}
