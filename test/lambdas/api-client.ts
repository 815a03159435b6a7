/** Calls the app and holds every answer against the OpenAPI document that the app itself serves. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ENDPOINTS, type Endpoint } from '../../core/api/endpoints.ts';
import { openApiDocument } from '../../core/api/openapi.ts';
import type { ApiHost } from './api-host.ts';

interface Content {
  content: Record<string, { schema?: object }>;
}
type Operation = { responses: Record<string, Content> };

const document = openApiDocument('0.0.0') as {
  paths: Record<string, Record<string, Operation>>;
};
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'openapi');

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- what came is checked against its schema
  body: any;
}

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
}

export function apiClient(host: ApiHost) {
  return async (method: string, path: string, { body, headers = {} }: Call = {}): Promise<Answer> => {
    const isText = typeof body === 'string' || body instanceof Uint8Array;
    const response = await host.app.request(path, {
      method,
      headers: { ...(body !== undefined && !isText && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: isText ? (body as string) : JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    const text = await response.text();
    const answer = {
      status: response.status,
      headers: response.headers,
      body: type.includes('json') && text !== '' ? (JSON.parse(text) as unknown) : text,
    };
    if (method !== 'HEAD') check(method, path, type, answer);
    return answer;
  };
}

function check(method: string, path: string, type: string, { status, body }: Answer): void {
  const template = match(method, path.split('?')[0]!);
  const pointer =
    template === undefined
      ? '#/components/schemas/Problem'
      : schemaPointer(template, method.toLowerCase(), status, type.split(';')[0]!);
  if (pointer === undefined) return;
  const validate = ajv.getSchema(`openapi${pointer}`)!;
  if (!validate(body)) {
    throw new Error(
      `${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
    );
  }
}

function schemaPointer(template: string, method: string, status: number, type: string): string | undefined {
  const answer = document.paths[template]![method]!.responses[status];
  if (answer === undefined) throw new Error(`OpenAPI knows no ${status} of ${method} ${template}`);
  const content = answer.content[type];
  if (content === undefined)
    throw new Error(`OpenAPI knows no ${type} for ${status} of ${method} ${template}`);
  if (content.schema === undefined) return undefined;
  const escape = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
  return `#/paths/${escape(template)}/${method}/responses/${status}/content/${escape(type)}/schema`;
}

function match(method: string, path: string): string | undefined {
  const endpoints: Endpoint[] = Object.values(ENDPOINTS);
  const fits = endpoints.filter(
    (endpoint) =>
      endpoint.method === method &&
      new RegExp(`^${endpoint.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  return (fits.find((endpoint) => endpoint.path === path) ?? fits[0])?.path;
}
