/**
 * Makes one HTTP request. Output: `{status, headers, body, url, redirects}`; `body` is the parsed value of a JSON answer, the text of
 * any other, and base64 with `encoding: "base64"` beside it where the bytes are no UTF-8.
 */
import { type JsonObject, type JsonValue, isObject } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import { guardedRequest, type GuardedResponse, parseUrl } from './lib/guarded-http.ts';

export interface HttpInput {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  query?: Record<string, JsonValue>;
  /** Text sent as it is; any other value is sent as JSON. */
  body?: JsonValue;
  /** Sent as JSON. */
  json?: JsonValue;
  /** For the whole exchange, redirects included. */
  timeoutMs?: number;
  /** Statuses that succeed: numbers or classes such as `2xx`. */
  expectedStatus?: string | number | Array<string | number>;
  responseBytesMax?: number;
  redirectsMax?: number;
}

const statusSchema = {
  anyOf: [
    { type: 'integer', minimum: 100, maximum: 599 },
    { type: 'string', pattern: '^[1-5]xx$' },
  ],
};

export const inputSchema = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: { type: 'string', minLength: 1, maxLength: 8192 },
    method: { enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], default: 'GET' },
    headers: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 100 },
    query: { type: 'object', maxProperties: 200 },
    body: {},
    json: {},
    timeoutMs: { type: 'integer', minimum: 1, maximum: 3_600_000, default: 30_000 },
    expectedStatus: {
      anyOf: [...statusSchema.anyOf, { type: 'array', items: statusSchema, minItems: 1 }],
      default: '2xx',
    },
    responseBytesMax: { type: 'integer', minimum: 1, maximum: 67_108_864, default: 10_485_760 },
    redirectsMax: { type: 'integer', minimum: 0, maximum: 5, default: 5 },
  },
};

/** The server is in trouble (5xx, 408, 425); it may be well again soon. */
export class HttpServerError extends Error {
  override readonly name = 'HttpServerError';
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server asks for patience (429). */
export class HttpTooManyRequests extends Error {
  override readonly name = 'HttpTooManyRequests';
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: refused, reset, timed out, unknown host. */
export class HttpNetworkError extends Error {
  override readonly name = 'HttpNetworkError';
}

/** The request itself is wrong (4xx): the same request gets the same answer. */
export class HttpClientError extends PermanentFailure {
  override readonly name = 'HttpClientError';
}

/** An answer of another status than the task expects. */
export class HttpUnexpectedStatus extends PermanentFailure {
  override readonly name = 'HttpUnexpectedStatus';
}

export async function handler(input: HttpInput, context: TaskContext): Promise<JsonObject> {
  const response = await exchange(input, context);
  if (!isExpected(response.status, input.expectedStatus ?? '2xx')) throw statusError(input, response);
  return {
    status: response.status,
    headers: response.headers,
    ...readable(response),
    url: response.url,
    redirects: response.redirects,
  };
}

async function exchange(input: HttpInput, context: TaskContext): Promise<GuardedResponse> {
  const method = input.method ?? 'GET';
  const url = withQuery(parseUrl(input.url), input.query);
  const headers = headersOf(input, context.idempotencyKey);
  const timeoutMs = input.timeoutMs ?? 30_000;
  const body = bodyOf(input, method, headers);
  try {
    return await guardedRequest({
      url,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]),
      responseBytesMax: input.responseBytesMax ?? 10_485_760,
      redirectsMax: input.redirectsMax ?? 5,
    });
  } catch (error) {
    if (context.signal.aborted || error instanceof PermanentFailure) throw error;
    const cause =
      (error as Error).name === 'TimeoutError'
        ? `no answer within ${timeoutMs} ms ("timeoutMs")`
        : reasonOf(error);
    throw new HttpNetworkError(`${method} ${shown(url)} got no answer: ${cause}.`, { cause: error });
  }
}

function headersOf(input: HttpInput, idempotencyKey: string): Record<string, string> {
  const given = Object.entries(input.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  for (const [name, value] of given) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[\r\n\0]/.test(value))
      throw new PermanentFailure(
        `The header "${name}" is malformed. Names take no blanks, values no line breaks.`,
      );
  }
  return {
    'user-agent': 'holdfast',
    accept: '*/*',
    'idempotency-key': idempotencyKey,
    ...Object.fromEntries(given),
  };
}

function bodyOf(input: HttpInput, method: string, headers: Record<string, string>): string | undefined {
  if (input.body !== undefined && input.json !== undefined)
    throw new PermanentFailure('Both "body" and "json" are given. Keep one of them.');
  const value = input.json ?? input.body;
  if (value === undefined) return undefined;
  if (method === 'GET' || method === 'HEAD')
    throw new PermanentFailure(
      `A ${method} request takes no body. Set "method" to POST, PUT or PATCH, or use "query".`,
    );
  if (input.json === undefined && typeof value === 'string') return value;
  headers['content-type'] ??= 'application/json';
  return JSON.stringify(value);
}

function withQuery(url: URL, query: HttpInput['query']): URL {
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === null) continue;
      url.searchParams.append(
        name,
        isObject(item) || Array.isArray(item) ? JSON.stringify(item) : String(item),
      );
    }
  }
  return url;
}

function isExpected(status: number, expected: NonNullable<HttpInput['expectedStatus']>): boolean {
  if (Array.isArray(expected)) return expected.some((one) => isExpected(status, one));
  return typeof expected === 'number'
    ? status === expected
    : Math.floor(status / 100) === Number(expected[0]);
}

function statusError(input: HttpInput, response: GuardedResponse): Error {
  const { status } = response;
  const excerpt = new TextDecoder().decode(response.body.subarray(0, 500)).trim();
  const retryAfterMs = retryAfter(response.headers['retry-after']);
  const patience = retryAfterMs === undefined ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  const message =
    `${input.method ?? 'GET'} ${shown(new URL(response.url))} answered ${status} where ` +
    `${JSON.stringify(input.expectedStatus ?? '2xx')} was expected${excerpt === '' ? '' : `: ${excerpt}`}.${patience}`;
  if (status === 429) return new HttpTooManyRequests(message, retryAfterMs);
  if (status >= 500 || status === 408 || status === 425) return new HttpServerError(message, retryAfterMs);
  return status >= 400 ? new HttpClientError(message) : new HttpUnexpectedStatus(message);
}

/** Seconds or a date (RFC 9110 §10.2.3), as milliseconds from now. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

function readable(response: GuardedResponse): { body: JsonValue; encoding?: string } {
  const bytes = response.body;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { body: Buffer.from(bytes).toString('base64'), encoding: 'base64' };
  }
  if (!/[/+]json\b/i.test(response.headers['content-type'] ?? '') || text === '') return { body: text };
  try {
    return { body: JSON.parse(text) as JsonValue };
  } catch {
    return { body: text };
  }
}

/** Without the query, which may hold secrets. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function reasonOf(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  const reason = message || code || String(error);
  return cause instanceof Error && cause.message !== message ? `${reason} (${cause.message})` : reason;
}
