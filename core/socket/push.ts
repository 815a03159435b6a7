import type { CommittedEvent } from '../api/committed-events.ts';
import { type HttpRefusal, toProblem } from '../api/problem.ts';
import type { ServerMessage } from '../api/socket-messages.ts';
import type { Connections } from '../ports/connections.ts';
import type { Ids } from '../ports/ids.ts';
import type { StoredSubscription, SubscriptionRef, Subscriptions } from '../ports/subscriptions.ts';
import { sideBySide } from '../side-by-side.ts';
import type { Logger } from '../task/handler.ts';
import { type SendingPorts, sendHeld } from './sending.ts';
import { sessionExpired } from './session.ts';

export interface PushPorts extends SendingPorts {
  subscriptions: Subscriptions;
  connections: Connections;
  ids: Pick<Ids, 'next'>;
  logger: Pick<Logger, 'warn'>;
}

/**
 * Sends events to clients whose sockets are held elsewhere, in order, without gap or duplicate. Where it can't be known whether a
 * message arrived (a sender died, a post was not answered) the connection is closed: its client comes back and says how far it got.
 */
export interface Push {
  /** Sends what was appended to whoever subscribed. Rejects when the store can't be asked, never for a client's sake. */
  news(committed: readonly CommittedEvent[]): Promise<void>;
  /** Sends whatever follows `sent` to a subscription that `sender` holds. */
  catchUp(subscription: StoredSubscription, sender: string): Promise<void>;
  /** Sends one message of the protocol; a client that is gone is forgotten. */
  tell(connectionId: string, message: ServerMessage): Promise<void>;
  /** Closes a connection and forgets its subscriptions, after telling why where there is a reason. Never rejects. */
  drop(connectionId: string, reason?: HttpRefusal): Promise<void>;
}

export function createPush(ports: PushPorts): Push {
  const { subscriptions, connections, ids, logger } = ports;

  async function news(committed: readonly CommittedEvent[]): Promise<void> {
    if (committed.length === 0) return;
    const byExecution = Map.groupBy(committed, ({ event }) => event.executionId);
    const found = await Promise.all([
      wanting(undefined, committed),
      ...[...byExecution].map(([executionId, events]) => wanting(executionId, events)),
    ]);
    await sideBySide(found.flat(), send);
  }

  /** Who subscribed to any of these: to pass over the others costs less than to find nothing for them. */
  async function wanting(executionId: string | undefined, events: readonly CommittedEvent[]) {
    const came = new Set<string>(events.map(({ event }) => event.type));
    const all = await subscriptions.to(executionId);
    return all.filter(({ types }) => types === undefined || types.some((type) => came.has(type)));
  }

  async function send(ref: SubscriptionRef): Promise<void> {
    const sender = ids.next('send');
    const held = await subscriptions.hold(ref, sender);
    // Whoever holds it looks at the log again after letting go.
    if (held === undefined) return;
    if (held === 'abandoned') return drop(ref.connectionId);
    await catchUp(held, sender);
  }

  async function catchUp(subscription: StoredSubscription, sender: string): Promise<void> {
    const { connectionId, id } = subscription;
    const outcome = await sendHeld(ports, subscription, sender);
    if (outcome === 'more') await send({ connectionId, id });
    else if (outcome === 'gone') await subscriptions.disconnect(connectionId);
    else if (outcome === 'expired') await drop(connectionId, sessionExpired());
    else if (outcome === 'unknown') await drop(connectionId);
  }

  async function tell(connectionId: string, message: ServerMessage): Promise<void> {
    const isThere = await connections.post(connectionId, JSON.stringify(message));
    if (!isThere) await subscriptions.disconnect(connectionId);
  }

  async function drop(connectionId: string, reason?: HttpRefusal): Promise<void> {
    try {
      if (reason !== undefined) await tellWhy(connectionId, reason);
      await connections.disconnect(connectionId);
      await subscriptions.disconnect(connectionId);
    } catch (error) {
      // What is still held of it is found abandoned later.
      logger.warn('A connection could not be closed.', { connectionId, error: String(error) });
    }
  }

  async function tellWhy(connectionId: string, reason: HttpRefusal): Promise<void> {
    const message = { type: 'error', error: toProblem(reason, '/ws')! } as const;
    // It is closed all the same.
    await tell(connectionId, message).catch(() => undefined);
  }

  return { news, catchUp, tell, drop };
}
