/** The real broker and real clients, over TCP in one process. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../adapters/embedded/store.ts';
import { MqttLinkClient, type MqttLinkOptions } from '../../adapters/mqtt/link-client.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { PayloadTooLarge } from '../../core/errors.ts';
import { ChunkAssembler, chunksOf } from '../../core/node/chunks.ts';
import { decodeFrame, encodeFrame, FRAME_BYTES_MAX } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import { branchOf, downTopic, upTopic } from '../../core/node/topics.ts';
import { LinkDown } from '../../core/ports/link-client.ts';
import { createLogger } from '../../embedded/log.ts';
import { openProxy } from '../edge/proxy.ts';
import { MqttBroker, type MqttOptions } from '../../embedded/mqtt.ts';
import { openTcpDoor, type TcpDoor } from '../../embedded/mqtt-doors.ts';

const clock = new SystemClock();
const random = new SystemRandom();
const logger = createLogger('silent');

interface Came {
  nodeId: string;
  channel: Channel;
  frame: Uint8Array;
}

let store: ReturnType<typeof openStore>;
let broker: MqttBroker;
let door: TcpDoor;
let came: Came[];
let changes: string[];
let secrets: Record<string, string>;
const closing: (() => unknown)[] = [];

async function openBroker(options: Partial<MqttOptions> = {}, port = 0): Promise<void> {
  broker = await MqttBroker.open({
    clock,
    logger,
    isSecret: (nodeId, secret) => store.nodes.isSecret(nodeId, secret),
    onFrame: async (nodeId, channel, frame) => void came.push({ nodeId, channel, frame: frame.slice() }),
    onChange: (nodeId, channel, isUp) => changes.push(`${nodeId} ${channel} ${isUp ? 'up' : 'down'}`),
    ...options,
  });
  door = await openTcpDoor((stream) => broker.take(stream), '127.0.0.1', port);
}

async function closeBroker(): Promise<void> {
  const isClosed = door.close();
  await broker.close();
  await isClosed;
}

beforeEach(async () => {
  store = openStore({ dataDir: ':memory:' });
  secrets = {};
  for (const nodeId of ['edge-1', 'edge-2']) secrets[nodeId] = (await store.nodes.register(nodeId)).secret;
  came = [];
  changes = [];
  await openBroker();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await closeBroker();
  store.close();
});

/** A plain client, which may do what a node must not. */
async function client(nodeId: string, options: IClientOptions = {}): Promise<MqttClient> {
  const one = mqtt.connect(`mqtt://127.0.0.1:${door.port}`, {
    clientId: nodeId,
    username: nodeId,
    password: secrets[nodeId],
    reconnectPeriod: 0,
    ...options,
  });
  closing.push(() => one.end(true));
  await new Promise<void>((resolve, reject) => {
    one.once('connect', () => resolve());
    one.once('error', reject);
    one.once('close', () => reject(new Error('closed')));
  });
  return one;
}

const closed = (one: MqttClient) => new Promise<void>((resolve) => void one.once('close', () => resolve()));

const until = (what: () => boolean) => expect.poll(what, { timeout: 10_000, interval: 5 }).toBe(true);

type Told = { channel: Channel; frame: Uint8Array };

function nodeLinks(nodeId: string, options: Partial<MqttLinkOptions> = {}) {
  const told: Told[] = [];
  const url = `mqtt://127.0.0.1:${door.port}`;
  const links = new MqttLinkClient({
    credentials: { nodeId, secret: secrets[nodeId]! },
    neighbour: 'hub',
    brokerUrls: { primary: url },
    clock,
    random,
    logger,
    retryMs: 5,
    retryMsMax: 20,
    onFrame: async (channel, frame) => void told.push({ channel, frame: frame.slice() }),
    ...options,
  });
  closing.push(() => links.close());
  return { links, told };
}

const probe = (sequence: number) => encodeFrame({ type: 'probe', sequence });

describe('a node at the broker', () => {
  test('says and is told frames over each of its channels', async () => {
    const url = `mqtt://127.0.0.1:${door.port}`;
    const { links, told } = nodeLinks('edge-1', { brokerUrls: { primary: url, mesh: url } });
    await until(() => changes.length === 2 && links.isUp('primary') && links.isUp('mesh'));
    expect(changes.sort()).toEqual(['edge-1 mesh up', 'edge-1 primary up']);
    await links.send('hub', 'mesh', probe(1));
    await until(() => came.length === 1);
    await links.send('hub', 'primary', probe(2));
    await until(() => came.length === 2);
    expect(came.map(({ nodeId, channel, frame }) => [nodeId, channel, decodeFrame(frame)])).toEqual([
      ['edge-1', 'mesh', { type: 'probe', sequence: 1 }],
      ['edge-1', 'primary', { type: 'probe', sequence: 2 }],
    ]);
    await broker.send('edge-1', 'mesh', probe(3));
    await until(() => told.length === 1);
    expect(told[0]!.channel).toBe('mesh');
    await expect(links.send('hub', 'satellite', probe(4))).rejects.toThrow(LinkDown);
    await expect(links.send('edge-2', 'primary', probe(4))).rejects.toThrow(LinkDown);
    await expect(broker.send('edge-1', 'satellite', probe(4))).rejects.toThrow(LinkDown);
    await expect(broker.send('edge-2', 'primary', probe(4))).rejects.toThrow(LinkDown);
  });

  test('gets a bundle of 1 MB in chunks, and sends one', async () => {
    const { links, told } = nodeLinks('edge-1');
    await until(() => links.isUp('primary'));
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 7 + (at >> 8)) % 256);
    const whole = (frames: Iterable<Uint8Array>) => {
      const assembler = new ChunkAssembler();
      for (const frame of frames) {
        const chunk = decodeFrame(frame);
        const joined = chunk.type === 'bundle' ? assembler.add('n', 'primary', chunk, 0) : undefined;
        if (joined) return joined;
      }
      return undefined;
    };
    for (const frame of chunksOf('b', bytes)) await broker.send('edge-1', 'primary', frame);
    await until(() => told.length === 8);
    expect(Buffer.compare(whole(told.map(({ frame }) => frame))!, bytes)).toBe(0);
    for (const frame of chunksOf('b', bytes)) await links.send('hub', 'primary', frame);
    await until(() => came.length === 8);
    expect(Buffer.compare(whole(came.map(({ frame }) => frame))!, bytes)).toBe(0);
  });

  test("reads and writes no other's topics", async () => {
    const other = await client('edge-2');
    const heard: string[] = [];
    other.on('message', (topic) => heard.push(topic));
    const denied = [
      branchOf('edge-1', 'down'),
      downTopic('edge-1', 'primary'),
      '#',
      'holdfast/nodes/+/down/#',
      '$SYS/#',
    ];
    for (const filter of denied) {
      const granted = await other.subscribeAsync(filter, { qos: 1 }).catch(() => [{ qos: 128 }]);
      expect(
        granted.map(({ qos }) => qos),
        filter,
      ).toEqual([128]);
    }
    // Its own `up` is for the host alone.
    const own = await other
      .subscribeAsync(upTopic('edge-2', 'primary'), { qos: 1 })
      .catch(() => [{ qos: 128 }]);
    expect(own.map(({ qos }) => qos)).toEqual([128]);
    nodeLinks('edge-1');
    await until(() => broker.isUp('edge-1', 'primary'));
    await broker.send('edge-1', 'primary', probe(1));
    for (const topic of [
      upTopic('edge-1', 'primary'),
      downTopic('edge-1', 'primary'),
      downTopic('edge-2', 'primary'),
    ]) {
      const intruder = await client('edge-2');
      const over = closed(intruder);
      intruder.publish(topic, Buffer.from(probe(1)), { qos: 1 });
      await over;
    }
    expect(came).toEqual([]);
    expect(heard).toEqual([]);
  });

  test('that comes over one channel speaks for no other', async () => {
    const one = await client('edge-1', { clientId: 'edge-1/mesh' });
    const granted = await one
      .subscribeAsync(downTopic('edge-1', 'primary'), { qos: 1 })
      .catch(() => [{ qos: 128 }]);
    expect(granted.map(({ qos }) => qos)).toEqual([128]);
    const over = closed(one);
    one.publish(upTopic('edge-1', 'primary'), Buffer.from(probe(1)), { qos: 1 });
    await over;
    expect(came).toEqual([]);
  });

  test.each([
    ['a wrong secret', { password: 'wrong' }],
    ["another's secret", { clientId: 'edge-2', username: 'edge-2' }],
    ['no secret', { password: undefined }],
    ["another's client id", { clientId: 'edge-2' }],
    ['a client id of no node', { clientId: 'edge-1/fibre' }],
    ['none at all', { clientId: 'edge-1', username: undefined, password: undefined }],
    ['a keep-alive of hours', { keepalive: 10_000 }],
  ])('is refused with %s', async (_, options) => {
    await expect(client('edge-1', options)).rejects.toThrow();
  });

  test('is cut off when its credentials are taken back, and does not come in again', async () => {
    const { links } = nodeLinks('edge-1');
    await until(() => broker.isUp('edge-1', 'primary'));
    await store.nodes.unregister('edge-1');
    broker.drop('edge-1');
    await until(() => !broker.isUp('edge-1', 'primary') && !links.isUp('primary'));
    await expect(client('edge-1')).rejects.toThrow();
    await expect(broker.send('edge-1', 'primary', probe(1))).rejects.toThrow(LinkDown);
  });

  test('that connects again takes over from the connection before', async () => {
    const first = await client('edge-1', { clientId: 'edge-1/primary' });
    await first.subscribeAsync(downTopic('edge-1', 'primary'), { qos: 1 });
    const over = closed(first);
    const second = await client('edge-1', { clientId: 'edge-1/primary' });
    await over;
    const heard: Buffer[] = [];
    second.on('message', (__, payload) => heard.push(payload));
    await second.subscribeAsync(downTopic('edge-1', 'primary'), { qos: 1 });
    await broker.send('edge-1', 'primary', probe(9));
    await until(() => heard.length === 1);
  });

  test('whose connection breaks is down on that channel at once, and its last will is heard', async () => {
    const url = `mqtt://127.0.0.1:${door.port}`;
    const will = {
      topic: upTopic('edge-1', 'mesh'),
      payload: Buffer.from(encodeFrame({ type: 'gone' })),
      qos: 1 as const,
      retain: false,
    };
    const one = await client('edge-1', { clientId: 'edge-1/mesh', will });
    await one.subscribeAsync(downTopic('edge-1', 'mesh'), { qos: 1 });
    nodeLinks('edge-1', { brokerUrls: { primary: url } });
    await until(() => broker.isUp('edge-1', 'primary'));
    (one.stream as unknown as { destroy(): void }).destroy();
    await until(() => came.length === 1);
    expect(decodeFrame(came[0]!.frame)).toEqual({ type: 'gone' });
    expect(came[0]!.channel).toBe('mesh');
    await until(() => !broker.isUp('edge-1', 'mesh'));
    expect(broker.isUp('edge-1', 'primary')).toBe(true);
    expect(changes.at(-1)).toBe('edge-1 mesh down');
  });

  test('ends though nothing that it said is acknowledged', async () => {
    const network = await openProxy(door.port);
    closing.push(() => network.close());
    const url = `mqtt://127.0.0.1:${network.port}`;
    const { links } = nodeLinks('edge-1', { brokerUrls: { primary: url } });
    await until(() => links.isUp('primary'));
    network.become('hole');
    await links.send('hub', 'primary', probe(1));
    await links.close();
    await expect(links.send('hub', 'primary', probe(2))).rejects.toThrow(LinkDown);
  });

  test('comes back after the broker was gone', async () => {
    const { links, told } = nodeLinks('edge-1');
    await until(() => links.isUp('primary'));
    const { port } = door;
    await closeBroker();
    await until(() => !links.isUp('primary'));
    await expect(links.send('hub', 'primary', probe(1))).rejects.toThrow(LinkDown);
    await openBroker({}, port);
    await until(() => links.isUp('primary'));
    await links.send('hub', 'primary', probe(2));
    await until(() => broker.isUp('edge-1', 'primary'));
    await broker.send('edge-1', 'primary', probe(3));
    await until(() => told.length === 1);
  });

  test('is cut off for a packet that is too large, before it is held', async () => {
    const one = await client('edge-1');
    const over = closed(one);
    one.publish(upTopic('edge-1', 'primary'), Buffer.alloc(FRAME_BYTES_MAX + 1), { qos: 1 });
    await over;
    expect(came).toEqual([]);
    await expect(broker.send('edge-1', 'primary', new Uint8Array(FRAME_BYTES_MAX + 1))).rejects.toThrow(
      PayloadTooLarge,
    );

    const stranger = connectTcp(door.port, '127.0.0.1');
    closing.push(() => stranger.destroy());
    stranger.on('error', () => undefined);
    const gone = once(stranger, 'close');
    // A CONNECT that says it has 256 MB.
    stranger.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await gone;
  });

  test('is cut off for retained messages, which nobody would ever take away', async () => {
    const one = await client('edge-1');
    const over = closed(one);
    one.publish(upTopic('edge-1', 'primary'), Buffer.from(probe(1)), { qos: 1, retain: true });
    await over;
    expect(came).toEqual([]);
  });

  test('that acknowledges nothing holds up its own frames only, and is cut off', async () => {
    await closeBroker();
    await openBroker({ limits: { unacknowledgedMax: 3, acknowledgeMs: 50 } });
    const mute = await client('edge-1');
    mute.handleMessage = () => undefined;
    await mute.subscribeAsync(branchOf('edge-1', 'down'), { qos: 1 });
    const { told } = nodeLinks('edge-2');
    await until(() => broker.isUp('edge-2', 'primary'));
    const sends = [1, 2, 3, 4, 5].map((number) => broker.send('edge-1', 'primary', probe(number)));
    const outcomes = Promise.allSettled(sends);
    await broker.send('edge-2', 'primary', probe(1));
    await until(() => told.length === 1);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(broker.isUp('edge-1', 'primary')).toBe(false);
  });

  test('that loses what it is told to a fault stays connected', async () => {
    await closeBroker();
    let count = 0;
    await openBroker({
      onFrame: async () => {
        count++;
        throw new Error('the disk is full');
      },
    });
    const { links } = nodeLinks('edge-1');
    await until(() => links.isUp('primary'));
    await links.send('hub', 'primary', probe(1));
    await links.send('hub', 'primary', probe(2));
    await until(() => count === 2);
  });
});
