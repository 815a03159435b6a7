import { parseJson } from '../../core/api/json-text.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { parse } from '../../core/api/parse.ts';
import { faultProblem, HttpRefusal, toProblem } from '../../core/api/problem.ts';
import {
  CLIENT_MESSAGES,
  CLOSE_CODES,
  type ServerMessage,
  type SubscribeMessage,
} from '../../core/api/socket-messages.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { eventText } from './event-text.ts';
import { messageType, readWanted } from './messages.ts';
import type { Peer, SocketLimits, SocketPorts, SubscriptionIndex } from './socket.ts';
import { type Delivery, Subscription } from './subscription.ts';

/** One client's messages and subscriptions. */
export class Connection {
  readonly #peer: Peer;
  readonly #ports: SocketPorts;
  readonly #index: SubscriptionIndex;
  readonly #limits: SocketLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  #isOpen = true;
  #unanswered = 0;
  #turn = Promise.resolve();

  constructor(peer: Peer, ports: SocketPorts, index: SubscriptionIndex, limits: SocketLimits) {
    this.#peer = peer;
    this.#ports = ports;
    this.#index = index;
    this.#limits = limits;
  }

  /** Takes one text frame, to be answered after those before it. Never throws. */
  receive(text: string): void {
    if (!this.#isOpen) return;
    if (++this.#unanswered > this.#limits.unansweredMax) {
      return this.#close(1008, 'Too many messages at once: wait for the answers.');
    }
    this.#turn = this.#turn.then(() => this.#answer(text)).finally(() => this.#unanswered--);
  }

  /** The peer is gone. */
  closed(): void {
    this.#isOpen = false;
    for (const id of this.#subscriptions.keys()) this.#drop(id);
  }

  async #answer(text: string): Promise<void> {
    if (!this.#isOpen) return;
    let id: string | undefined;
    try {
      const value = parseJson(text);
      if (isObject(value) && typeof value.id === 'string') id = value.id.slice(0, 100);
      const message = parse(CLIENT_MESSAGES[messageType(value)], value, 'The message');
      if (message.type === 'ping') this.#tell({ type: 'pong' });
      else if (message.type === 'unsubscribe') this.#unsubscribe(message.id);
      else await this.#subscribe(message);
    } catch (error) {
      this.#tellError(error, id);
    }
  }

  async #subscribe(message: SubscribeMessage): Promise<void> {
    const { id, executionId } = message;
    const wanted = readWanted(message);
    this.#refuseBeyondLimits(id);
    if (executionId !== undefined && (await this.#ports.reader.get(executionId)) === undefined) {
      throw new NotFound(`There is no execution "${executionId}".`, 'List them with GET /executions.');
    }
    if (!this.#isOpen) return;
    const subscription: Subscription = new Subscription(
      wanted,
      this.#delivery(id, () => void this.#catchUp(id, subscription)),
    );
    this.#subscriptions.set(id, subscription);
    this.#index.add(subscription);
    this.#tell({ type: 'subscribed', id });
    void this.#catchUp(id, subscription);
  }

  #unsubscribe(id: string): void {
    if (!this.#subscriptions.has(id)) {
      throw new NotFound(
        `There is no subscription "${id}".`,
        didYouMean(id, [...this.#subscriptions.keys()]),
      );
    }
    this.#drop(id);
    this.#tell({ type: 'unsubscribed', id });
  }

  #refuseBeyondLimits(id: string): void {
    const { subscriptionsMax } = this.#limits;
    if (this.#subscriptions.has(id)) {
      throw new Conflict(
        `There is a subscription "${id}" already.`,
        'Unsubscribe it first, or choose another id.',
      );
    }
    if (this.#subscriptions.size < subscriptionsMax) return;
    throw new HttpRefusal(
      429,
      'TooManySubscriptions',
      `This connection has ${subscriptionsMax} subscriptions, which is the limit.`,
      'Unsubscribe one, or subscribe to all executions and choose among the events.',
    );
  }

  #delivery(id: string, fellBehind: () => void): Delivery {
    const head = `{"type":"event","subscription":${JSON.stringify(id)},`;
    return {
      deliver: (event, cursor) => {
        const place = cursor === undefined ? '' : `"cursor":${cursor},`;
        this.#peer.send(`${head}${place}"event":${eventText(event)}}`);
      },
      isFull: () => this.#peer.bufferedBytes() > this.#limits.bufferedBytesMax,
      flushed: () => this.#flushed(),
      fellBehind,
    };
  }

  async #catchUp(id: string, subscription: Subscription): Promise<void> {
    try {
      await subscription.replay(this.#ports.reader);
    } catch (error) {
      if (this.#subscriptions.get(id) !== subscription) return;
      this.#drop(id);
      this.#tellError(error, id);
    }
  }

  /** Waits for the client to take what was sent, and closes it when it doesn't. */
  async #flushed(): Promise<void> {
    const wait = new AbortController();
    const tooLong = this.#ports.clock.sleep(this.#limits.drainMsMax, wait.signal).then(
      () => this.#closeSlow(),
      () => undefined,
    );
    await Promise.race([this.#peer.flushed(), tooLong]);
    wait.abort();
  }

  #tell(message: ServerMessage): void {
    if (!this.#isOpen) return;
    if (this.#peer.bufferedBytes() > 2 * this.#limits.bufferedBytesMax) this.#closeSlow();
    else this.#peer.send(JSON.stringify(message));
  }

  #tellError(error: unknown, id: string | undefined): void {
    const problem = toProblem(error, '/ws') ?? faultProblem(this.#logFault(error));
    this.#tell({ type: 'error', ...(id !== undefined && { id }), error: problem });
  }

  #logFault(error: unknown): string {
    const errorId = this.#ports.ids.next('err');
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#ports.logger.error('A socket message failed.', { errorId, error: text });
    return errorId;
  }

  #closeSlow(): void {
    this.#close(
      CLOSE_CODES.slowClient,
      'Reading too slowly: subscribe again from the last seq or cursor that came.',
    );
  }

  #close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.closed();
    this.#peer.close(code, reason);
  }

  #drop(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return;
    subscription.end();
    this.#index.remove(subscription);
    this.#subscriptions.delete(id);
  }
}
