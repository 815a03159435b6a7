/** Reads requests from strangers: bounded, decoded strictly, checked against the endpoint's schemas. */
import type { Context } from 'hono';
import * as z from 'zod';
import type { Endpoint } from '../../core/api/endpoints.ts';
import { parseJson } from '../../core/api/json-text.ts';
import { YAML_CONTENT_TYPES } from '../../core/api/content-types.ts';
import { parse, unwrap } from '../../core/api/parse.ts';
import { HttpRefusal } from '../../core/api/problem.ts';
import { InvalidInput, PayloadTooLarge } from '../../core/errors.ts';

const PATH_PARAMETER_LENGTH_MAX = 200;

/** A definition as it came; `format` is undefined for plain text, which may be either. */
export interface DocumentText {
  text: string;
  format: 'json' | 'yaml' | undefined;
}

type QueryOf<E> = E extends { query: infer Q extends z.ZodObject } ? z.output<Q> : Record<never, never>;
type BodyOf<E> = E extends { body: { kind: 'json'; schema: infer B extends z.ZodObject } }
  ? z.output<B>
  : E extends { body: { kind: 'document' } }
    ? DocumentText
    : undefined;

export interface ApiRequest<E = Endpoint> {
  params: Record<string, string>;
  query: QueryOf<E>;
  body: BodyOf<E>;
  idempotencyKey: string | undefined;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
  /** As it came, and what the host says of it. */
  raw: Request;
  env: unknown;
}

export async function readRequest(c: Context, endpoint: Endpoint, bodyBytesMax: number): Promise<ApiRequest> {
  const url = new URL(c.req.url);
  return {
    params: readParams(c),
    query: readQuery(url.search.slice(1), endpoint.query ?? z.strictObject({})),
    body: (await readBody(c.req.raw, endpoint, bodyBytesMax)) as ApiRequest['body'],
    idempotencyKey: endpoint.idempotent === undefined ? undefined : readKey(c.req.header('idempotency-key')),
    signal: c.req.raw.signal,
    raw: c.req.raw,
    env: c.env,
  };
}

function readParams(c: Context): Record<string, string> {
  decode(new URL(c.req.url).pathname, 'path');
  const params = c.req.param() as Record<string, string>;
  for (const [name, value] of Object.entries(params)) {
    if (value.length <= PATH_PARAMETER_LENGTH_MAX) continue;
    throw new InvalidInput(
      `The ${name} in the path has ${value.length} characters.`,
      `Names and ids have at most ${PATH_PARAMETER_LENGTH_MAX}.`,
    );
  }
  return params;
}

function readQuery(search: string, schema: z.ZodObject): ApiRequest['query'] {
  const values: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const pair of search.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = split(pair.replaceAll('+', ' ')).map((part) => decode(part, 'query'));
    const list = unwrap(schema.shape[name]) instanceof z.ZodArray;
    if (list) values[name] = [values[name] ?? [], value.split(',')].flat();
    else if (name in values) throw new InvalidInput(`The query gives "${name}" twice.`, 'Give it once.');
    else values[name] = value;
  }
  return parse(schema, { ...values }, 'The query') as ApiRequest['query'];
}

function split(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new InvalidInput(
      `The ${part} of the URL holds "${text.slice(0, 100)}", which is not percent-encoded UTF-8.`,
      'Encode "%" as %25, and other characters as the bytes of their UTF-8.',
    );
  }
}

function readKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key;
  throw new InvalidInput(
    'The Idempotency-Key is empty, longer than 255 characters, or not printable ASCII.',
    'Send 1 to 255 printable ASCII characters, a UUID for example.',
  );
}

async function readBody(request: Request, { body, path }: Endpoint, bytesMax: number): Promise<unknown> {
  if (body === undefined) return undefined;
  const text = await readText(request, bytesMax);
  if (body.kind === 'json') {
    if (text.trim() === '') return parse(body.schema, {}, 'The body');
    contentType(request, ['application/json']);
    return parse(body.schema, parseJson(text), 'The body');
  }
  const fromYaml = path.endsWith('/from-yaml');
  const yaml = [...YAML_CONTENT_TYPES, 'text/plain'];
  const type = contentType(request, fromYaml ? yaml : ['application/json', ...yaml]);
  if (type === 'application/json') return { text, format: 'json' } satisfies DocumentText;
  const format = type === 'text/plain' && !fromYaml ? undefined : 'yaml';
  return { text, format } satisfies DocumentText;
}

function contentType(request: Request, accepted: readonly string[]): string {
  const came = request.headers.get('content-type') ?? '';
  const [type = '', ...parameters] = came.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  const encoded = (request.headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity';
  const fine =
    accepted.includes(type) && (charset === undefined || ['utf-8', 'utf8', 'us-ascii'].includes(charset));
  if (fine && !encoded) return type;
  throw new HttpRefusal(
    415,
    'UnsupportedContentType',
    encoded
      ? 'The body is compressed, which this does not take.'
      : `The content type "${came.slice(0, 100)}" is not one that this takes.`,
    encoded
      ? 'Send it as it is.'
      : `Send UTF-8 with "Content-Type: ${accepted[0]}" (takes ${accepted.join(', ')}).`,
    { Accept: accepted.join(', ') },
  );
}

async function readText(request: Request, bytesMax: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts: string[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      parts.push(decoder.decode(chunk, { stream: true }));
    }
    parts.push(decoder.decode());
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new InvalidInput('The body is not UTF-8, or broke off.', 'Send the whole text, encoded as UTF-8.');
  }
  return parts.join('');
}

const tooLarge = (bytesMax: number) =>
  new PayloadTooLarge(
    `The body is larger than ${bytesMax} bytes.`,
    'Send less: keep large data elsewhere and pass where it is.',
  );
