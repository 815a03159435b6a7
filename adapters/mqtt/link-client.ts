/** A node's links to its host, by MQTT: a connection a channel, since channels are different networks. */
import mqtt, { type MqttClient } from 'mqtt';
import { InvalidInput } from '../../core/errors.ts';
import { clientIdOf } from '../../core/node/access.ts';
import { checkFrameSize, encodeFrame } from '../../core/node/frames.ts';
import type { Channel } from '../../core/node/node.ts';
import { branchOf, checkedNodeId, downTopic, upTopic } from '../../core/node/topics.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { type LinkClient, LinkDown } from '../../core/ports/link-client.ts';
import type { NodeCredentials } from '../../core/ports/node-registry.ts';
import type { Random } from '../../core/ports/random.ts';
import type { Logger } from '../../core/task/handler.ts';
import { SendWindow } from '../../core/node/send-window.ts';

export interface MqttLinkOptions {
  credentials: NodeCredentials;
  /** The host's node, the one that these links lead to. */
  neighbour: string;
  /** The broker's address over each channel; one only where nodes have certificates, as IoT Core knows a node by one connection. */
  brokerUrls: Partial<Record<Channel, string>>;
  clock: Clock;
  random: Random;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Something came; it is acknowledged once this resolves. */
  onFrame(channel: Channel, frame: Uint8Array): Promise<void>;
  onChange?(channel: Channel, isUp: boolean): void;
  /** Of the host's certificate, PEM, where it is not one of the well-known. */
  authorityPem?: string;
  /** The first pause before connecting again; it doubles to `retryMsMax`. @default 1 s */
  retryMs?: number;
  /** @default 60 s */
  retryMsMax?: number;
}

const KEEP_ALIVE_SECONDS = 20;
const CONNECT_MS = 20_000;
const UNACKNOWLEDGED_MAX = 64;
const ACKNOWLEDGE_MS = 60_000;
const GOODBYE_MS = 1000;
const GONE = Buffer.from(encodeFrame({ type: 'gone' }));
const PROTOCOLS = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

interface Live {
  client: MqttClient;
  window: SendWindow;
}

/** Keeps nothing that could not be sent: custody does. */
export class MqttLinkClient implements LinkClient {
  readonly #options: MqttLinkOptions;
  readonly #live = new Map<Channel, Live>();
  /** Connected or about to be. */
  readonly #clients = new Set<MqttClient>();
  readonly #closing = new AbortController();
  readonly #loops: Promise<void>[];

  /** Connects, and again whenever it was cut off, until `close`. Errors: `InvalidInput`. */
  constructor(options: MqttLinkOptions) {
    this.#options = options;
    const channels = Object.entries(options.brokerUrls) as [Channel, string][];
    for (const [channel, url] of channels) checkUrl(channel, url);
    if (!('secret' in options.credentials) && channels.length > 1)
      throw new InvalidInput(
        `${channels.length} channels are given, and this broker knows a node by one connection.`,
        'Give one channel.',
      );
    this.#loops = channels.map(([channel, url]) => this.#keep(channel, url));
  }

  isUp(channel: Channel): boolean {
    return this.#live.has(channel);
  }

  /** Waits for room only: a channel may be far away, or swallow what it is given. */
  async send(to: string, channel: Channel, frame: Uint8Array): Promise<void> {
    checkedNodeId(to);
    checkFrameSize(to, frame);
    const live = to === this.#options.neighbour ? this.#live.get(channel) : undefined;
    if (live === undefined || !(await live.window.enter()) || !live.client.connected) throw down(to, channel);
    const topic = upTopic(this.#options.credentials.nodeId, channel);
    const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    live.client.publish(topic, payload, { qos: 1 }, () => live.window.acknowledged());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // Who says goodbye leaves no last will.
    for (const [channel, { client }] of this.#live)
      if (client.connected)
        client.publish(upTopic(this.#options.credentials.nodeId, channel), GONE, { qos: 1 });
    await Promise.all([...this.#clients].map((client) => this.#end(client)));
    await Promise.all(this.#loops);
  }

  /** Nobody may be there to hear it. */
  async #end(client: MqttClient): Promise<void> {
    const { clock } = this.#options;
    const heard = new AbortController();
    const late = clock.sleep(GOODBYE_MS, heard.signal).then(
      () => client.stream.destroy(),
      () => undefined,
    );
    await Promise.race([client.endAsync(!client.connected), late]);
    heard.abort();
  }

  async #keep(channel: Channel, url: string): Promise<void> {
    const { clock, random, logger, retryMs = 1000, retryMsMax = 60_000 } = this.#options;
    const { signal } = this.#closing;
    for (let failed = 0; !signal.aborted; failed++) {
      const wasUp = await this.#connect(channel, url);
      if (wasUp) failed = 0;
      if (signal.aborted) return;
      // Full jitter: nodes that were cut off together don't come back together.
      const pauseMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(failed, 20)) * random.next();
      logger.info('connecting again', { channel, url, inMs: Math.round(pauseMs) });
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Resolves when the connection has ended, to whether there was one. */
  #connect(channel: Channel, url: string): Promise<boolean> {
    const { credentials, clock, logger } = this.#options;
    const client = mqtt.connect(url, this.#settings(channel, url));
    this.#clients.add(client);
    const window = new SendWindow(UNACKNOWLEDGED_MAX, ACKNOWLEDGE_MS, clock, () => client.end(true));
    let isUp = false;
    client.handleMessage = ({ payload }, done) =>
      void this.#take(channel, payload as Buffer).then(() => done());
    client.on('connect', () => {
      const topics =
        'secret' in credentials
          ? downTopic(credentials.nodeId, channel)
          : branchOf(credentials.nodeId, 'down');
      client.subscribe(topics, { qos: 1 }, (error, granted, answer) => {
        if (error || granted?.some(({ qos }) => qos !== 1)) {
          // Without an answer the connection ended before there was one.
          if (!error || answer)
            logger.error('the broker refuses what it has for this node', { channel, url });
          client.end(true);
          return;
        }
        isUp = true;
        this.#live.set(channel, { client, window });
        this.#options.onChange?.(channel, true);
      });
    });
    client.on('error', ({ message }) => logger.warn('the connection failed', { channel, url, message }));
    return new Promise((resolve) => {
      client.once('close', () => {
        window.close();
        this.#clients.delete(client);
        client.end(true);
        if (this.#live.get(channel)?.client === client) this.#live.delete(channel);
        if (isUp) this.#options.onChange?.(channel, false);
        resolve(isUp);
      });
    });
  }

  #settings(channel: Channel, url: string): mqtt.IClientOptions {
    const { credentials, authorityPem } = this.#options;
    const { nodeId } = credentials;
    const proof =
      'secret' in credentials
        ? { username: nodeId, password: credentials.secret, clientId: clientIdOf({ nodeId, channel }) }
        : {
            // The client would take any address for one with TLS.
            ...(isEncrypted(url) && { cert: credentials.certificatePem, key: credentials.privateKeyPem }),
            clientId: clientIdOf({ nodeId }),
          };
    return {
      ...proof,
      ...(authorityPem !== undefined && { ca: authorityPem }),
      protocolVersion: 4,
      // What was on its way here when the connection broke comes again.
      clean: false,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic: upTopic(nodeId, channel), payload: GONE, qos: 1, retain: false },
    };
  }

  async #take(channel: Channel, frame: Uint8Array): Promise<void> {
    try {
      await this.#options.onFrame(channel, frame);
    } catch (error) {
      // Custody, not the broker, sees to it that what was lost comes again.
      this.#options.logger.error('a frame could not be taken', { channel, error: String(error) });
    }
  }
}

const isEncrypted = (url: string): boolean => ['mqtts:', 'wss:'].includes(new URL(url).protocol);

function checkUrl(channel: Channel, url: string): void {
  if (URL.canParse(url) && PROTOCOLS.includes(new URL(url).protocol)) return;
  throw new InvalidInput(
    `"${url}" is no address of a broker for the ${channel} channel.`,
    'Give such as wss://host.example.org/mqtt or mqtts://host.example.org:8883.',
  );
}

const down = (nodeId: string, channel: Channel): LinkDown =>
  new LinkDown(
    `Nothing leads to "${nodeId}" over the ${channel} channel now.`,
    'Wait until it is connected, or send over another channel.',
  );
