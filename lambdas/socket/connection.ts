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

export interface Connection {
  /** Takes one text frame, after those before it. Never throws. */
  receive(text: string): void;
  /** The peer is gone. */
  closed(): void;
}

/** One client's messages and subscriptions. */
export function openConnection(
  peer: Peer,
  ports: SocketPorts,
  index: SubscriptionIndex,
  limits: SocketLimits,
): Connection {
  const subscriptions = new Map<string, Subscription>();
  let isOpen = true;
  let unanswered = 0;
  let turn = Promise.resolve();

  function close(code: number, reason: string): void {
    if (!isOpen) return;
    closed();
    peer.close(code, reason);
  }

  function closed(): void {
    isOpen = false;
    for (const id of subscriptions.keys()) drop(id);
  }

  function closeSlow(): void {
    close(
      CLOSE_CODES.slowClient,
      'Reading too slowly: subscribe again from the last seq or cursor that came.',
    );
  }

  function tell(message: ServerMessage): void {
    if (!isOpen) return;
    if (peer.bufferedBytes() > 2 * limits.bufferedBytesMax) closeSlow();
    else peer.send(JSON.stringify(message));
  }

  function tellError(error: unknown, id: string | undefined): void {
    const problem = toProblem(error, '/ws') ?? faultProblem(logFault(ports, error));
    tell({ type: 'error', ...(id !== undefined && { id }), error: problem });
  }

  async function flushed(): Promise<void> {
    const wait = new AbortController();
    const tooLong = ports.clock.sleep(limits.drainMsMax, wait.signal).then(closeSlow, () => undefined);
    await Promise.race([peer.flushed(), tooLong]);
    wait.abort();
  }

  function drop(id: string): void {
    const subscription = subscriptions.get(id);
    if (subscription === undefined) return;
    subscription.end();
    index.remove(subscription);
    subscriptions.delete(id);
  }

  async function catchUp(id: string, subscription: Subscription): Promise<void> {
    try {
      await subscription.replay(ports.reader);
    } catch (error) {
      if (subscriptions.get(id) !== subscription) return;
      drop(id);
      tellError(error, id);
    }
  }

  async function subscribe(message: SubscribeMessage): Promise<void> {
    const { id } = message;
    const wanted = readWanted(message);
    refuseBeyondLimits(id);
    await refuseUnknown(message.executionId);
    if (!isOpen) return;
    const head = `{"type":"event","subscription":${JSON.stringify(id)},`;
    const delivery: Delivery = {
      deliver: (event, cursor) =>
        peer.send(`${head}${cursor === undefined ? '' : `"cursor":${cursor},`}"event":${eventText(event)}}`),
      isFull: () => peer.bufferedBytes() > limits.bufferedBytesMax,
      flushed,
      fellBehind: () => void catchUp(id, subscription),
    };
    const subscription = new Subscription(wanted, delivery);
    subscriptions.set(id, subscription);
    index.add(subscription);
    tell({ type: 'subscribed', id });
    void catchUp(id, subscription);
  }

  function refuseBeyondLimits(id: string): void {
    if (subscriptions.has(id)) {
      throw new Conflict(
        `There is a subscription "${id}" already.`,
        'Unsubscribe it first, or choose another id.',
      );
    }
    if (subscriptions.size < limits.subscriptionsMax) return;
    throw new HttpRefusal(
      429,
      'TooManySubscriptions',
      `This connection has ${limits.subscriptionsMax} subscriptions, which is the limit.`,
      'Unsubscribe one, or subscribe to all executions and choose among the events.',
    );
  }

  async function refuseUnknown(executionId: string | undefined): Promise<void> {
    if (executionId === undefined || (await ports.reader.get(executionId)) !== undefined) return;
    throw new NotFound(`There is no execution "${executionId}".`, 'List them with GET /executions.');
  }

  function unsubscribe(id: string): void {
    if (!subscriptions.has(id)) {
      throw new NotFound(`There is no subscription "${id}".`, didYouMean(id, [...subscriptions.keys()]));
    }
    drop(id);
    tell({ type: 'unsubscribed', id });
  }

  async function answer(text: string): Promise<void> {
    let id: string | undefined;
    try {
      const value = parseJson(text);
      if (isObject(value) && typeof value.id === 'string') id = value.id.slice(0, 100);
      const type = messageType(value);
      const message = parse(CLIENT_MESSAGES[type], value, 'The message');
      if (message.type === 'ping') tell({ type: 'pong' });
      else if (message.type === 'unsubscribe') unsubscribe(message.id);
      else await subscribe(message);
    } catch (error) {
      tellError(error, id);
    }
  }

  return {
    receive: (text) => {
      if (!isOpen) return;
      if (++unanswered > limits.unansweredMax) {
        close(1008, 'Too many messages at once: wait for the answers.');
        return;
      }
      turn = turn.then(() => answer(text)).finally(() => unanswered--);
    },
    closed,
  };
}

function logFault({ ids, logger }: SocketPorts, error: unknown): string {
  const errorId = ids.next('err');
  logger.error('A socket message failed.', {
    errorId,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return errorId;
}
