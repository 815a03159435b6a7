/** The MQTT broker that nodes connect to: who they are, which topics are theirs, and no more at once than they may. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Aedes, type AuthenticateError, type Client, type PublishPacket, type Subscription } from 'aedes';
import { HoldfastError } from '../core/errors.ts';
import { type NodeConnection, parseClientId, publishedOver, subscribedTo } from '../core/node/access.ts';
import { checkFrameSize, FRAME_BYTES_MAX } from '../core/node/frames.ts';
import type { Channel } from '../core/node/node.ts';
import { SendWindow } from '../core/node/send-window.ts';
import { downTopic } from '../core/node/topics.ts';
import type { Clock } from '../core/ports/clock.ts';
import { type LinkClient, LinkDown } from '../core/ports/link-client.ts';
import type { Logger } from '../core/task/handler.ts';
import { type GuardLimits, GuardedConnection } from './mqtt-guard.ts';

export interface MqttLimits extends GuardLimits {
  /** Connections of all nodes, and those that have not said yet whose they are. @default 5000 */
  connectionsMax: number;
  /** Frames on their way to one connection that it has not acknowledged; the next wait. @default 64 */
  unacknowledgedMax: number;
  /** A connection that acknowledges nothing for so long is closed. @default 60 s */
  acknowledgeMs: number;
  /** The longest keep-alive that is accepted: silence of half as long again is the end. @default 120 */
  keepAliveSecondsMax: number;
}

export const MQTT_LIMITS = {
  connectionsMax: 5000,
  unacknowledgedMax: 64,
  acknowledgeMs: 60_000,
  keepAliveSecondsMax: 120,
};
const GREETING_MS = 10_000;

export interface MqttOptions {
  clock: Clock;
  logger: Pick<Logger, 'debug' | 'warn' | 'error'>;
  /** Whether this is the node's secret. */
  isSecret(nodeId: string, secret: string): Promise<boolean>;
  /** Something came. The node's broker acknowledges it once this resolves. */
  onFrame(nodeId: string, channel: Channel, frame: Uint8Array): Promise<void>;
  /** A channel leads to the node from now on, or no more. */
  onChange?(nodeId: string, channel: Channel, isUp: boolean): void;
  limits?: Partial<MqttLimits>;
}

interface Connected extends NodeConnection {
  client: Client;
  window: SendWindow;
  /** Those that it listens on. */
  channels: Set<Channel>;
  /** Those that it may, once the broker has entered its subscriptions. */
  granted: Set<Channel>;
}

export class MqttBroker implements LinkClient {
  readonly #aedes: Aedes;
  readonly #options: MqttOptions;
  readonly #limits: Partial<GuardLimits> & typeof MQTT_LIMITS;
  /** By client id. */
  readonly #connected = new Map<string, Connected>();
  /** Admitted and not yet listening. */
  readonly #pending = new WeakMap<Client, Connected>();
  readonly #streams = new Set<GuardedConnection>();

  private constructor(options: MqttOptions) {
    this.#options = options;
    this.#limits = { ...MQTT_LIMITS, ...options.limits };
    this.#aedes = new Aedes({
      connectTimeout: GREETING_MS,
      keepaliveLimit: this.#limits.keepAliveSecondsMax,
      preConnect: (_, { clientId }, done) =>
        parseClientId(clientId) === undefined
          ? done(new Error(`"${clientId}" is no client id of a node`), false)
          : done(null, true),
      authenticate: (client, name, secret, done) => {
        this.#admit(client, name, secret).then(
          (isAdmitted) => (isAdmitted ? done(null, true) : done(refusal(), false)),
          (error: unknown) => {
            options.logger.error('a node could not be checked', { error: String(error) });
            done(refusal(), false);
          },
        );
      },
      authorizePublish: (client, packet, done) => void this.#take(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => done(null, this.#subscribe(client, subscription)),
    });
    this.#aedes.on('subscribe', (_, client) => this.#listens(client));
    this.#aedes.on('clientReady', (client) => this.#listens(client));
    this.#aedes.on('unsubscribe', (filters, client) => this.#unsubscribed(client, filters));
    this.#aedes.on('clientDisconnect', (client) => this.#forget(client));
    this.#aedes.on('ack', (_, client) => this.#of(client)?.window.acknowledged());
    for (const event of ['clientError', 'connectionError'] as const)
      this.#aedes.on(event, ({ id }, { message }) =>
        options.logger.debug('a node was cut off', { id, message }),
      );
  }

  static async open(options: MqttOptions): Promise<MqttBroker> {
    const broker = new MqttBroker(options);
    await broker.#aedes.listen();
    return broker;
  }

  /** Takes over a connection's bytes. */
  take(stream: Duplex): void {
    if (this.#streams.size >= this.#limits.connectionsMax) {
      this.#options.logger.warn('there are too many connections of nodes', {
        most: this.#limits.connectionsMax,
      });
      stream.on('error', () => undefined).destroy();
      return;
    }
    const guarded = new GuardedConnection(stream, this.#options.clock, this.#limits);
    this.#streams.add(guarded);
    guarded.on('close', () => this.#streams.delete(guarded));
    this.#aedes.handle(guarded);
  }

  isUp(nodeId: string, channel: Channel): boolean {
    return this.#leading(nodeId, channel) !== undefined;
  }

  async send(to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    checkFrameSize(to, frame);
    const topic = downTopic(to, channel);
    const connected = this.#leading(to, channel);
    if (connected === undefined) throw down(to, channel);
    const { client, window } = connected;
    if (!(await window.enter())) throw down(to, channel);
    const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    await new Promise<void>((resolve, reject) => {
      client.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, (error) =>
        error || client.closed ? reject(down(to, channel)) : resolve(),
      );
    });
  }

  /** Cuts a node off: its credentials were taken back. */
  drop(nodeId: string): void {
    for (const connected of this.#connected.values())
      if (connected.nodeId === nodeId) connected.client.close();
  }

  async close(): Promise<void> {
    const closed = once(this.#aedes, 'closed');
    this.#aedes.close();
    await closed;
    for (const stream of this.#streams) stream.destroy();
  }

  #of = (client: Client): Connected | undefined => {
    const connected = this.#connected.get(client.id);
    return connected?.client === client ? connected : undefined;
  };

  async #admit(client: Client, name?: string, secret?: Readonly<Buffer>): Promise<boolean> {
    const connection = parseClientId(client.id);
    if (connection === undefined || name !== connection.nodeId || secret === undefined) return false;
    const isAdmitted = await this.#options.isSecret(connection.nodeId, secret.toString('utf8'));
    if (!isAdmitted) {
      this.#options.logger.warn('a node came with a secret that is not its own', { node: connection.nodeId });
      return false;
    }
    const { unacknowledgedMax, acknowledgeMs } = this.#limits;
    const window = new SendWindow(unacknowledgedMax, acknowledgeMs, this.#options.clock, () =>
      client.close(),
    );
    this.#pending.set(client, { ...connection, client, window, channels: new Set(), granted: new Set() });
    return true;
  }

  #subscribe(client: Client, subscription: Subscription): Subscription | null {
    const connected = this.#of(client) ?? this.#pending.get(client);
    const { topic, qos } = subscription;
    const channels = connected === undefined ? [] : subscribedTo(connected, topic);
    // Frames are acknowledged, or the next ones would wait for ever.
    if (channels.length === 0 || qos !== 1) return null;
    for (const channel of channels) connected!.granted.add(channel);
    return subscription;
  }

  /** What it subscribed to reaches it from now on. */
  #listens(client: Client): void {
    const connected = this.#of(client) ?? this.#pending.get(client);
    if (connected === undefined || client.closed) return;
    const before = this.#up(connected.nodeId);
    this.#pending.delete(client);
    connected.channels = new Set(connected.granted);
    this.#connected.set(client.id, connected);
    this.#tell(connected.nodeId, before);
  }

  #unsubscribed(client: Client, filters: readonly string[]): void {
    const connected = this.#of(client);
    // A connection that ends unsubscribes too.
    if (connected === undefined || client.closed) return;
    const before = this.#up(connected.nodeId);
    for (const channel of filters.flatMap((filter) => subscribedTo(connected, filter))) {
      connected.channels.delete(channel);
      connected.granted.delete(channel);
    }
    this.#tell(connected.nodeId, before);
  }

  #forget(client: Client): void {
    const connected = this.#of(client);
    if (connected === undefined) return;
    const before = this.#up(connected.nodeId);
    this.#connected.delete(client.id);
    connected.window.close();
    this.#tell(connected.nodeId, before);
  }

  #up(nodeId: string): Set<Channel> {
    const own = [...this.#connected.values()].filter((one) => one.nodeId === nodeId);
    return new Set(own.flatMap(({ channels }) => [...channels]));
  }

  #tell(nodeId: string, before: ReadonlySet<Channel>): void {
    const now = this.#up(nodeId);
    for (const channel of before) if (!now.has(channel)) this.#options.onChange?.(nodeId, channel, false);
    for (const channel of now) if (!before.has(channel)) this.#options.onChange?.(nodeId, channel, true);
  }

  #leading(nodeId: string, channel: Channel): Connected | undefined {
    for (const id of [`${nodeId}/${channel}`, nodeId]) {
      const connected = this.#connected.get(id);
      if (connected?.channels.has(channel)) return connected;
    }
    return undefined;
  }

  /** Publishing is how frames come in; nobody subscribes to them. */
  async #take(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ): Promise<void> {
    const connection = client === null ? undefined : parseClientId(client.id);
    const channel = connection && publishedOver(connection, packet.topic);
    if (connection === undefined || channel === undefined)
      return done(new Error(`${client?.id} may not publish to ${packet.topic}`));
    if (packet.qos === 2 || packet.retain) return done(new Error('frames are neither QoS 2 nor retained'));
    if (packet.payload.length > FRAME_BYTES_MAX) return done(new Error('the frame is too large'));
    try {
      await this.#options.onFrame(connection.nodeId, channel, packet.payload as Buffer);
    } catch (error) {
      // Custody, not the broker, sees to it that what was lost comes again.
      this.#options.logger.error('a frame could not be taken', {
        node: connection.nodeId,
        error: String(error),
      });
    }
    done(null);
  }
}

const refusal = (): AuthenticateError =>
  Object.assign(new Error('The node is not registered, or its secret is another.'), { returnCode: 4 });

const down = (nodeId: string, channel: Channel): HoldfastError =>
  new LinkDown(
    `"${nodeId}" is not connected over its ${channel} channel.`,
    'Wait until it is, or send over another channel.',
  );
