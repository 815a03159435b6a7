/** One execution's events over the socket, in order, each once, whatever happens to the connection. */
import type { Problem } from '../core/api/problem.ts';
import type { ExecutionView, TicketView } from '../core/api/schemas.ts';
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

const ENDING = ['execution.succeeded', 'execution.failed', 'execution.cancelled'];
const ENDS = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const RECONNECT_MS_MAX = 2_000;
const SILENCE_MS_MAX = 45_000;
const PING_MS = 15_000;
/** For the host to take the subscription. */
const ANSWER_MS_MAX = 30_000;

type Message =
  | { type: 'event'; event: HoldfastEvent }
  | { type: 'events'; events: HoldfastEvent[] }
  | { type: 'error'; error: Problem }
  | { type: 'subscribed' | 'pong' };

/** Ends when the execution has ended. Errors: `HoldfastProblem` (no such execution), `HostUnreachable`. */
export async function* watch(
  transport: Transport,
  executionId: string,
  { fromSeq = 1, types, signal, patienceMs = 60_000, onConnection }: WatchOptions = {},
): AsyncGenerator<HoldfastEvent, void, undefined> {
  const isWanted = typeFilter(types);
  const log = openLog(transport, executionId);
  // Its ends tell when to stop, whatever is wanted.
  const asked = types && [...types, ...ENDING];
  let next = fromSeq;
  let endedMs: number | undefined;
  let lostMs: number | undefined;
  let delayMs = 50;
  while (!signal?.aborted) {
    if (await log.isOver(next, endedMs)) return;
    const url = await socketUrl(transport);
    const wanted = { executionId, fromSeq: next, types: asked };
    const connection = url === undefined ? undefined : connect(url, wanted, signal);
    try {
      for await (const event of connection ?? []) {
        if (lostMs !== undefined) onConnection?.(true);
        lostMs = undefined;
        delayMs = 50;
        if (event.seq < next) continue;
        next = event.seq + 1;
        if (isWanted(event.type)) yield event;
        if (!ENDING.includes(event.type)) continue;
        endedMs = event.atMs;
        const isOver = await log.isOver(next, endedMs);
        if (isOver) return;
        // Nobody answered: the end may have been the last that comes over this connection.
        if (isOver === undefined) break;
      }
    } finally {
      connection?.close();
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

/** Whether a type is one of these, or of one of these groups. */
function typeFilter(types: string[] | undefined): (type: string) => boolean {
  if (types === undefined || types.includes('*')) return () => true;
  return (type) =>
    types.some((name) => name === type || (name.endsWith('.*') && type.startsWith(name.slice(0, -1))));
}

/** Asks over HTTP where an execution's log ends. */
function openLog(transport: Transport, executionId: string) {
  const path = `/executions/${encodeURIComponent(executionId)}`;
  const events = async (query: { afterSeq?: number; types?: string[]; limit: number }) => {
    const call = { method: 'GET', path: `${path}/events`, query } as const;
    return (await transport.send<{ items: HoldfastEvent[] }>(call)).body.items;
  };

  return {
    /**
     * Whether the execution has ended and nothing would ever come from `next` on; undefined when nobody answers. `seenEndMs` is
     * when the last end that came was: a host may tell that an execution has ended before its log does, and it may end again
     * after a redrive.
     */
    isOver: (next: number, seenEndMs: number | undefined): Promise<boolean | undefined> =>
      ifReachable(async () => {
        const { body } = await transport.send<ExecutionView>({ method: 'GET', path });
        if (!ENDS.has(body.status)) return false;
        const { endedMs = 0 } = body;
        if ((await events({ afterSeq: next - 1, limit: 1 })).length > 0) return false;
        if (seenEndMs !== undefined) return seenEndMs >= endedMs;
        return (await events({ types: ENDING, limit: 1000 })).some(({ atMs }) => atMs >= endedMs);
      }),
  };
}

/** Where to connect, once: the address carries a ticket. */
async function socketUrl(transport: Transport): Promise<string | undefined> {
  const call = { method: 'POST', path: '/tickets', body: {} } as const;
  const ticket = await ifReachable(() => transport.send<TicketView>(call));
  // A ticket that came over TLS doesn't leave it.
  return transport.base.startsWith('https:') ? ticket?.body.url.replace(/^ws:/, 'wss:') : ticket?.body.url;
}

/** Undefined when nobody answers: the loop that reconnects knows how long to be patient. */
async function ifReachable<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof HostUnreachable) return undefined;
    throw error;
  }
}

/** The events of one connection; ends when it is lost. Errors: `HoldfastProblem`. */
function connect(
  url: string,
  wanted: { executionId: string; fromSeq: number; types: string[] | undefined },
  signal: AbortSignal | undefined,
) {
  const socket = new WebSocket(url);
  const queue: HoldfastEvent[] = [];
  let refusal: Error | undefined;
  let over = false;
  let isSubscribed = false;
  const startedMs = Date.now();
  let heardMs = startedMs;
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
    const isIgnored = !isSubscribed && Date.now() - startedMs >= ANSWER_MS_MAX;
    if (silentMs > SILENCE_MS_MAX || isIgnored) close();
    else if (silentMs > PING_MS && socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
  }, PING_MS);
  signal?.addEventListener('abort', close, { once: true });
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ type: 'subscribe', id: 'watch', batch: true, ...wanted })),
  );
  socket.addEventListener('close', close);
  // A close event follows, and is what ends the connection.
  socket.addEventListener('error', () => {});
  socket.addEventListener('message', ({ data }) => {
    heardMs = Date.now();
    const message = JSON.parse(String(data)) as Message;
    if (message.type === 'subscribed') isSubscribed = true;
    else if (message.type === 'event') queue.push(message.event);
    else if (message.type === 'events') queue.push(...message.events);
    else if (message.type === 'error') {
      // What the connection was opened with is over: the next ticket tells whether the client's own proof is too.
      if (message.error.status !== 401) refusal = new HoldfastProblem(message.error);
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
