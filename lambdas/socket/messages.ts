import { expandEventTypes } from '../../core/api/event-types.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { CLIENT_MESSAGES, type SubscribeMessage } from '../../core/api/socket-messages.ts';
import { InvalidInput } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Wanted } from './subscription.ts';

/** The type of what came, if there is such a message. Throws `InvalidInput`. */
export function messageType(value: unknown): keyof typeof CLIENT_MESSAGES {
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

/** What a subscription is to carry. Throws `InvalidInput`. */
export function readWanted({ executionId, types, fromSeq, cursor }: SubscribeMessage): Wanted {
  if (executionId === undefined && fromSeq !== undefined) {
    throw new InvalidInput('"fromSeq" came without "executionId".', 'Name an execution, or give a "cursor".');
  }
  if (executionId !== undefined && cursor !== undefined) {
    throw new InvalidInput('"cursor" came with "executionId".', 'Give "fromSeq" instead.');
  }
  const expanded = expandEventTypes(types);
  return {
    executionId,
    types: expanded && new Set<string>(expanded),
    position: fromSeq === undefined ? cursor : fromSeq - 1,
  };
}
