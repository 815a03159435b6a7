/** The event socket's protocol where somebody else holds the sockets and no process lives as long as they do. */
import type { ClientMessage, SubscribeMessage } from '../../core/api/socket-messages.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { EventPositions } from '../../core/ports/event-positions.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { StoredConnection, Subscriptions } from '../../core/ports/subscriptions.ts';
import type { Principal } from '../../core/ports/tickets.ts';
import type { Push } from '../../core/socket/push.ts';
import { hasExpired, sessionExpired, sessionLost } from '../../core/socket/session.ts';
import type { Logger } from '../../core/task/handler.ts';
import { answer, problemOf, readWanted } from './messages.ts';
import {
  knownSubscription,
  SUBSCRIPTIONS_MAX,
  tooManySubscriptions,
  unknownExecution,
  unknownSubscription,
} from './refusals.ts';

export interface StoredSocketPorts {
  subscriptions: Subscriptions;
  push: Push;
  executions: Pick<ExecutionStore, 'get'>;
  positions: EventPositions;
  clock: Clock;
  ids: Pick<Ids, 'next'>;
  logger: Pick<Logger, 'error'>;
}

export interface StoredSocket {
  /** A client was let in. */
  connect(connectionId: string, principal: Principal): Promise<void>;
  /** Answers one text frame of a client. */
  message(connectionId: string, text: string): Promise<void>;
  /** A client is gone. */
  disconnect(connectionId: string): Promise<void>;
}

/** Between looks whether a sender has let go. */
const LOOK_AGAIN_MS = 50;

export function createStoredSocket(
  ports: StoredSocketPorts,
  subscriptionsMax = SUBSCRIPTIONS_MAX,
): StoredSocket {
  const { subscriptions, push, executions, positions, clock, ids } = ports;

  async function message(connectionId: string, text: string): Promise<void> {
    const connection = await subscriptions.connection(connectionId);
    if (connection === undefined) return push.drop(connectionId, sessionLost());
    if (hasExpired(connection.principal, clock.now())) return push.drop(connectionId, sessionExpired());
    await answer(text, {
      take: (taken) => take(connectionId, connection, taken),
      refuse: (error, id) =>
        push.tell(connectionId, {
          type: 'error',
          ...(id !== undefined && { id }),
          error: problemOf(error, ports),
        }),
    });
  }

  async function take(connectionId: string, connection: StoredConnection, taken: ClientMessage) {
    if (taken.type === 'subscribe') return subscribe(connectionId, connection, taken);
    if (taken.type === 'unsubscribe') return unsubscribe(connectionId, connection, taken.id);
    // Clients ping: whoever waits for the events of a sender that died finds out by it.
    if (connection.subscriptions.some(({ abandoned }) => abandoned))
      return push.drop(connectionId, sessionLost());
    await push.tell(connectionId, { type: 'pong' });
  }

  async function subscribe(connectionId: string, connection: StoredConnection, asked: SubscribeMessage) {
    const { id, executionId, batch } = asked;
    const { types, position } = readWanted(asked);
    const { principal } = connection;
    if (connection.subscriptions.some((known) => known.id === id)) throw knownSubscription(id);
    if (connection.subscriptions.length >= subscriptionsMax) throw tooManySubscriptions(subscriptionsMax);
    if (executionId !== undefined && (await executions.get(executionId)) === undefined)
      throw unknownExecution(executionId);
    const sent = position ?? (await positions.newest(executionId));
    const subscription = { connectionId, id, executionId, types, batch, sent, principal };
    const sender = ids.next('send');
    // Held from the beginning, so that no event overtakes the answer.
    if (!(await subscriptions.add(subscription, sender))) throw knownSubscription(id);
    try {
      await push.tell(connectionId, { type: 'subscribed', id });
      await push.catchUp(subscription, sender);
    } catch (error) {
      await subscriptions.remove(subscription);
      throw error;
    }
  }

  async function unsubscribe(connectionId: string, connection: StoredConnection, id: string) {
    for (;;) {
      const outcome = await subscriptions.remove({ connectionId, id });
      if (outcome === 'removed') return push.tell(connectionId, { type: 'unsubscribed', id });
      if (outcome === 'missing')
        throw unknownSubscription(
          id,
          connection.subscriptions.map((known) => known.id),
        );
      await clock.sleep(LOOK_AGAIN_MS);
    }
  }

  return {
    message,
    connect: (connectionId, principal) => subscriptions.connect(connectionId, principal),
    disconnect: (connectionId) => subscriptions.disconnect(connectionId),
  };
}
