import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENDPOINTS, type Endpoint } from '../../core/api/endpoints.ts';
import { MalformedJson, parseJson } from '../../core/api/json-text.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost, WORKFLOW } from './api-host.ts';

let host: ApiHost;
let call: ReturnType<typeof apiClient>;

beforeAll(async () => {
  host = await openApiHost({ limits: { bodyBytesMax: 64 * 1024 } });
  call = apiClient(host);
  await call('POST', '/workflows', { body: WORKFLOW });
});
afterAll(() => host.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const start = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
  call('POST', '/workflows/greet/start', { body, headers });

describe('refuses', () => {
  test('a path that is not there, naming the nearest', async () => {
    const answer = await call('GET', '/execution');
    expect(answer.body).toMatchObject({
      status: 404,
      code: 'NoSuchRoute',
      fix: 'Did you mean "/executions"?',
    });
  });

  test('a method that a path does not take', async () => {
    const answer = await call('DELETE', '/executions/x');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await call('GET', '/executions/x/cancel')).headers.get('allow')).toBe('POST');
  });

  test('JSON with a mistake, at its place', async () => {
    const { body } = await start('{\n  "variables": {"who": tru}\n}');
    expect(body).toMatchObject({ status: 400, code: 'MalformedJson', issues: [{ line: 2, column: 24 }] });
  });

  test.each([
    ['a list for an object', '[]', 'A list came; an object is wanted.'],
    ['a field there is not', '{"variable": {}}', 'There is no field "variable" here.'],
    ['a wrong type', '{"version": "1"}', '"1" came; a number is wanted.'],
    ['a number out of range', '{"version": 0}', '0 came; a number of at least 1 is wanted.'],
    [
      'neither of two types',
      '{"priority": true}',
      'true came; a number or one of low, normal, medium, high, critical is wanted.',
    ],
  ])('%s', async (_what, text, message) => {
    const { status, body } = await start(text);
    expect([status, body.issues[0].message]).toEqual([400, message]);
  });

  test.each([
    ['deep nesting', `{"variables":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`],
    ['a number beyond a double', '{"variables":{"who":1e999}}'],
    ['half a surrogate pair', '{"variables":{"who":"\\ud800"}}'],
    ['__proto__', '{"variables":{"__proto__":{}}}'],
  ])('%s', async (_what, text) => expect((await start(text)).body.code).toBe('MalformedJson'));

  test('a body that is not UTF-8', async () => {
    expect((await start(Uint8Array.of(0x7b, 0xff, 0x7d))).status).toBe(400);
  });

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('%s', async (_what, headers) => {
    const answer = await start('{}', headers);
    expect([answer.status, answer.body.code]).toEqual([415, 'UnsupportedContentType']);
  });

  test('JSON where YAML belongs', async () => {
    expect((await call('POST', '/workflows/from-yaml', { body: WORKFLOW })).status).toBe(415);
  });

  test('a body beyond the limit, whether or not it announces its size', async () => {
    const large = JSON.stringify({ variables: { who: 'x'.repeat(70_000) } });
    expect((await start(large)).status).toBe(413);
    expect((await start(large, { ...JSON_TYPE, 'content-length': '10' })).status).toBe(413);
  });

  test.each([
    ['?statuss=FAILED', 'Did you mean "status"?'],
    ['?status=FALED', 'Did you mean "FAILED"?'],
    ['?limit=0', 'Give a number of at least 1.'],
    ['?limit=1e3', undefined],
    ['?limit=', undefined],
    ['?limit=1&limit=2', 'Give it once.'],
    ['?workflow=%ff', undefined],
    ['?__proto__=1', undefined],
  ])('the query %s', async (query, fix) => {
    const { status, body } = await call('GET', `/executions${query}`);
    expect(status).toBe(400);
    if (fix !== undefined) expect(body.fix).toBe(fix);
  });

  test('a query where none belongs', async () => {
    expect((await call('GET', '/stats?verbose=1')).body.fix).toBe('Leave it out.');
  });

  test('a path that is not UTF-8, or names too long', async () => {
    expect((await call('GET', '/executions/%ff')).status).toBe(400);
    expect((await call('GET', `/executions/${'x'.repeat(201)}`)).status).toBe(400);
  });

  test.each(['', ' ', 'x'.repeat(256), 'é'])('the Idempotency-Key %j', async (key) => {
    const answer = await call('POST', '/tasks', {
      body: { type: 'echo' },
      headers: { 'idempotency-key': key },
    });
    expect(answer.body.code).toBe('InvalidInput');
  });
});

describe('a fault', () => {
  test('shows an id and nothing of the inside', async () => {
    const broken = await openApiHost({
      taskTypes: { list: () => Promise.reject(new Error('secret path /x')) },
    });
    const { status, body } = await apiClient(broken)('GET', '/task-types');
    expect([status, body.code]).toEqual([500, 'InternalError']);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(body.instance).toBe(`urn:holdfast:error:${String(broken.faults[0]?.errorId)}`);
    expect(String(broken.faults[0]?.error)).toContain('secret path');
    await broken.close();
  });

  test('of the store is said, with its cause', async () => {
    const full = new StoreUnavailable('The store can not be written.', 'Free space.', {
      cause: new Error('disk full'),
    });
    const broken = await openApiHost({ taskTypes: { list: () => Promise.reject(full) } });
    const { status, body } = await apiClient(broken)('GET', '/task-types');
    expect([status, body.cause, body.fix]).toEqual([503, 'disk full', 'Free space.']);
    await broken.close();
  });
});

describe('whatever comes', () => {
  const posts = (Object.values(ENDPOINTS) as Endpoint[]).filter(({ method }) => method === 'POST');
  const gets = (Object.values(ENDPOINTS) as Endpoint[]).filter(({ method }) => method === 'GET');
  const fill = (path: string, value: string) => path.replaceAll(/\{\w+\}/g, encodeURIComponent(value));
  const bodies = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((text) => text.slice(0, -1)),
    fc
      .record(
        {
          name: fc.anything(),
          type: fc.oneof(fc.constant('echo'), fc.anything()),
          tasks: fc.oneof(fc.array(fc.dictionary(fc.string(), fc.anything())), fc.anything()),
          variables: fc.anything(),
          document: fc.anything(),
          skip: fc.anything(),
          priority: fc.anything(),
          workflow_template: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((value) =>
        JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
      ),
  );
  const types = fc.constantFrom(
    'application/json',
    'application/json',
    'text/plain',
    'application/yaml',
    'text/html',
    '',
  );

  test('no body makes a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...posts), bodies, types, async ({ path }, body, type) => {
        const answer = await call('POST', fill(path, 'greet'), { body, headers: { 'content-type': type } });
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
  });

  test('no path or query makes a fault', async () => {
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 30 })
      .filter((value) => value.isWellFormed());
    const query = fc.dictionary(
      fc.constantFrom('limit', 'cursor', 'status', 'types', 'afterSeq', 'kind', 'x'),
      text,
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...gets), text, query, async ({ path }, id, values) => {
        const answer = await call('GET', `${fill(path, id)}?${new URLSearchParams(values).toString()}`);
        expect(answer.status).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
  });
});

describe('parseJson', () => {
  test('takes exactly what JSON.parse takes, within its bounds', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        if (text.includes('__proto__')) return;
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('names the place of the first mistake', () => {
    const broken = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom('@', '}', ']', ',', '"', ''))
      .map(([text, at, insert]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + insert + text.slice(cut);
      });
    fc.assert(
      fc.property(broken, (text) => {
        const ours = placeIn(text, () => parseJson(text));
        const theirs = placeIn(text, () => JSON.parse(text) as unknown);
        // V8 points into a number, a keyword or an escape, this to its start.
        if (theirs !== undefined) expect(text.slice(ours, theirs)).toMatch(/^\\?[-+.\w]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Where the mistake is, when the error says so: an offset into a text of one line. */
function placeIn(text: string, read: () => unknown): number | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof MalformedJson) return error.column! - 1;
    const found = /at position (\d+)/.exec((error as Error).message)?.[1];
    return found === undefined ? undefined : Math.min(Number(found), text.length);
  }
  return undefined;
}
