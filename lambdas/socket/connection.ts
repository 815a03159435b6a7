import { expandEventTypes } from '../../core/api/event-types.ts';
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
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { isObject } from '../../core/json.ts';
import { eventText } from './event-text.ts';
import type { Peer, SocketLimits, SocketPorts, SubscriptionIndex } from './socket.ts';
import { Subscription } from './subscription.ts';

export interface Connection {
  /** Takes one text frame. Resolves when it has been answered and its replay, if any, is over; never rejects. */
  receive(text: string): Promise<void>;
  /** The peer is gone. */
  closed(): void;
}

export function openConnection(
  peer: Peer,
  ports: SocketPorts,
  index: SubscriptionIndex,
  limits: SocketLimits,
): Connection {
  const subscriptions = new Map<string, Subscription>();
  let open = true;

  const tell = (message: ServerMessage) => {
    if (open) sendWithin(JSON.stringify(message));
  };

  /** False when the client reads too slowly and was closed. */
  function sendWithin(text: string): boolean {
    if (peer.bufferedBytes() > limits.bufferedBytesMax) {
      close(
        CLOSE_CODES.slowClient,
        'Reading too slowly: subscribe again from the last seq or cursor that came.',
      );
      return false;
    }
    peer.send(text);
    return true;
  }

  function close(code: number, reason: string): void {
    closed();
    peer.close(code, reason);
  }

  function closed(): void {
    open = false;
    for (const subscription of subscriptions.values()) drop(subscription);
    subscriptions.clear();
  }

  function drop(subscription: Subscription): void {
    subscription.end();
    index.remove(subscription);
  }

  async function subscribe(message: SubscribeMessage): Promise<void> {
    const { id, executionId } = message;
    const types = expandEventTypes(message.types);
    const position = startPosition(message);
    if (executionId !== undefined && (await ports.reader.get(executionId)) === undefined) {
      throw new NotFound(`There is no execution "${executionId}".`, 'List them with GET /executions.');
    }
    if (!open) return;
    refuseBeyondLimits(id);
    const head = `{"type":"event","subscription":${JSON.stringify(id)},`;
    const deliver = (event: HoldfastEvent, cursor: number | undefined) =>
      open &&
      sendWithin(`${head}${cursor === undefined ? '' : `"cursor":${cursor},`}"event":${eventText(event)}}`);
    const subscription = new Subscription(
      { executionId, position, types: types && new Set<string>(types) },
      { deliver, flushed: () => peer.flushed() },
    );
    subscriptions.set(id, subscription);
    tell({ type: 'subscribed', id });
    index.add(subscription);
    await subscription.replay(ports.reader);
  }

  function refuseBeyondLimits(id: string): void {
    if (subscriptions.has(id)) {
      throw new Conflict(
        `There is a subscription "${id}" already.`,
        'Unsubscribe it first, or choose another id.',
      );
    }
    if (subscriptions.size >= limits.subscriptionsMax) {
      throw new HttpRefusal(
        429,
        'TooManySubscriptions',
        `This connection has ${limits.subscriptionsMax} subscriptions, which is the limit.`,
        'Unsubscribe one, or subscribe to all executions and choose among the events.',
      );
    }
  }

  function unsubscribe(id: string): void {
    const subscription = subscriptions.get(id);
    if (subscription === undefined) {
      throw new NotFound(`There is no subscription "${id}".`, didYouMean(id, [...subscriptions.keys()]));
    }
    drop(subscription);
    subscriptions.delete(id);
    tell({ type: 'unsubscribed', id });
  }

  async function answer(value: unknown): Promise<void> {
    const type = messageType(value);
    if (type === 'ping') {
      parse(CLIENT_MESSAGES.ping, value, 'The message');
      tell({ type: 'pong' });
    } else if (type === 'unsubscribe') {
      unsubscribe(parse(CLIENT_MESSAGES.unsubscribe, value, 'The message').id);
    } else {
      await subscribe(parse(CLIENT_MESSAGES.subscribe, value, 'The message'));
    }
  }

  return {
    receive: async (text) => {
      let id: string | undefined;
      try {
        const value = parseJson(text);
        if (isObject(value) && typeof value.id === 'string') id = value.id.slice(0, 100);
        await answer(value);
      } catch (error) {
        const problem = toProblem(error, '/ws') ?? faultProblem(logFault(ports, error));
        tell({ type: 'error', ...(id !== undefined && { id }), error: problem });
      }
    },
    closed,
  };
}

/** The last position that isn't wanted; undefined for only what is new. */
function startPosition({ executionId, fromSeq, cursor }: SubscribeMessage): number | undefined {
  if (executionId === undefined && fromSeq !== undefined) {
    throw new InvalidInput('"fromSeq" came without "executionId".', 'Name an execution, or give a "cursor".');
  }
  if (executionId !== undefined && cursor !== undefined) {
    throw new InvalidInput('"cursor" came with "executionId".', 'Give "fromSeq" instead.');
  }
  return fromSeq === undefined ? cursor : fromSeq - 1;
}

function messageType(value: unknown): keyof typeof CLIENT_MESSAGES {
  const known = Object.keys(CLIENT_MESSAGES) as (keyof typeof CLIENT_MESSAGES)[];
  const type = isObject(value) ? value.type : undefined;
  const found = known.find((name) => name === type);
  if (found !== undefined) return found;
  throw new InvalidInput(
    typeof type === 'string'
      ? `There is no message type "${type.slice(0, 100)}".`
      : 'The message has no "type".',
    didYouMean(typeof type === 'string' ? type : '', known),
  );
}

function logFault({ ids, logger }: SocketPorts, error: unknown): string {
  const errorId = ids.next('err');
  logger.error('A socket message failed.', {
    errorId,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return errorId;
}
