/** `Subscriptions` as plainly as they can be said: the model that adapters are compared with, and what use cases are tested on. */
import type { Clock } from '../../core/ports/clock.ts';
import {
  SENDING_MS,
  type StoredConnection,
  type StoredSubscription,
  type SubscriptionRef,
  type Subscriptions,
} from '../../core/ports/subscriptions.ts';
import type { Principal } from '../../core/ports/tickets.ts';

interface Entry {
  subscription: StoredSubscription;
  sender?: string;
  untilMs: number;
  ending: boolean;
}

export class MemorySubscriptions implements Subscriptions {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #connections = new Map<string, Principal>();
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async connect(connectionId: string, principal: Principal): Promise<void> {
    this.#connections.set(connectionId, principal);
  }

  async connection(connectionId: string): Promise<StoredConnection | undefined> {
    const principal = this.#connections.get(connectionId);
    if (principal === undefined) return undefined;
    const entries = [...this.#entries.values()].filter(
      ({ subscription }) => subscription.connectionId === connectionId,
    );
    const subscriptions = entries.map((entry) => ({
      ...entry.subscription,
      abandoned: entry.sender !== undefined && !this.#isLive(entry),
    }));
    return { principal, subscriptions };
  }

  async disconnect(connectionId: string): Promise<void> {
    this.#connections.delete(connectionId);
    for (const [key, { subscription }] of this.#entries)
      if (subscription.connectionId === connectionId) this.#entries.delete(key);
  }

  async add(subscription: StoredSubscription, sender: string): Promise<boolean> {
    const key = keyOf(subscription);
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, {
      subscription: { ...subscription },
      sender,
      untilMs: this.#untilMs(),
      ending: false,
    });
    return true;
  }

  async remove(ref: SubscriptionRef): Promise<'removed' | 'held' | 'missing'> {
    const entry = this.#entries.get(keyOf(ref));
    if (entry === undefined) return 'missing';
    if (this.#isLive(entry)) {
      entry.ending = true;
      return 'held';
    }
    this.#entries.delete(keyOf(ref));
    return 'removed';
  }

  async to(executionId: string | undefined) {
    const found = [...this.#entries.values()].filter(
      ({ subscription }) => subscription.executionId === executionId,
    );
    return found.map(({ subscription: { connectionId, id, types } }) => ({ connectionId, id, types }));
  }

  async hold(ref: SubscriptionRef, sender: string): Promise<StoredSubscription | 'abandoned' | undefined> {
    const entry = this.#entries.get(keyOf(ref));
    if (entry === undefined || entry.ending || this.#isLive(entry)) return undefined;
    if (entry.sender !== undefined) return 'abandoned';
    Object.assign(entry, { sender, untilMs: this.#untilMs() });
    return { ...entry.subscription };
  }

  async advance(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean> {
    const entry = this.#entries.get(keyOf(ref));
    if (entry?.sender !== sender || entry.ending) return false;
    entry.subscription.sent = sent;
    entry.untilMs = this.#untilMs();
    return true;
  }

  async release(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean> {
    const entry = this.#entries.get(keyOf(ref));
    if (entry?.sender !== sender) return false;
    entry.subscription.sent = sent;
    entry.sender = undefined;
    return true;
  }

  /** How many there are, for tests that nothing is left behind. */
  get size(): number {
    return this.#entries.size + this.#connections.size;
  }

  #isLive({ sender, untilMs }: Entry): boolean {
    return sender !== undefined && this.#clock.now() < untilMs;
  }

  #untilMs(): number {
    return this.#clock.now() + SENDING_MS;
  }
}

const keyOf = ({ connectionId, id }: SubscriptionRef): string => JSON.stringify([connectionId, id]);
