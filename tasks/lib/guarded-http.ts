/** HTTP that can't be turned against the host's own network: one lookup, its address vetted and pinned, redirects re-checked. */
import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { PermanentFailure } from '../../core/task/handler.ts';
import { type AllowList, addressRefusal, normalHost, parseAllowList } from './addresses.ts';

/** The request would reach an address that tasks may not reach. */
export class ForbiddenAddress extends PermanentFailure {
  override readonly name = 'ForbiddenAddress';
}

/** The URL can't be requested, whoever answers. */
export class InvalidUrl extends PermanentFailure {
  override readonly name = 'InvalidUrl';
}

export class TooManyRedirects extends PermanentFailure {
  override readonly name = 'TooManyRedirects';
}

export class ResponseTooLarge extends PermanentFailure {
  override readonly name = 'ResponseTooLarge';
}

export interface GuardedRequest {
  url: URL;
  method: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: string | Uint8Array;
  signal: AbortSignal;
  responseBytesMax: number;
  redirectsMax: number;
}

export interface GuardedResponse {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Where the answer came from, after redirects. */
  url: string;
  redirects: number;
}

/** Headers that may follow a redirect to another origin; the rest may be credentials. */
const PUBLIC_HEADERS = new Set([
  'accept',
  'accept-language',
  'content-type',
  'user-agent',
  'idempotency-key',
]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and reads the whole answer.
 * Errors: `ForbiddenAddress`, `InvalidUrl`, `TooManyRedirects`, `ResponseTooLarge`; undici's and the network's own.
 */
export async function guardedRequest(request: GuardedRequest): Promise<GuardedResponse> {
  const { allowed, dispatcher, send } = await client(process.env.HOLDFAST_HTTP_ALLOW ?? '');
  let { url, method, headers, body } = request;
  for (let redirects = 0; ; redirects++) {
    checkUrl(url, allowed);
    const response = await send(url, {
      dispatcher,
      method: method as Dispatcher.HttpMethod,
      headers: { 'accept-encoding': 'identity', ...headers },
      ...(body === undefined ? {} : { body }),
      signal: request.signal,
    });
    // Giving an answer up midway is an error to its stream, and one that nobody listens for would end the process.
    response.body.on('error', () => {});
    const location = response.headers.location;
    if (!REDIRECTS.has(response.statusCode) || location === undefined) {
      const answer = await readBody(response, request.responseBytesMax, url);
      return {
        status: response.statusCode,
        headers: flatten(response.headers),
        body: answer,
        url: url.href,
        redirects,
      };
    }
    response.body.destroy();
    if (redirects >= request.redirectsMax)
      throw new TooManyRedirects(
        `${request.url.href} redirected ${redirects + 1} times; the limit is ${request.redirectsMax}. Request the final address, or raise "redirectsMax" (5 at most).`,
      );
    const next = nextUrl(String(location), url);
    if (changesToGet(response.statusCode, method)) {
      method = 'GET';
      body = undefined;
      headers = without(headers, (name) => name.startsWith('content-'));
    }
    if (next.origin !== url.origin) headers = without(headers, (name) => !PUBLIC_HEADERS.has(name));
    url = next;
  }
}

/** Parses what a task was given. Errors: `InvalidUrl`. */
export function parseUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new InvalidUrl(`"${text}" is no absolute URL. Write one such as https://example.org/path.`);
  return new URL(text);
}

function nextUrl(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href))
    throw new InvalidUrl(`${from.href} redirected to "${location}", which is no URL.`);
  return new URL(location, from);
}

function changesToGet(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function without(headers: Record<string, string>, drop: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !drop(name)));
}

function checkUrl(url: URL, allowed: AllowList): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new InvalidUrl(`${url.protocol}// is not supported in "${url.href}". Use http:// or https://.`);
  if (url.username !== '' || url.password !== '')
    throw new InvalidUrl(
      `The URL for ${url.host} carries a user name or password, which would end up in logs. Send an "authorization" header instead.`,
    );
  const host = normalHost(url.hostname);
  if (isIP(host) !== 0) checkAddress(host, host, allowed);
}

function checkAddress(host: string, address: string, allowed: AllowList): void {
  if (allowed.hosts.has(normalHost(host))) return;
  const refusal = addressRefusal(address, allowed);
  if (refusal === undefined) return;
  const subject = host === address ? address : `${host} resolves to ${address}, which`;
  throw new ForbiddenAddress(
    `${subject} ${refusal}; tasks may only reach public addresses. ` +
      `If it is meant, start the host with HOLDFAST_HTTP_ALLOW=${host} (hosts, addresses or networks between commas).`,
  );
}

interface Client {
  allowed: AllowList;
  dispatcher: Dispatcher;
  send: typeof import('undici').request;
}

const clients = new Map<string, Promise<Client>>();

function client(allowText: string): Promise<Client> {
  let known = clients.get(allowText);
  if (known === undefined) clients.set(allowText, (known = createClient(allowText)));
  return known;
}

/** undici is loaded with the first request: most hosts never make one, and it would slow every start. */
async function createClient(allowText: string): Promise<Client> {
  const allowed = parseAllowList(allowText);
  // Of a CommonJS package that is loaded while running, a bundle has only the default.
  const {
    default: { Agent, buildConnector, request },
  } = await import('undici');
  const connect = buildConnector({ timeout: 10_000, allowH2: false, lookup: vettedLookup(allowed) });
  const dispatcher = new Agent({
    connect(options, callback) {
      // A literal address is never looked up, so the lookup can't vet it.
      const host = normalHost(options.hostname);
      try {
        if (isIP(host) !== 0) checkAddress(host, host, allowed);
      } catch (refusal) {
        callback(refusal as Error, null);
        return;
      }
      connect(options, callback);
    },
  });
  return { allowed, dispatcher, send: request };
}

/** Answers with exactly the addresses that were vetted, so a second, different answer can't slip in (DNS rebinding). */
function vettedLookup(allowed: AllowList): LookupFunction {
  return (host, options, callback) => {
    dnsLookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      try {
        for (const { address } of addresses) checkAddress(host, address, allowed);
      } catch (refusal) {
        return callback(refusal as NodeJS.ErrnoException, '', 0);
      }
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

async function readBody(response: Dispatcher.ResponseData, bytesMax: number, url: URL): Promise<Uint8Array> {
  const tooLarge = () =>
    new ResponseTooLarge(
      `${url.href} answered with more than ${bytesMax} bytes. Ask for less, or raise "responseBytesMax".`,
    );
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) {
      response.body.destroy();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return decode(
    Buffer.concat(chunks),
    String(response.headers['content-encoding'] ?? ''),
    bytesMax,
    tooLarge,
  );
}

const DECODERS: Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>> =
  {
    gzip: promisify(gunzip),
    'x-gzip': promisify(gunzip),
    deflate: promisify(inflate),
    br: promisify(brotliDecompress),
  };

/** Some servers compress although "identity" was asked for. */
async function decode(
  bytes: Buffer,
  encoding: string,
  bytesMax: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  const decoder = DECODERS[encoding.trim().toLowerCase()];
  if (decoder === undefined || bytes.length === 0) return bytes;
  try {
    return await decoder(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : error;
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
