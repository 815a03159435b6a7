/** The host's side of its nodes: takes their connections and what they say, and leads to them. */
import { AT_ONCE_MAX, type BundleTraffic, createTakeFrame, type Report } from './frames.ts';
import { createMqttWebSockets, type MqttWebSockets, openTcpDoor, type TcpDoor } from './mqtt-doors.ts';
import type { MqttBroker } from './mqtt.ts';
import type { Channel } from '../core/node/node.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { LinkClient } from '../core/ports/link-client.ts';
import type { Logger } from '../core/task/handler.ts';
import type { Hear } from '../lambdas/hear/hear.ts';

export interface NodesOptions {
  clock: Clock;
  logger: Logger;
  isSecret: (nodeId: string, secret: string) => Promise<boolean>;
  hear: Hear;
  /** @default bundles are refused for now: their senders keep them */
  traffic?: BundleTraffic;
  /** A channel leads to the node from now on. */
  onConnected?: (nodeId: string) => void;
  /** Between the host and its connections: a simulated network. @default nothing */
  through?: (links: LinkClient) => LinkClient;
}

export interface Nodes extends Pick<MqttWebSockets, 'upgrade'> {
  links: LinkClient;
  /** Cuts one off whose credentials were taken back. */
  drop(nodeId: string): void;
  /** Lets nodes in by plain MQTT too. Errors: `AddressUnavailable`. */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

export function createNodes(options: NodesOptions): Nodes {
  const { clock, logger, isSecret, hear, traffic = NO_TRAFFIC } = options;
  /** By node: how its channels are, as it last said. */
  const healths = new Map<string, string>();
  let broker: Promise<MqttBroker> | undefined;
  let door: TcpDoor | undefined;
  let isClosing = false;

  /** Loaded with the first node: hosts without any start faster. */
  const open = () => (broker ??= openBroker());
  const openBroker = async () => {
    const { MqttBroker: Broker } = await import('./mqtt.ts');
    return Broker.open({ clock, logger, isSecret, onFrame: take, onChange });
  };
  const direct: LinkClient = { send: async (...frame) => (await open()).send(...frame) };
  const links = options.through?.(direct) ?? direct;
  const webSockets = createMqttWebSockets((stream) => void open().then((opened) => opened.take(stream)));

  const take = createTakeFrame({ traffic, links, clock, logger, report, atOnceMax: AT_ONCE_MAX });

  async function report(nodeId: string, channel: Channel, frame: Report): Promise<void> {
    await hear.report(nodeId, channel, frame);
    if (frame.type === 'hello') return;
    const gist = JSON.stringify(frame.channels.map(({ channel: of, status }) => [of, status]));
    if (healths.get(nodeId) === gist) return;
    // What is booked for later may go now.
    healths.set(nodeId, gist);
    traffic.changed?.(nodeId, channel, true);
  }

  function onChange(nodeId: string, channel: Channel, isUp: boolean): void {
    logger.info(isUp ? 'a node is connected' : 'a node is no more connected', { node: nodeId, channel });
    traffic.changed?.(nodeId, channel, isUp);
    if (isUp) options.onConnected?.(nodeId);
    // A host that stops knows nothing of its nodes, and says so by its silence.
    if (isUp || isClosing) return;
    hear.lost(nodeId, channel).catch((error: unknown) => {
      logger.error('a lost connection could not be noted', { node: nodeId, error: String(error) });
    });
  }

  return {
    links,
    upgrade: (request, stream, head) => webSockets.upgrade(request, stream, head),
    drop: (nodeId) => void broker?.then((opened) => opened.drop(nodeId)),
    async listen(host, port) {
      const opened = await open();
      door = await openTcpDoor((stream) => opened.take(stream), host, port);
      return door.port;
    },
    async close() {
      isClosing = true;
      const closed = door?.close();
      await (await broker)?.close();
      webSockets.close();
      await closed;
    },
  };
}

const NO_TRAFFIC: BundleTraffic = {
  arrived: async (_, __, bundleId) => ({
    type: 'refused',
    bundleId,
    reason: 'this host takes no bundles',
    isPermanent: false,
  }),
  answered: async () => undefined,
};
