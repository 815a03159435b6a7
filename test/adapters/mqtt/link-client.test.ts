/** A node's links and its host's, each at the other end of the other's. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { MqttLinkClient } from '../../../adapters/mqtt/link-client.ts';
import { SystemClock } from '../../../adapters/system/clock.ts';
import { SystemRandom } from '../../../adapters/system/random.ts';
import { decodeFrame } from '../../../core/node/frames.ts';
import type { Channel } from '../../../core/node/node.ts';
import { MqttBroker } from '../../../embedded/mqtt.ts';
import { openTcpDoor } from '../../../embedded/mqtt-doors.ts';
import { createLogger } from '../../../embedded/log.ts';
import { openProxy } from '../../edge/proxy.ts';
import { type LinksUnderTest, linkClientSuite } from '../../ports/link-client.suite.ts';

const CHANNELS = ['primary', 'mesh'] as const;
const NODES = ['edge-1', 'edge-2'];
const given = { clock: new SystemClock(), random: new SystemRandom(), logger: createLogger('silent') };
const PATIENCE = { timeout: 10_000, interval: 5 };

const until = (is: () => boolean) =>
  vi.waitFor(() => {
    if (!is()) throw new Error('not yet');
  }, PATIENCE);

/** What was heard, by whom and over which channel. */
class Heard {
  readonly #frames = new Map<string, Uint8Array[]>();

  take(by: string, channel: Channel, frame: Uint8Array): void {
    const key = `${by} ${channel}`;
    this.#frames.set(key, [...this.of(key), new Uint8Array(frame)]);
  }

  of = (key: string): Uint8Array[] => this.#frames.get(key) ?? [];

  async atLeast(by: string, channel: Channel, count: number): Promise<Uint8Array[]> {
    await until(() => this.of(`${by} ${channel}`).length >= count);
    return this.of(`${by} ${channel}`);
  }
}

/** Everybody is connected over both channels; `through`: nodes connect to the port that it leads from. */
async function openBoth(through: (port: number) => Promise<number> = async (port) => port) {
  const heard = new Heard();
  const broker = await MqttBroker.open({
    ...given,
    isSecret: async (nodeId, secret) => secret === `secret of ${nodeId}`,
    onFrame: async (_, channel, frame) => heard.take('hub', channel, frame),
    onChange: () => undefined,
  });
  const door = await openTcpDoor((stream) => broker.take(stream), '127.0.0.1', 0);
  const url = `mqtt://127.0.0.1:${await through(door.port)}`;
  const nodes = NODES.map(
    (nodeId) =>
      new MqttLinkClient({
        ...given,
        credentials: { nodeId, secret: `secret of ${nodeId}` },
        neighbour: 'hub',
        brokerUrls: { primary: url, mesh: url },
        onFrame: async (channel, frame) => heard.take(nodeId, channel, frame),
      }),
  );
  await until(() =>
    CHANNELS.every((channel) =>
      NODES.every((nodeId, at) => broker.isUp(nodeId, channel) && nodes[at]!.isUp(channel)),
    ),
  );
  const ends: Omit<LinksUnderTest, 'links' | 'neighbours'> = {
    heard: (by, channel, count) => heard.atLeast(by, channel, count),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      const closed = door.close();
      await broker.close();
      await closed;
    },
  };
  return { broker, node: nodes[0]!, ends };
}

linkClientSuite('MqttBroker', { seesWhoListens: true }, async () => {
  const { broker, ends } = await openBoth();
  return { links: broker, neighbours: NODES, ...ends };
});

linkClientSuite('MqttLinkClient', { seesWhoListens: true }, async () => {
  const { node, ends } = await openBoth();
  return { links: node, neighbours: ['hub'], ...ends };
});

test('a node does not wait for what a channel swallows, which arrives if the channel comes back', async () => {
  let proxy: Awaited<ReturnType<typeof openProxy>> | undefined;
  const { node, ends } = await openBoth(async (port) => (proxy = await openProxy(port)).port);
  onTestFinished(async () => {
    await proxy!.close();
    await ends.close();
  });
  proxy!.become('hole');
  const frames = Array.from({ length: 20 }, (_, n) => Uint8Array.of(n));
  for (const frame of frames) await node.send('hub', 'primary', frame);
  proxy!.become('mended');
  expect(await ends.heard('hub', 'primary', frames.length)).toEqual(frames);
});

test('a node that closes its links says that it is gone', async () => {
  const { node, ends } = await openBoth();
  onTestFinished(() => ends.close());
  await node.close();
  for (const channel of CHANNELS) {
    const [last] = await ends.heard('hub', channel, 1);
    expect(decodeFrame(last!)).toEqual({ type: 'gone' });
  }
});
