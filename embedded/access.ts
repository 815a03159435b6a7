/** Who may talk to this host: Host (against DNS rebinding), Origin (against other people's pages), token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpRefusal } from '../core/api/problem.ts';
import { InvalidInput } from '../core/errors.ts';
import type { Principal, Tickets } from '../core/ports/tickets.ts';
import { createAuthorize } from '../lambdas/authorize/authorize.ts';

export interface AccessOptions {
  /** Where the host listens. */
  host: string;
  /** Needed of every client when it is set; 16 to 512 of `A-Z a-z 0-9 . _ ~ + -`. */
  token?: string;
  /** Origins of pages that may call: `https://ops.example.org`. @default none but the host's own */
  allowedOrigins?: readonly string[];
  /** Names that clients may call this host by. @default the loopback names and `host`; any, beyond loopback */
  allowedHosts?: readonly string[];
  /** Open the event socket to clients that can send no header. @default there are none */
  tickets?: Pick<Tickets, 'redeem'>;
}

interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

export interface Access {
  /** Throws `HttpRefusal` unless the request may go on. */
  check(request: Asked): void;
  /** Lets a socket in, by its ticket where it brings one. Errors: `HttpRefusal`. */
  admit(request: Asked & { ticket: string | undefined }): Promise<Principal>;
  /** What a page of an allowed origin needs to see in an answer. */
  corsHeaders(headers: IncomingHttpHeaders): Record<string, string>;
  /** Whether the request only asks if another one would be allowed. */
  isPreflight(request: { method: string; headers: IncomingHttpHeaders }): boolean;
}

/** Where nodes reach the broker over WebSocket. */
export const MQTT_PATH = '/mqtt';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/**
 * Asked for by whatever watches over the process, which has no token, and by nodes, which bring proofs of their own: a
 * join token, or the secret that MQTT asks for.
 */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health/live', '/join', MQTT_PATH]);
const NONE: Pick<Tickets, 'redeem'> = { redeem: async () => undefined };
/** Everybody who has the token, which never expires. */
export const OPERATOR: Principal = { subject: 'operator' };

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

/** Throws `InvalidInput` for settings that would leave the host open. */
export function createAccess(options: AccessOptions): Access {
  const { host, token, allowedOrigins = [], tickets = NONE } = options;
  refuseUnsafe(options);
  const authorize = createAuthorize({ tickets });
  const digest = token === undefined ? undefined : sha256(token);
  const hosts = acceptedHosts(options);
  const origins = new Set(allowedOrigins.map((origin) => new URL(origin).origin));

  const checkHost = (name: string | undefined) => {
    if (name !== undefined && (hosts === undefined || hosts.has(hostName(name)))) return;
    throw new HttpRefusal(
      421,
      'UnknownHost',
      `The request is for "${(name ?? '').slice(0, 100)}", and this server answers to ${[...(hosts ?? [host])].join(', ')}.`,
      'Call it by one of these names, or name yours among the allowed hosts when you start it.',
    );
  };

  const checkOrigin = (origin: string | undefined, hostHeader: string | undefined) => {
    if (origin === undefined || origins.has(origin)) return;
    if (origin === `http://${hostHeader}` || origin === `https://${hostHeader}`) return;
    throw new HttpRefusal(
      403,
      'OriginNotAllowed',
      `Pages of "${origin.slice(0, 100)}" may not call this server.`,
      'Name this origin among the allowed origins when you start it.',
    );
  };

  const checkToken = (headers: IncomingHttpHeaders) => {
    if (digest === undefined) return;
    const given = bearer(headers);
    if (given !== undefined && timingSafeEqual(sha256(given), digest)) return;
    throw new HttpRefusal(
      401,
      'TokenNeeded',
      given === undefined ? 'The request has no token.' : "The request's token is another one.",
      'Send "Authorization: Bearer <token>" with the token that this server was started with.',
      { 'WWW-Authenticate': 'Bearer realm="holdfast"' },
    );
  };

  const access: Access = {
    isPreflight: ({ method, headers }) =>
      method === 'OPTIONS' && headers['access-control-request-method'] !== undefined,
    check(request) {
      const { path, headers } = request;
      checkHost(headers.host);
      checkOrigin(headers.origin, headers.host);
      if (!OPEN_PATHS.has(path) && !access.isPreflight(request)) checkToken(headers);
    },
    async admit({ ticket, ...request }) {
      if (ticket === undefined) {
        access.check(request);
        return OPERATOR;
      }
      checkHost(request.headers.host);
      checkOrigin(request.headers.origin, request.headers.host);
      return authorize(ticket);
    },
    corsHeaders({ origin }): Record<string, string> {
      if (origin === undefined || !origins.has(origin)) return {};
      return {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': 'GET, POST, DELETE',
        'Access-Control-Allow-Headers': 'Authorization, Content-Type, Idempotency-Key',
        'Access-Control-Expose-Headers': 'Location',
        Vary: 'Origin',
      };
    },
  };
  return access;
}

function refuseUnsafe({ host, token, allowedOrigins = [] }: AccessOptions): void {
  if (token === undefined && !isLoopback(host)) {
    throw new InvalidInput(
      `Listening on ${host} lets other machines in, and there is no token to keep strangers out.`,
      'Set a token (16 characters or more), or listen on 127.0.0.1.',
    );
  }
  if (token !== undefined && !/^[A-Za-z0-9._~+-]{16,512}$/.test(token)) {
    throw new InvalidInput(
      'The token is too short, too long, or holds a character that does not fit a header.',
      'Use 16 to 512 of A-Z a-z 0-9 . _ ~ + - (for example: openssl rand -hex 32).',
    );
  }
  for (const origin of allowedOrigins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new InvalidInput(
      `"${origin}" is not an origin.`,
      'Write scheme, host and port only: https://ops.example.org or http://localhost:5173.',
    );
  }
}

function acceptedHosts({ host, allowedHosts }: AccessOptions): Set<string> | undefined {
  if (allowedHosts === undefined && !isLoopback(host)) return undefined;
  const bound = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return new Set([...LOOPBACK_NAMES, bound, ...(allowedHosts ?? [])].map((name) => name.toLowerCase()));
}

/** `Host` without its port. */
const hostName = (header: string): string => header.toLowerCase().replace(/:\d*$/, '');

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** From `Authorization`, or from the subprotocol `bearer.<token>`, which is all that a page's WebSocket can send. */
function bearer(headers: IncomingHttpHeaders): string | undefined {
  const [, token] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (token !== undefined || headers.upgrade === undefined) return token;
  return subprotocols(headers)
    .find((protocol) => protocol.startsWith('bearer.'))
    ?.slice('bearer.'.length);
}

export const subprotocols = (headers: IncomingHttpHeaders): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
