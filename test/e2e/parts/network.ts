import { describe, expect, test } from 'vitest';
import { textOf } from '../../core/contact-plan/orbit/elements.ts';
import type { OpenHost } from '../host.ts';
import { useHost } from '../host.ts';

const FILE = `
nodes:
  - { id: hq, kind: cloud, position: { latitudeDegrees: 48.2, longitudeDegrees: 16.4 } }
  - { id: relay, kind: edge }
  - { id: outpost, kind: edge, capabilities: [camera], position: { latitudeDegrees: 67.9, longitudeDegrees: 20.2 } }
links:
  - { id: fibre, from: hq, to: relay, channel: primary, rateBitsPerSecond: 1e6, delayMs: 10 }
  - { id: radio, from: relay, to: outpost, channel: mesh, rateBitsPerSecond: 8000, delayMs: 20 }
`;

/** Elements of this day, which last through the test. */
function elementsOfToday(): string {
  const now = new Date();
  const year = now.getUTCFullYear();
  const day = Math.floor((now.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const epoch = `${String(year % 100).padStart(2, '0')}${String(day).padStart(3, '0')}.00000000`;
  const polar = { epoch, inclinationDeg: 86.4, revolutionsPerDay: 14.34 };
  return textOf(
    { ...polar, name: 'POLAR 1' },
    { ...polar, name: 'POLAR 2', catalogNumber: '90002', anomalyDeg: 180 },
  );
}

/** Nodes, links, satellites and contact plans, and the routes over them. */
export function network(open: OpenHost): void {
  describe('the network', () => {
    const host = useHost(open);
    const put = (path: string, body: unknown) => host.http.post(path, body);
    const routes = async (query: string) => (await host.http.get(`/routes?${query}`)).body;
    const remove = (path: string) => host.http.send('DELETE', path);

    test('is registered by a file, as a whole and once', async () => {
      const yaml = { contentType: 'application/yaml' };
      const first = await host.http.post('/network', FILE, yaml);
      expect(first.body, JSON.stringify(first.body)).toMatchObject({ changed: true, nodes: 3, links: 2 });
      const again = await host.http.post('/network', FILE, yaml);
      expect(again.body).toEqual({ ...first.body, changed: false });
      const wrong = await put('/network', { nodes: [{ id: 'x', kind: 'edge' }], links: [{ id: 'l' }] });
      expect([wrong.status, wrong.body.issues[0].path]).toEqual([400, 'links[0].from']);
      const listed = await host.http.list('/nodes');
      expect(listed.map(({ id }) => id)).toEqual(['hq', 'outpost', 'relay']);
    });

    test('tells the route that arrives first, by channel and time', async () => {
      const { route } = await routes('from=hq&to=outpost&size=1000&at=2026-11-21T08:00:00Z');
      expect(route).toMatchObject({
        arrivesAt: '2026-11-21T08:00:01.038Z',
        hops: [
          { from: 'hq', to: 'relay', link: 'fibre', channel: 'primary' },
          { from: 'relay', to: 'outpost', link: 'radio', channel: 'mesh' },
        ],
      });
      const none = await routes('from=outpost&to=hq');
      expect(none.route).toBeNull();
      expect(none.reason).toContain('"hq" is known, but nothing reaches it before');
    });

    test('carries over satellites as they pass', async () => {
      const tle = elementsOfToday();
      const made = await put('/satellites', { name: 'polar', tle, rateBitsPerSecond: 1e6 });
      expect([made.status, made.body]).toMatchObject([201, { name: 'polar', satellites: 2, notes: [] }]);
      const { route } = await routes('from=outpost&to=hq&size=1000');
      expect(route.hops.map(({ channel }: { channel: string }) => channel)).toEqual(
        route.hops.map(() => 'satellite'),
      );
      const contacts = (await host.http.get('/contacts?from=outpost&hours=24')).body;
      expect(contacts.items.length).toBeGreaterThan(5);
      expect((await remove('/satellites/polar')).status).toBe(200);
      expect((await routes('from=outpost&to=hq')).route).toBeNull();
    });

    test('carries over the contacts of a plan', async () => {
      const startsMs = Date.UTC(2026, 10, 21);
      const plan = 'a contact +60 +120 outpost hq 1000\na range +60 +120 outpost hq 1';
      const made = await put('/contact-plans', { name: 'courier', plan, startsMs });
      expect([made.status, made.body]).toMatchObject([201, { contacts: 1, nodes: 2, format: 'ion' }]);
      const { route } = await routes('from=outpost&to=hq&size=1000&at=2026-11-21T00:00:00Z');
      expect(route).toMatchObject({
        arrivesAt: '2026-11-21T00:01:02.000Z',
        hops: [
          {
            link: 'plan:courier',
            departsAt: '2026-11-21T00:01:00.000Z',
            closesAt: '2026-11-21T00:02:00.000Z',
          },
        ],
      });
      expect((await remove('/contact-plans/courier')).status).toBe(200);
    });

    test('gives up nodes and links, but no node that links lead to', async () => {
      expect((await remove('/nodes/relay')).status).toBe(409);
      expect((await remove('/links/radio')).status).toBe(200);
      expect((await remove('/links/radio')).status).toBe(404);
      expect((await remove('/nodes/outpost')).status).toBe(200);
      expect((await host.http.get('/nodes/outpost')).status).toBe(404);
      expect((await host.http.get('/links')).body.items).toMatchObject([{ id: 'fibre' }]);
    });

    test('tells what waits in custody', async () => {
      const { status, body } = await host.http.get('/queues');
      expect(status).toBe(200);
      expect(body).toMatchObject({ node: 'hub', isPartial: false, totals: { dead: { bundles: 0 } } });
      expect(Array.isArray(body.queues)).toBe(true);
    });
  });
}
