import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asyncApiDocument } from '../../core/api/asyncapi.ts';
import { runSummary } from '../../core/api/views.ts';
import { type ApiHost, openApiHost } from './api-host.ts';

let host: ApiHost;
beforeAll(async () => {
  host = await openApiHost();
});
afterAll(() => host.close());

async function served<T extends object = object>(path: string): Promise<T> {
  return (await (await host.app.request(path)).json()) as T;
}

function* references(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === '$ref' && typeof value === 'string') yield value;
    else yield* references(value);
  }
}

const resolves = (document: object, reference: string): boolean =>
  reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document) !==
  undefined;

describe('OpenAPI', () => {
  test('lists every route of the app, and no other', async () => {
    const { paths } = await served<{ paths: Record<string, object> }>('/openapi.json');
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = host.app.routes.map(
      ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    expect(described.sort()).toEqual([...new Set(routes)].sort());
    expect(routes.length).toBeGreaterThan(30);
  });

  test('names each operation once and refers only to what it holds', async () => {
    const document = await served<{
      paths: Record<string, Record<string, { operationId: string }>>;
    }>('/openapi.json');
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const reference of references(document)) expect(resolves(document, reference), reference).toBe(true);
  });

  test('holds schemas that compile', async () => {
    const { components } = await served<{ components: { schemas: Record<string, object> } }>('/openapi.json');
    const ajv = new Ajv2020({ strict: false }).addSchema({ components }, 'doc');
    for (const name of Object.keys(components.schemas)) {
      expect(() => ajv.compile({ $ref: `doc#/components/schemas/${name}` })).not.toThrow();
    }
  });
});

describe('AsyncAPI', () => {
  test('describes every message, and refers only to what it holds', async () => {
    const document = await served('/asyncapi.json');
    expect(document).toEqual(JSON.parse(JSON.stringify(asyncApiDocument('0.0.0'))));
    expect(document).toHaveProperty('components.messages.subscribe.payload');
    expect(document).toHaveProperty('components.messages.event.payload');
    for (const reference of references(document)) expect(resolves(document, reference), reference).toBe(true);
  });
});

describe('runSummary', () => {
  test('holds exactly what the command line promises', () => {
    const counts = {
      PENDING: 0,
      READY: 0,
      RUNNING: 0,
      WAITING: 0,
      PARKED: 0,
      SUCCEEDED: 2,
      FAILED: 1,
      SKIPPED: 3,
      CANCELLED: 0,
    };
    const failure = { error: 'Error', cause: 'no', taskId: 'a' };
    const execution = {
      id: 'ex_1',
      status: 'FAILED',
      total: 6,
      startedMs: 5,
      endedMs: 12,
      errors: [failure],
    };
    expect(runSummary(execution as never, counts)).toEqual({
      executionId: 'ex_1',
      status: 'FAILED',
      tasks: { total: 6, succeeded: 2, failed: 1, skipped: 3 },
      makespanMs: 7,
      output: null,
      errors: [failure],
    });
  });
});
