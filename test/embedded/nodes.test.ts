/** The real host and real nodes: joining over HTTP, MQTT over WebSocket on the same port. */
import { afterEach, expect, test } from 'vitest';
import mqtt from 'mqtt';
import { MqttLinkClient } from '../../adapters/mqtt/link-client.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { JoinedView, NodeView } from '../../core/api/network-schemas.ts';
import { chunksOf } from '../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame, type HelloFrame } from '../../core/node/frames.ts';
import { LinkMonitor } from '../../core/node/link-monitor.ts';
import { type EmbeddedHost, type HostOptions, openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';

const clock = new SystemClock();
const random = new SystemRandom();
const logger = createLogger('silent');
const TOKEN = 'operator-operator';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(options: Partial<HostOptions> = {}): Promise<EmbeddedHost> {
  const host = await openHost({ dataDir: ':memory:', port: 0, logger, ...options });
  closing.push(() => host.close());
  return host;
}

async function ask<Answer>(url: string, body?: object, options: RequestInit = {}) {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    ...options,
    headers: { 'Content-Type': 'application/json', ...(options.headers as Record<string, string>) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const until = (what: () => boolean | Promise<boolean>) =>
  expect.poll(what, { timeout: 15_000, interval: 10 }).toBe(true);

const operator = { headers: { Authorization: `Bearer ${TOKEN}` } };

test('a node joins with a token of one use, and no other way', async () => {
  const { url } = await open({ token: TOKEN });
  const node = { nodeId: 'edge-1', capabilities: ['camera'] };
  expect(await ask(`${url}/join`, node)).toMatchObject({ status: 401, body: { code: 'JoinTokenNeeded' } });
  const { body: given } = await ask<{ token: string }>(`${url}/join-tokens`, {}, operator);
  expect((await ask(`${url}/join-tokens`, {})).status).toBe(401);
  const joined = await ask<JoinedView>(`${url}/join`, { ...node, token: given.token });
  expect(joined).toMatchObject({
    status: 201,
    body: {
      credentials: { nodeId: 'edge-1', brokerUrl: `${url.replace('http', 'ws')}/mqtt` },
      hub: 'hub',
      links: ['edge-1-hub-primary', 'hub-edge-1-primary'],
    },
  });
  const again = await ask<{ detail: string }>(`${url}/join`, { nodeId: 'edge-2', token: given.token });
  expect(again.status).toBe(401);
  expect(again.body.detail).toContain('was used before');
  const { body: nodes } = await ask<{ items: NodeView[] }>(`${url}/nodes`, undefined, operator);
  expect(nodes.items.map(({ id, kind }) => [id, kind])).toEqual([
    ['edge-1', 'edge'],
    ['hub', 'cloud'],
  ]);
});

test('a node that made its own secret joins once more by it, though its token is used', async () => {
  const { url } = await open({ token: TOKEN });
  const secret = 's'.repeat(43);
  const { body: given } = await ask<{ token: string }>(`${url}/join-tokens`, {}, operator);
  const request = { nodeId: 'edge-1', secret, token: given.token };
  const first = await ask<JoinedView>(`${url}/join`, request);
  expect(first).toMatchObject({ status: 201, body: { credentials: { secret } } });
  expect(await ask(`${url}/join`, request)).toEqual(first);
  expect((await ask(`${url}/join`, { ...request, secret: 't'.repeat(43) })).status).toBe(401);
  expect((await ask(`${url}/join`, { ...request, nodeId: 'edge-2' })).status).toBe(401);
  expect((await ask(`${url}/join`, { ...request, secret: 'short' })).status).toBe(400);
});

test('a host that anybody may use lets nodes join without a token', async () => {
  const { url } = await open();
  expect((await ask(`${url}/join`, { nodeId: 'edge-1' })).status).toBe(201);
  const twice = await ask<{ code: string; fix: string }>(`${url}/join`, { nodeId: 'edge-1' });
  expect(twice).toMatchObject({ status: 409, body: { code: 'Conflict' } });
  expect(twice.body.fix).toContain('DELETE /nodes/edge-1/credentials');
  const self = await ask<{ detail: string }>(`${url}/join`, { nodeId: 'hub' });
  expect(self).toMatchObject({ status: 400 });
  const wrong = await ask<{ issues: { path: string }[] }>(`${url}/join`, {
    nodeId: 'a/b',
    channels: [{ channel: 'pigeon' }],
    position: { latitudeDegrees: 100, longitudeDegrees: 0 },
  });
  expect(wrong.status).toBe(400);
  expect(wrong.body.issues.map(({ path }) => path).sort()).toEqual([
    'channels[0].channel',
    'nodeId',
    'position.latitudeDegrees',
  ]);
  const long = await ask<{ detail: string }>(`${url}/join`, { nodeId: 'n'.repeat(60) });
  expect(long).toMatchObject({ status: 400 });
  // What was refused left nothing behind.
  expect((await ask(`${url}/nodes/${'n'.repeat(60)}`)).status).toBe(404);
});

test('credentials are given to registered nodes, once, and taken back', async () => {
  const { url } = await open({ mqttPort: 0 });
  expect((await ask(`${url}/nodes/edge-1/credentials`, {})).status).toBe(404);
  await ask(`${url}/nodes`, { id: 'edge-1', kind: 'edge' });
  const given = await ask<{ secret: string }>(`${url}/nodes/edge-1/credentials`, {});
  expect(given).toMatchObject({ status: 201, body: { nodeId: 'edge-1' } });
  expect((await ask(`${url}/nodes/edge-1/credentials`, {})).status).toBe(409);
  const node = mqtt.connect(`${url.replace('http', 'ws')}/mqtt`, {
    clientId: 'edge-1',
    username: 'edge-1',
    password: given.body.secret,
    reconnectPeriod: 0,
  });
  closing.push(() => node.endAsync(true));
  await new Promise<void>((resolve) => node.once('connect', () => resolve()));
  const gone = new Promise<void>((resolve) => node.once('close', () => resolve()));
  expect((await ask(`${url}/nodes/edge-1/credentials`, undefined, { method: 'DELETE' })).status).toBe(200);
  await gone;
  expect((await ask(`${url}/nodes/edge-1/credentials`, undefined, { method: 'DELETE' })).status).toBe(404);
});

test('what a node measures and says shows in the network, and its condition with it', async () => {
  const { url, mqttPort } = await open({ mqttPort: 0 });
  const channels = [{ channel: 'primary' }, { channel: 'satellite' }] as const;
  const { body } = await ask<JoinedView>(`${url}/join`, { nodeId: 'edge-1', channels });
  const { credentials, hub } = body;
  const monitor = new LinkMonitor({ channels: { primary: {}, satellite: {} } }, random, clock.now());
  const came: Frame[] = [];
  const links = new MqttLinkClient({
    credentials,
    neighbour: hub,
    // Over WebSocket, and by plain MQTT.
    brokerUrls: { primary: credentials.brokerUrl, satellite: `mqtt://127.0.0.1:${mqttPort}` },
    clock,
    random,
    logger,
    onFrame: async (channel, bytes) => {
      const frame = decodeFrame(bytes);
      came.push(frame);
      monitor.heard(channel, frame, clock.now());
    },
    onChange: (channel, isUp) => monitor[isUp ? 'connected' : 'lost'](channel, clock.now()),
  });
  closing.push(() => links.close());
  let isOver = false;
  const beat = (async () => {
    while (!isOver) {
      for (const { channel, frame } of monitor.due(clock.now()))
        await links.send(hub, channel, encodeFrame(frame)).catch(() => undefined);
      await clock.sleep(20);
    }
  })();
  closing.push(async () => {
    isOver = true;
    await beat;
  });
  const node = async () => (await ask<NodeView>(`${url}/nodes/edge-1`)).body;
  await until(() => links.isUp('primary') && links.isUp('satellite'));
  const hello: HelloFrame = {
    type: 'hello',
    nodeId: 'edge-1',
    kind: 'edge',
    capabilities: ['camera', 'radio'],
    taskTypes: ['echo'],
    load: 2,
  };
  await links.send(hub, 'primary', encodeFrame(hello));
  // Another's name, and a capability that is none: neither changes anything.
  await links.send(hub, 'primary', encodeFrame({ ...hello, nodeId: 'hub', capabilities: ['all'] }));
  await links.send(hub, 'primary', encodeFrame({ ...hello, capabilities: ['not a word'] }));
  await until(async () => (await node()).condition?.condition === 'nominal');
  expect(await node()).toMatchObject({
    capabilities: ['camera', 'radio'],
    report: { taskTypes: ['echo'], load: 2 },
  });
  const { body: link } = await ask<{ state: { status: string; rttMs: number } }>(
    `${url}/links/hub-edge-1-primary`,
  );
  expect(link.state.status).toBe('up');
  expect(link.state.rttMs).toBeGreaterThanOrEqual(0);

  // A bundle is answered; this host has no use for any.
  const sent = [...chunksOf('dtn://edge-1/a 1 0', new Uint8Array(300_000).fill(7))];
  for (const frame of sent) await links.send(hub, 'primary', frame);
  await until(() => came.some(({ type }) => type === 'refused'));
  expect(came.find(({ type }) => type === 'refused')).toMatchObject({ bundleId: 'dtn://edge-1/a 1 0' });

  isOver = true;
  await beat;
  await links.close();
  await until(async () => {
    const { body: after } = await ask<{ state: { status: string; reasons: string[] } }>(
      `${url}/links/edge-1-hub-primary`,
    );
    return after.state.status === 'down' && after.state.reasons[0] === 'the connection was lost';
  });
});
