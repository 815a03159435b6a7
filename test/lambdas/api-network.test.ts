import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost } from './api-host.ts';

let host: ApiHost;
let call: ReturnType<typeof apiClient>;
beforeAll(async () => {
  host = await openApiHost();
  call = apiClient(host);
});
afterAll(() => host.close());

const yaml = { 'content-type': 'application/yaml' };
const FILE = `
nodes: [{ id: a, kind: cloud }, { id: b, kind: edge }, { id: c, kind: edge }]
links:
  - { id: ab, from: a, to: b, channel: primary, rateBitsPerSecond: 8000, delayMs: 10 }
  - { id: bc, from: b, to: c, channel: mesh, rateBitsPerSecond: 8000, delayMs: 10 }
`;
beforeEach(() => call('POST', '/network', { body: FILE, headers: yaml }));

describe('nodes and links', () => {
  test('are put, shown, listed by page and removed', async () => {
    const body = { id: 'd', kind: 'worker', capabilities: ['gpu'], concurrency: 2 };
    const put = await call('POST', '/nodes', { body });
    expect([put.status, put.body, put.headers.get('location')]).toEqual([201, body, '/nodes/d']);
    expect((await call('POST', '/nodes', { body })).status).toBe(200);
    expect((await call('GET', '/nodes/d')).body).toEqual(body);
    const first = await call('GET', '/nodes?limit=2');
    expect(first.body).toMatchObject({ items: [{ id: 'a' }, { id: 'b' }], nextCursor: 'b' });
    const second = await call('GET', '/nodes?limit=2&cursor=b');
    expect(second.body.items.map(({ id }: { id: string }) => id)).toEqual(['c', 'd']);
    expect(second.body).not.toHaveProperty('nextCursor');
    expect((await call('DELETE', '/nodes/d')).body).toEqual({ version: expect.any(Number) });
    expect((await call('GET', '/nodes/d')).status).toBe(404);
    expect((await call('DELETE', '/nodes/b')).body).toMatchObject({
      code: 'Conflict',
      fix: 'Remove these links first.',
    });
  });

  test('name the field that is wrong', async () => {
    const wrong = await call('POST', '/links', {
      body: { id: 'x', from: 'a', to: 'z', channel: 'mesh', rateBitsPerSecond: 1, delayMs: 0 },
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.issues).toEqual([
      expect.objectContaining({ path: 'to', message: 'There is no node "z".' }),
    ]);
    const infinite = await call('POST', '/links', {
      body: '{"id":"x","from":"a","to":"b","channel":"mesh","rateBitsPerSecond":1e999,"delayMs":0}',
      headers: { 'content-type': 'application/json' },
    });
    expect([infinite.status, infinite.body.detail]).toEqual([400, expect.stringContaining('too large')]);
  });

  test('of a file are refused whole', async () => {
    const { version } = (await call('POST', '/network', { body: FILE, headers: yaml })).body;
    const body = {
      nodes: [
        { id: 'e', kind: 'edge' },
        { id: 'f', kind: 'edge', position: { latitudeDegrees: 'north' } },
      ],
    };
    const refused = await call('POST', '/network', { body });
    expect(refused.status).toBe(400);
    expect(refused.body.issues[0].path).toBe('nodes[1].position.latitudeDegrees');
    const again = await call('POST', '/network', { body: FILE, headers: yaml });
    expect(again.body).toMatchObject({ version, changed: false, nodes: 3, links: 2 });
  });

  test('take no other methods', async () => {
    const { status, headers } = await call('PUT', '/nodes/a');
    expect([status, headers.get('allow')]).toEqual([405, 'GET, DELETE, HEAD']);
  });
});

describe('routes', () => {
  test('tell hops, channels and times', async () => {
    const { status, body } = await call(
      'GET',
      '/routes?from=a&to=c&size=1000&precedence=flash&alternatives=2&disjoint=true&at=2026-11-21T08:00:00Z',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      at: '2026-11-21T08:00:00.000Z',
      precedence: 'flash',
      route: {
        arrivesAt: '2026-11-21T08:00:02.020Z',
        hops: [
          { link: 'ab', channel: 'primary', departsAt: '2026-11-21T08:00:00.000Z' },
          { link: 'bc', channel: 'mesh', arrivesAt: '2026-11-21T08:00:02.020Z' },
        ],
      },
      alternatives: [],
      disjoint: { routes: [], reason: expect.any(String) },
    });
  });

  test('say why there is none', async () => {
    const { status, body } = await call('GET', '/routes?from=c&to=a');
    expect([status, body.route]).toEqual([200, null]);
    expect(body.reason).toContain('"a" is known, but nothing reaches it before');
  });

  test.each([
    ['/routes?from=a', 400, /to/],
    ['/routes?from=a&to=nobody', 404, /no node "nobody"/],
    ['/routes?from=a&to=b&at=tomorrow', 400, /"at" is "tomorrow"/],
    ['/routes?from=a&to=b&at=2026-02-31', 400, /"at" is "2026-02-31"/],
    ['/routes?from=a&to=b&at=999999999999999', 400, /999999999999999/],
    ['/routes?from=a&to=b&precedence=urgent', 400, /urgent/],
    ['/routes?from=a&to=b&size=-1', 400, /size/],
    ['/routes?from=a&to=b&hours=1000', 400, /hours/],
    ['/contacts?cursor=x', 400, /no cursor/],
    ['/contacts?from=nobody', 404, /no node/],
  ])('of %s are refused', async (path, status, detail) => {
    const answer = await call('GET', path);
    expect(answer.status).toBe(status);
    expect(`${answer.body.detail} ${JSON.stringify(answer.body.issues)}`).toMatch(detail);
  });
});

describe('contact plans and satellites', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `a contact +${at * 60} +${at * 60 + 50} a moon 1000`);
  const plan = { name: 'lunar', plan: lines.join('\n'), startsMs: Date.UTC(2026, 10, 21) };

  test('are put, listed and removed; contacts come by page', async () => {
    const put = await call('POST', '/contact-plans', { body: plan });
    expect([put.status, put.body]).toEqual([
      201,
      {
        name: 'lunar',
        format: 'ion',
        contacts: 30,
        nodes: 2,
        startsMs: plan.startsMs,
        startsAt: '2026-11-21T00:00:00.000Z',
        notes: [],
      },
    ]);
    expect((await call('GET', '/contact-plans')).body.items).toMatchObject([{ name: 'lunar', contacts: 30 }]);
    const starts: number[] = [];
    let cursor: string | undefined;
    do {
      const at = cursor === undefined ? 'at=2026-11-21T00:00:10Z' : `cursor=${cursor}`;
      const { body } = await call('GET', `/contacts?from=a&to=moon&limit=12&${at}`);
      starts.push(...body.items.map(({ startMs }: { startMs: number }) => startMs - plan.startsMs));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(starts).toEqual(lines.map((_, at) => at * 60_000));
    expect((await call('DELETE', '/contact-plans/lunar')).status).toBe(200);
    expect((await call('DELETE', '/contact-plans/lunar')).status).toBe(404);
  });

  test('are refused with line and reason', async () => {
    const wrong = { ...plan, plan: 'a contact +0 +60 a moon 1000\na contact +x +60 a moon 1000' };
    expect((await call('POST', '/contact-plans', { body: wrong })).body.detail).toMatch(/lunar:? ?.*2/);
    const tle = { name: 'leo', tle: '1 25544U', rateBitsPerSecond: 1000 };
    expect((await call('POST', '/satellites', { body: tle })).body.detail).toMatch(/^leo:1: /);
    expect((await call('GET', '/satellites')).body).toEqual({ items: [] });
    expect((await call('DELETE', '/satellites/leo')).status).toBe(404);
  });
});
