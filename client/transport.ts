import type { Problem } from '../core/api/problem.ts';
import type { JsonValue } from '../core/json.ts';
import { HoldfastProblem, HostUnreachable } from './errors.ts';
import { explainGateway, type GatewayAnswer } from './gateway.ts';
import { type Environment, signerFor } from './sign.ts';

export interface ClientOptions {
  /** Where the host listens: `http://127.0.0.1:3000`. */
  url: string;
  /** Without one, requests to an API Gateway are signed with the AWS credentials of the environment. */
  token?: string;
  /** For an answer to begin. @default 60 s, beyond the longest wait for events */
  timeoutMs?: number;
  /** Tries in all for what is safe to repeat, when no answer comes. @default 3 */
  attempts?: number;
  /** @default the process's own; empty in a browser */
  env?: Environment;
}

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | readonly string[] | undefined>;
  /** An object is sent as JSON, a text as it is. */
  body?: object | { text: string; contentType: string };
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Answer<T> {
  status: number;
  body: T;
}

const BETWEEN_ATTEMPTS_MS = 200;

/** Sends requests and turns refusals into errors. Errors: `HoldfastProblem`, `HostUnreachable`. */
export function createTransport({
  url,
  token,
  timeoutMs = 60_000,
  attempts = 3,
  env = (globalThis.process as { env?: Environment } | undefined)?.env ?? {},
}: ClientOptions) {
  const base = url.replace(/\/+$/, '');
  const sign = token === undefined ? signerFor(base, env) : undefined;

  async function send<T>(call: Call): Promise<Answer<T>> {
    // Anything else might be done twice when only its answer was lost.
    const isRepeatable = call.method === 'GET' || call.idempotencyKey !== undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce<T>(call);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!(error instanceof HostUnreachable) || !isRepeatable || attempt >= attempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_ATTEMPTS_MS * attempt));
      }
    }
  }

  async function sendOnce<T>(call: Call): Promise<Answer<T>> {
    const limit = AbortSignal.timeout(timeoutMs);
    let status: number;
    let text: string;
    try {
      const response = await fetch(...(await requestOf(call, limit)));
      status = response.status;
      text = await response.text();
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw unreachable(base, cause);
    }
    const body = parse(text);
    if (status < 400 && body !== undefined) return { status, body: body as T };
    if (isProblem(body)) throw new HoldfastProblem(body);
    const proof = sign ? 'signature' : token === undefined ? 'nothing' : 'token';
    throw explainGateway({ base, status, call, proof, body: body as GatewayAnswer });
  }

  async function requestOf(call: Call, limit: AbortSignal): Promise<[string, RequestInit]> {
    const { method, path, query } = call;
    const address = `${base}${path}${queryOf(query)}`;
    const body = call.body === undefined ? undefined : bodyOf(call.body);
    const headers = headersOf(call, token);
    return [
      address,
      {
        method,
        headers: sign ? await sign({ method, url: new URL(address), headers, body }) : headers,
        body,
        signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
        redirect: 'error',
      },
    ];
  }

  return { base, send };
}

export type Transport = ReturnType<typeof createTransport>;

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined)
      parameters.set(name, Array.isArray(value) ? value.join(',') : String(value as string | number));
  // A space as signatures want it.
  const text = parameters.toString().replaceAll('+', '%20');
  return text === '' ? '' : `?${text}`;
}

function headersOf(call: Call, token: string | undefined): Record<string, string> {
  const type = isText(call.body) ? call.body.contentType : 'application/json';
  return {
    accept: 'application/json',
    ...(call.body === undefined ? {} : { 'content-type': type }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
  };
}

const isText = (body: Call['body']): body is { text: string; contentType: string } =>
  body !== undefined && 'contentType' in body && 'text' in body;

const bodyOf = (body: NonNullable<Call['body']>): string => (isText(body) ? body.text : JSON.stringify(body));

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  const { detail, code, fix } = (body ?? {}) as Partial<Problem>;
  return typeof detail === 'string' && typeof code === 'string' && typeof fix === 'string';
}

function unreachable(base: string, cause: unknown): HostUnreachable {
  const { name, message, cause: inner } = cause as Error;
  const reason =
    name === 'TimeoutError' ? 'it did not answer in time' : inner instanceof Error ? inner.message : message;
  return new HostUnreachable(
    `Nobody answers at ${base}: ${reason}.`,
    'Start the host with "npx holdfast start", or check the address.',
    {
      cause,
    },
  );
}
