import type { Principal } from './tickets.ts';

/** Longer than any message takes to be sent, or given up. */
export const SENDING_MS = 30_000;

export interface SubscriptionRef {
  connectionId: string;
  /** Chosen by the client. */
  id: string;
}

/** What a client wants to hear of, and how far it has. */
export interface StoredSubscription extends SubscriptionRef {
  /** Of all executions unless given. */
  executionId?: string;
  /** Of every type unless given. */
  types?: readonly string[];
  /** Several events may go in one message. */
  batch?: boolean;
  /** The last position sent or passed over: a `seq` of one execution, a cursor of all. */
  sent: number;
  principal: Principal;
}

export interface StoredConnection {
  principal: Principal;
  /** `abandoned`: its sender hasn't been heard of for `SENDING_MS`. */
  subscriptions: (StoredSubscription & { abandoned: boolean })[];
}

/**
 * The subscriptions of connections that outlive any process. To send to one takes holding it, so that senders don't overtake each
 * other; one whose sender died while it held it is `abandoned`: nobody knows what was sent.
 */
export interface Subscriptions {
  /** Keeps a connection. */
  connect(connectionId: string, principal: Principal): Promise<void>;
  connection(connectionId: string): Promise<StoredConnection | undefined>;
  /** Forgets a connection and its subscriptions. Idempotent. */
  disconnect(connectionId: string): Promise<void>;
  /** Keeps a subscription, held by `sender`. False: there is one of this id. */
  add(subscription: StoredSubscription, sender: string): Promise<boolean>;
  /** `held`: not yet, for somebody is sending, who is told to stop. */
  remove(ref: SubscriptionRef): Promise<'removed' | 'held' | 'missing'>;
  /** Who wants to hear of an execution, or of all (undefined); nobody is missing whose `add` has resolved. */
  to(executionId: string | undefined): Promise<(SubscriptionRef & Pick<StoredSubscription, 'types'>)[]>;
  /** Undefined: gone, to be removed, or held by another. */
  hold(ref: SubscriptionRef, sender: string): Promise<StoredSubscription | 'abandoned' | undefined>;
  /** Notes how far it is sent, and holds it for longer. False: to be removed, or no longer held by this sender. */
  advance(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean>;
  /** Notes how far it is sent, and lets go. False: no longer held by this sender. */
  release(ref: SubscriptionRef, sender: string, sent: number): Promise<boolean>;
}
