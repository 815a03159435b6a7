import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { randomBytes } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import type { JoinedView } from '../../core/api/network-schemas.ts';
import { encodeFrame, FRAME_BYTES_MAX, type Frame } from '../../core/node/frames.ts';
import { upTopic } from '../../core/node/topics.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { EmbeddedHost } from '../../embedded/host.ts';
import { expectConserved, openNetwork } from './network.ts';

const MIB = 1 << 20;

/** A node with good credentials and bad manners. */
async function openRogue({ url }: EmbeddedHost): Promise<() => Promise<MqttClient>> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ nodeId: 'rogue' });
  const joined = (await (await fetch(`${url}/join`, { method: 'POST', headers, body })).json()) as JoinedView;
  const { brokerUrl, ...proof } = joined.credentials;
  return async () => {
    const client = mqtt.connect(brokerUrl!, {
      clientId: 'rogue/primary',
      username: 'rogue',
      password: (proof as { secret: string }).secret,
      reconnectPeriod: 0,
    });
    client.on('error', () => undefined);
    client.setMaxListeners(0);
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    onTestFinished(() => void client.end(true));
    return client;
  };
}

const hello = (load: number): Frame => ({
  type: 'hello',
  nodeId: 'rogue',
  kind: 'edge',
  capabilities: [],
  taskTypes: [],
  load,
});

/** Larger than it says, or never whole. */
const chunk = (at: number): Frame => ({
  type: 'bundle',
  bundleId: `b${at}`,
  totalBytes: 60 * MIB,
  crc: at,
  chunkBytes: 100_000,
  index: at % 600,
  data: randomBytes(100_000),
});

/** What is in use, whatever the collector has left to do: bytes of a buffer are freed by the collection after the one that finds it. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a node that floods and sends garbage disturbs nobody else', { timeout: 200_000 }, async () => {
  const { hub, join } = await openNetwork();
  const connect = await openRogue(hub);
  await join('edge-1', { tasks: { double: async ({ n }: { n: number }) => n * 2 } });
  const topic = upTopic('rogue', 'primary');
  const floods: Record<string, (at: number) => Uint8Array> = {
    'bytes at random': (at) => randomBytes(1 + (at % 2000)),
    'frames cut short': (at) => encodeFrame(hello(at)).subarray(0, at % 20),
    'parts of bundles that never become whole': (at) => encodeFrame(chunk(at)),
    hellos: (at) => encodeFrame(hello(at)),
  };
  const counts: Record<string, number> = { 'parts of bundles that never become whole': 1500, hellos: 10_000 };
  const startBytes = liveBytes();
  let peakBytes = 0;
  for (const [name, make] of Object.entries(floods)) {
    const client = await connect();
    const count = counts[name] ?? 2000;
    const flooding = (async () => {
      const send = (at: number) => client.publishAsync(topic, Buffer.from(make(at)), { qos: 1 });
      // All of it is dealt with: the host acknowledges each.
      await eachOf(Array.from({ length: count }), 200, (_, at) => send(at));
    })();
    // Others work meanwhile.
    const { id } = await hub.orchestrator.run({
      name: 'shot',
      tasks: [{ id: 'a', type: 'double', capability: 'camera', input: { n: 2 } }],
    });
    expect(await hub.orchestrator.result(id), name).toMatchObject({ status: 'SUCCEEDED', output: 4 });
    await flooding;
    peakBytes = Math.max(peakBytes, liveBytes());
    client.end(true);
  }
  const client = await connect();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.publish(topic, randomBytes(FRAME_BYTES_MAX + 1000), { qos: 0 });
  await closed;
  expect((await fetch(`${hub.url}/health/live`)).status).toBe(200);
  // Of 150 MB in parts, 128 MiB are held of one neighbour at most.
  expect(peakBytes - startBytes).toBeLessThan(200 * MIB);
  expect(await expectConserved(hub.orchestrator)).toMatchObject({ dead: { bundles: 0 } });
});
