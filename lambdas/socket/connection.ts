import {
  CLOSE_CODES,
  type ClientMessage,
  type ServerMessage,
  type SubscribeMessage,
} from '../../core/api/socket-messages.ts';
import type { Principal } from '../../core/ports/tickets.ts';
import { eventWriter } from '../../core/socket/event-text.ts';
import { hasExpired, sessionExpired } from '../../core/socket/session.ts';
import { answer, problemOf, readWanted } from './messages.ts';
import {
  knownSubscription,
  tooManySubscriptions,
  unknownExecution,
  unknownSubscription,
} from './refusals.ts';
import type { Peer, SocketLimits, SocketPorts, SubscriptionIndex } from './socket.ts';
import { type Delivery, Subscription } from './subscription.ts';

/** One client's messages and subscriptions. */
export class Connection {
  readonly #peer: Peer;
  readonly #principal: Principal;
  readonly #ports: SocketPorts;
  readonly #index: SubscriptionIndex;
  readonly #limits: SocketLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  #isOpen = true;
  #unanswered = 0;
  #turn = Promise.resolve();

  constructor(
    peer: Peer,
    principal: Principal,
    ports: SocketPorts,
    index: SubscriptionIndex,
    limits: SocketLimits,
  ) {
    this.#peer = peer;
    this.#principal = principal;
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
    if (!this.#isOpen || this.#closesExpired()) return;
    await answer(text, {
      take: (message) => this.#take(message),
      refuse: (error, id) => this.#tellError(error, id),
    });
  }

  async #take(message: ClientMessage): Promise<void> {
    if (message.type === 'ping') this.#tell({ type: 'pong' });
    else if (message.type === 'unsubscribe') this.#unsubscribe(message.id);
    else await this.#subscribe(message);
  }

  async #subscribe(message: SubscribeMessage): Promise<void> {
    const { id, executionId } = message;
    const wanted = readWanted(message);
    this.#refuseBeyondLimits(id);
    if (executionId !== undefined && (await this.#ports.reader.get(executionId)) === undefined) {
      throw unknownExecution(executionId);
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
    if (!this.#subscriptions.has(id)) throw unknownSubscription(id, this.#subscriptions.keys());
    this.#drop(id);
    this.#tell({ type: 'unsubscribed', id });
  }

  #refuseBeyondLimits(id: string): void {
    const { subscriptionsMax } = this.#limits;
    if (this.#subscriptions.has(id)) throw knownSubscription(id);
    if (this.#subscriptions.size >= subscriptionsMax) throw tooManySubscriptions(subscriptionsMax);
  }

  #delivery(id: string, fellBehind: () => void): Delivery {
    const write = eventWriter(id);
    return {
      deliver: (event, cursor) => {
        if (!this.#closesExpired()) this.#peer.send(write(event, cursor));
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
    const problem = problemOf(error, this.#ports);
    this.#tell({ type: 'error', ...(id !== undefined && { id }), error: problem });
  }

  /** True when what the connection was opened with has expired. */
  #closesExpired(): boolean {
    const { expiresMs } = this.#principal;
    if (expiresMs === undefined || !hasExpired(this.#principal, this.#ports.clock.now())) return false;
    const refusal = sessionExpired();
    this.#tellError(refusal, undefined);
    this.#close(CLOSE_CODES.sessionExpired, refusal.message);
    return true;
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
