/**
 * Subscriptions in the table:
 *
 * | pk | sk | holds |
 * |---|---|---|
 * | `CONN#<connection>` | `C` | who it is |
 * | `CONN#<connection>` | `S#<id>` | a subscription: how far it is sent, and who sends now |
 * | `SUB#<execution>`, or `SUB` for all | `<connection>#<id>` | where to find who wants to hear of it |
 *
 * What no `$disconnect` told of is deleted some time after API Gateway has closed the connection by itself.
 */
import type { Clock } from '../../core/ports/clock.ts';
import {
  SENDING_MS,
  type StoredConnection,
  type StoredSubscription,
  type SubscriptionRef,
  type Subscriptions,
} from '../../core/ports/subscriptions.ts';
import type { Principal } from '../../core/ports/tickets.ts';
import { eachOf } from '../../core/side-by-side.ts';
import type { ItemTable, Key, Update } from './item-table.ts';

/** No connection lasts longer than two hours: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const KEPT_SECONDS = 3 * 3600;
const DELETES_AT_ONCE = 16;

interface ConnectionItem extends Key {
  principal: Principal;
}

interface SubscriptionItem extends Key, StoredSubscription {
  /** Who sends now, until when unless heard of. */
  sender?: string;
  untilMs?: number;
  /** To be removed once nobody sends. */
  ending?: boolean;
}

interface Pointer extends Key, SubscriptionRef {
  types?: string[];
}

export class DynamoSubscriptions implements Subscriptions {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#clock = clock;
  }

  async connect(connectionId: string, principal: Principal): Promise<void> {
    const item = { pk: connectionPk(connectionId), sk: 'C', principal: { ...principal } };
    await this.#table.put({ ...item, expires: this.#expires() });
  }

  async connection(connectionId: string): Promise<StoredConnection | undefined> {
    const items = await this.#all(connectionId);
    const connection = items.find((item): item is ConnectionItem => item.sk === 'C');
    if (connection === undefined) return undefined;
    const subscriptions = items
      .filter(isSubscription)
      .map((item) => ({ ...subscriptionOf(item), abandoned: this.#isAbandoned(item) }));
    return { principal: connection.principal, subscriptions };
  }

  async disconnect(connectionId: string): Promise<void> {
    const items = await this.#all(connectionId);
    await eachOf(items.filter(isSubscription), DELETES_AT_ONCE, async (item) => {
      await this.#table.delete(pointerKey(item));
      await this.#table.delete({ pk: item.pk, sk: item.sk });
    });
    await this.#table.delete({ pk: connectionPk(connectionId), sk: 'C' });
  }

  async add(subscription: StoredSubscription, sender: string): Promise<boolean> {
    const { connectionId, id, types, principal, ...rest } = subscription;
    const expires = this.#expires();
    const { applied } = await this.#table.insert({
      ...subscriptionKey(subscription),
      ...rest,
      connectionId,
      id,
      types: types && [...types],
      principal: { ...principal },
      sender,
      untilMs: this.#untilMs(),
      expires,
    });
    if (!applied) return false;
    // Afterwards: whoever finds it finds what it points to.
    await this.#table.put({
      ...pointerKey(subscription),
      connectionId,
      id,
      types: types && [...types],
      expires,
    });
    return true;
  }

  async remove(ref: SubscriptionRef): Promise<'removed' | 'held' | 'missing'> {
    const key = subscriptionKey(ref);
    const item = await this.#table.get<SubscriptionItem>(key);
    if (item === undefined) return 'missing';
    const isFree = await this.#table.delete(key, {
      that: 'attribute_not_exists(#sender) OR #untilMs <= :now',
      values: { now: this.#clock.now() },
    });
    if (isFree) {
      await this.#table.delete(pointerKey(item));
      return 'removed';
    }
    await this.#update(ref, { set: { ending: true }, only: { that: 'attribute_exists(#pk)' } });
    return 'held';
  }

  async to(executionId: string | undefined) {
    const found = await this.#table.query<Pointer>({ pk: pointersPk(executionId), consistent: true });
    return found.map(({ connectionId, id, types }) => ({ connectionId, id, types }));
  }

  async hold(ref: SubscriptionRef, sender: string): Promise<StoredSubscription | 'abandoned' | undefined> {
    const { applied, item } = await this.#update(ref, {
      set: { sender, untilMs: this.#untilMs() },
      only: {
        that: 'attribute_exists(#pk) AND attribute_not_exists(#sender) AND attribute_not_exists(#ending)',
      },
    });
    if (item === undefined) return undefined;
    if (applied) return subscriptionOf(item);
    return item.ending !== true && this.#isAbandoned(item) ? 'abandoned' : undefined;
  }

  async advance(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean> {
    const { applied } = await this.#update(ref, {
      set: { sent, untilMs: this.#untilMs() },
      only: { that: '#sender = :me AND attribute_not_exists(#ending)', values: { me: sender } },
    });
    return applied;
  }

  async release(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean> {
    const { applied } = await this.#update(ref, {
      set: { sent, sender: undefined, untilMs: undefined },
      only: { that: '#sender = :me', values: { me: sender } },
    });
    return applied;
  }

  #all(connectionId: string): Promise<(ConnectionItem | SubscriptionItem)[]> {
    return this.#table.query({ pk: connectionPk(connectionId), consistent: true });
  }

  #update(ref: SubscriptionRef, update: Omit<Update, 'key'>) {
    return this.#table.update<SubscriptionItem>({ key: subscriptionKey(ref), ...update });
  }

  #isAbandoned({ sender, untilMs = 0 }: SubscriptionItem): boolean {
    return sender !== undefined && untilMs <= this.#clock.now();
  }

  #untilMs(): number {
    return this.#clock.now() + SENDING_MS;
  }

  #expires(): number {
    return Math.ceil(this.#clock.now() / 1000) + KEPT_SECONDS;
  }
}

const SUBSCRIPTION = 'S#';
const connectionPk = (connectionId: string): string => `CONN#${connectionId}`;
const subscriptionKey = ({ connectionId, id }: SubscriptionRef): Key => ({
  pk: connectionPk(connectionId),
  sk: SUBSCRIPTION + id,
});
const pointersPk = (executionId: string | undefined): string =>
  executionId === undefined ? 'SUB' : `SUB#${executionId}`;
const pointerKey = ({ connectionId, id, executionId }: StoredSubscription): Key => ({
  pk: pointersPk(executionId),
  sk: `${connectionId}#${id}`,
});

const isSubscription = (item: Key): item is SubscriptionItem => item.sk.startsWith(SUBSCRIPTION);

function subscriptionOf(item: SubscriptionItem): StoredSubscription {
  const { connectionId, id, executionId, types, batch, sent, principal } = item;
  return { connectionId, id, executionId, types, batch, sent, principal };
}
