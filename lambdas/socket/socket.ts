/** The event socket's protocol (`core/api/socket-messages.ts`) for sockets held by this process, whatever carries the frames. */
import type { CommittedEvent, CommittedEvents } from '../../core/api/committed-events.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionReader } from '../../core/ports/execution-store.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { Principal } from '../../core/ports/tickets.ts';
import type { Logger } from '../../core/task/handler.ts';
import { Connection } from './connection.ts';
import { SUBSCRIPTIONS_MAX } from './refusals.ts';
import type { Subscription } from './subscription.ts';

/** The other end, as the carrier sees it. */
export interface Peer {
  /** Sends one text frame; must not throw. */
  send(text: string): void;
  /** Bytes accepted by `send` that have not left. */
  bufferedBytes(): number;
  /** Resolves when all that was sent has left, or the peer is gone. */
  flushed(): Promise<void>;
  close(code: number, reason: string): void;
}

export interface SocketPorts {
  reader: Pick<ExecutionReader, 'get' | 'events' | 'feed'>;
  committed: CommittedEvents;
  clock: Clock;
  ids: Pick<Ids, 'next'>;
  logger: Pick<Logger, 'error'>;
}

export interface SocketLimits {
  /** Of one connection. @default 100 */
  subscriptionsMax: number;
  /** A client with more unsent bytes than this gets its events from the log, as fast as it takes them. @default 1 MiB */
  bufferedBytesMax: number;
  /** A client that doesn't take those bytes within this time is closed. @default 10 s */
  drainMsMax: number;
  /** Messages of one connection that wait for an answer. @default 200 */
  unansweredMax: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  subscriptionsMax: SUBSCRIPTIONS_MAX,
  bufferedBytesMax: 1024 * 1024,
  drainMsMax: 10_000,
  unansweredMax: 200,
};

export interface Socket {
  connect(peer: Peer, principal: Principal): Connection;
  /** Stops listening to the feed. */
  close(): void;
}

export function createSocket(ports: SocketPorts, limits: Partial<SocketLimits> = {}): Socket {
  const subscriptions = new SubscriptionIndex();
  const stop = ports.committed.onCommitted((events) => subscriptions.offer(events));
  return {
    connect: (peer, principal) =>
      new Connection(peer, principal, ports, subscriptions, { ...SOCKET_LIMITS, ...limits }),
    close: stop,
  };
}

/** Finds the subscriptions that an event is for without asking every one. */
export class SubscriptionIndex {
  readonly #all = new Set<Subscription>();
  readonly #byExecution = new Map<string, Set<Subscription>>();

  add(subscription: Subscription): void {
    const { executionId } = subscription;
    if (executionId === undefined) this.#all.add(subscription);
    else {
      const of = this.#byExecution.get(executionId) ?? new Set();
      this.#byExecution.set(executionId, of.add(subscription));
    }
  }

  remove(subscription: Subscription): void {
    const { executionId } = subscription;
    this.#all.delete(subscription);
    if (executionId === undefined) return;
    const of = this.#byExecution.get(executionId);
    of?.delete(subscription);
    if (of?.size === 0) this.#byExecution.delete(executionId);
  }

  offer(events: readonly CommittedEvent[]): void {
    if (this.#all.size === 0 && this.#byExecution.size === 0) return;
    for (const { event, cursor } of events) {
      for (const subscription of this.#all) subscription.offer(event, cursor);
      const of = this.#byExecution.get(event.executionId);
      if (of !== undefined) for (const subscription of of) subscription.offer(event, cursor);
    }
  }
}
