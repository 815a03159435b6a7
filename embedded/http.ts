/** Serves the HTTP API and the event socket on one port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { HttpRefusal, PROBLEM_CONTENT_TYPE, toProblem } from '../core/api/problem.ts';
import { type Access, type AccessOptions, createAccess, MQTT_PATH } from './access.ts';
import { listenOn } from './listen.ts';
import type { MqttWebSockets } from './mqtt-doors.ts';
import type { WebSockets } from './websocket.ts';

export interface HttpOptions extends Omit<AccessOptions, 'host'> {
  app: { fetch: (request: Request) => Response | Promise<Response> };
  webSockets: WebSockets;
  /** Takes nodes in. @default they find nothing at `/mqtt` */
  mqtt?: Pick<MqttWebSockets, 'upgrade'>;
  /** @default '127.0.0.1' */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  /** How long `close` waits for answers under way. @default 5000 */
  graceMs?: number;
}

export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  url: string;
  port: number;
  /** Takes nothing new, ends what is under way, says goodbye to sockets. */
  close(): Promise<void>;
}

export const SOCKET_PATH = '/ws';
/** What to do about a plain request. */
const SPEAKS: Readonly<Record<string, string>> = {
  [SOCKET_PATH]: 'Connect with a WebSocket client; GET /asyncapi.json describes the messages.',
  [MQTT_PATH]: 'Connect with an MQTT client over WebSocket, as the node whose credentials it has.',
};
const SERVER_LIMITS = {
  /** For the whole request to arrive; answers may take longer. */
  requestTimeout: 60_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 5_000,
};
const CONNECTIONS_MAX = 10_000;

/** Resolves when it listens. Errors: `InvalidInput` (unsafe settings), `AddressUnavailable`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { app, webSockets, mqtt, host = '127.0.0.1', graceMs = 5000 } = options;
  const access = createAccess({ ...options, host });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: unreadable });

  const server = createServer(SERVER_LIMITS, (request, response) => {
    const refusal = refuse(access, request);
    if (refusal !== undefined) return answerRefusal(response, refusal, request);
    for (const [name, value] of Object.entries(access.corsHeaders(request.headers)))
      response.setHeader(name, value);
    if (access.isPreflight(asked(request))) return void response.writeHead(204).end();
    void listener(request, response);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    upgrade(request, stream, head).catch((error: unknown) =>
      endWith(stream, error instanceof HttpRefusal ? error : badRequest()),
    );
  });
  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    if (mqtt !== undefined && asked(request).path === MQTT_PATH) {
      access.check(asked(request));
      return mqtt.upgrade(request, stream, head);
    }
    const principal = await access.admit({ ...asked(request), ticket: ticketOf(request) });
    if (asked(request).path !== SOCKET_PATH) throw noSocketHere(request);
    webSockets.upgrade(request, stream, head, principal);
  }
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    if (stream.writable && error.code !== 'ECONNRESET') endWith(stream, fromParser(error.code));
    else stream.destroy();
  });

  const port = await listenOn(server, host, options.port);
  return {
    url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`,
    port,
    close: () => close(server, webSockets, graceMs),
  };
}

function asked(request: IncomingMessage) {
  const { method = '', url = '', headers } = request;
  return { method, path: url.split('?', 1)[0]!, headers };
}

const ticketOf = ({ url = '' }: IncomingMessage): string | undefined =>
  new URLSearchParams(url.split('?')[1]).get('ticket') ?? undefined;

function refuse(access: Access, request: IncomingMessage): HttpRefusal | undefined {
  try {
    access.check(asked(request));
  } catch (error) {
    if (error instanceof HttpRefusal) return error;
    throw error;
  }
  const { path } = asked(request);
  const speaks = SPEAKS[path];
  if (speaks === undefined) return undefined;
  return new HttpRefusal(426, 'UpgradeNeeded', `${path} speaks WebSocket only.`, speaks, {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
  });
}

function answerRefusal(response: ServerResponse, refusal: HttpRefusal, request: IncomingMessage): void {
  const text = JSON.stringify(toProblem(refusal, asked(request).path));
  response.writeHead(refusal.status, { ...refusalHeaders(refusal, text), ...refusal.headers }).end(text);
  request.resume();
}

/** Answers by hand where there is no response object. */
function endWith(stream: Duplex, refusal: HttpRefusal): void {
  const text = JSON.stringify(toProblem(refusal, SOCKET_PATH));
  const headers = { ...refusalHeaders(refusal, text), ...refusal.headers, Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  stream.end(`HTTP/1.1 ${refusal.status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}

const refusalHeaders = (_refusal: HttpRefusal, text: string) => ({
  'Content-Type': PROBLEM_CONTENT_TYPE,
  'Content-Length': String(Buffer.byteLength(text)),
  'Cache-Control': 'no-store',
});

/** The URL or the Host could not be read. */
function unreadable(): Response {
  const refusal = badRequest();
  return new Response(JSON.stringify(toProblem(refusal, '')), {
    status: refusal.status,
    headers: { 'Content-Type': PROBLEM_CONTENT_TYPE },
  });
}

const badRequest = () =>
  new HttpRefusal(
    400,
    'MalformedRequest',
    'The request is not valid HTTP.',
    'Check its URL and its headers.',
  );

function noSocketHere(request: IncomingMessage): HttpRefusal {
  const { path } = asked(request);
  return new HttpRefusal(
    404,
    'NoSuchRoute',
    `There is no socket at ${path.slice(0, 200)}.`,
    `Connect to ${SOCKET_PATH}.`,
  );
}

function fromParser(code: string | undefined): HttpRefusal {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const limit = `${SERVER_LIMITS.maxHeaderSize} bytes`;
    return new HttpRefusal(
      431,
      'HeaderTooLarge',
      `The header is larger than ${limit}.`,
      'Send fewer or shorter fields.',
    );
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpRefusal(
      408,
      'RequestTimeout',
      'The request did not arrive in time.',
      'Send it again, faster.',
    );
  }
  return badRequest();
}

async function close(server: Server, webSockets: WebSockets, graceMs: number): Promise<void> {
  webSockets.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(impatience);
}
