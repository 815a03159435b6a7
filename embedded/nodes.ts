/** The host's side of its nodes: takes their connections and what they say, and leads to them. */
import { createMqttWebSockets, type MqttWebSockets, openTcpDoor, type TcpDoor } from './mqtt-doors.ts';
import type { MqttBroker } from './mqtt.ts';
import { Limiter } from '../core/limiter.ts';
import { ChunkAssembler } from '../core/node/chunks.ts';
import { decodeFrame, encodeFrame, type Frame, FrameRefused } from '../core/node/frames.ts';
import type { Channel } from '../core/node/node.ts';
import type { Clock } from '../core/ports/clock.ts';
import { type LinkClient, LinkDown } from '../core/ports/link-client.ts';
import type { Logger } from '../core/task/handler.ts';
import type { Hear } from '../lambdas/hear/hear.ts';

/** What becomes of bundles and of answers to them. */
export interface BundleTraffic {
  /** A whole bundle, as its neighbour calls it. What is to be said at once, over the same channel. */
  arrived(from: string, channel: Channel, sentAs: string, bytes: Uint8Array): Promise<Frame | undefined>;
  answered(
    from: string,
    channel: Channel,
    answer: Extract<Frame, { type: 'accepted' | 'refused' }>,
  ): Promise<void>;
  /** A channel leads to the node from now on, or no more. */
  changed?(nodeId: string, channel: Channel, isUp: boolean): void;
}

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

/** What came of one node is dealt with side by side: each is a commit, and one commit takes many. */
export const AT_ONCE_MAX = 64;

export function createNodes(options: NodesOptions): Nodes {
  const { clock, logger, isSecret, hear, traffic = NO_TRAFFIC } = options;
  const chunks = new ChunkAssembler();
  const limiters = new Map<string, Limiter>();
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

  /** What came from a node must not wait for what it has to acknowledge: that comes behind it. */
  const saySoon = (nodeId: string, channel: Channel, frame: Frame | undefined): void => {
    say(nodeId, channel, frame).catch((error: unknown) => {
      logger.error('a frame could not be sent', { node: nodeId, error: String(error) });
    });
  };

  const say = async (nodeId: string, channel: Channel, frame: Frame | undefined): Promise<void> => {
    if (frame === undefined) return;
    try {
      await links.send(nodeId, channel, encodeFrame(frame));
    } catch (error) {
      // Who is gone asks again when it is back.
      if (!(error instanceof LinkDown)) throw error;
    }
  };

  /** Resolves when it has begun: what comes when all turns are taken waits in the network. */
  function beside(nodeId: string, run: () => Promise<void>): Promise<void> {
    const limiter = limiters.get(nodeId) ?? new Limiter(AT_ONCE_MAX);
    limiters.set(nodeId, limiter);
    return limiter.start(() =>
      run().catch((error: unknown) => {
        // Custody sees to it that what was lost comes again.
        logger.error('a frame could not be taken', { node: nodeId, error: String(error) });
      }),
    );
  }

  async function take(nodeId: string, channel: Channel, bytes: Uint8Array): Promise<void> {
    try {
      await handle(nodeId, channel, decodeFrame(bytes));
    } catch (error) {
      if (!(error instanceof FrameRefused)) throw error;
      logger.warn('a frame is refused', { node: nodeId, channel, error: error.message, fix: error.fix });
    }
  }

  async function handle(nodeId: string, channel: Channel, frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'probe':
        return saySoon(nodeId, channel, { type: 'echo', sequence: frame.sequence });
      case 'bundle': {
        const whole = chunks.add(nodeId, channel, frame, clock.now());
        if (whole === undefined) return;
        return beside(nodeId, async () =>
          saySoon(nodeId, channel, await traffic.arrived(nodeId, channel, frame.bundleId, whole)),
        );
      }
      case 'accepted':
      case 'refused':
        return beside(nodeId, () => traffic.answered(nodeId, channel, frame));
      case 'hello':
        return hear.report(nodeId, channel, frame);
      case 'health': {
        await hear.report(nodeId, channel, frame);
        const gist = JSON.stringify(frame.channels.map(({ channel: of, status }) => [of, status]));
        if (healths.get(nodeId) === gist) return;
        // What is booked for later may go now.
        healths.set(nodeId, gist);
        return traffic.changed?.(nodeId, channel, true);
      }
      // The broker knows by itself; the host probes nobody.
      case 'gone':
      case 'echo':
    }
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
