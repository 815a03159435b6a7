import { expandEventTypes } from '../../core/api/event-types.ts';
import { parseJson } from '../../core/api/json-text.ts';
import { didYouMean } from '../../core/api/nearest.ts';
import { parse } from '../../core/api/parse.ts';
import { faultProblem, type Problem, toProblem } from '../../core/api/problem.ts';
import {
  CLIENT_MESSAGES,
  type ClientMessage,
  type SubscribeMessage,
} from '../../core/api/socket-messages.ts';
import { InvalidInput } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { Logger } from '../../core/task/handler.ts';

export interface Answering {
  /** Does what a message asks for, or throws why not. */
  take: (message: ClientMessage) => Promise<void> | void;
  /** Told why not; `id` is what the message called its subscription. */
  refuse: (error: unknown, id: string | undefined) => Promise<void> | void;
}

/** Reads one text frame and has it answered. */
export async function answer(text: string, { take, refuse }: Answering): Promise<void> {
  let id: string | undefined;
  try {
    const value = parseJson(text);
    if (isObject(value) && typeof value.id === 'string') id = value.id.slice(0, 100);
    await take(parse(CLIENT_MESSAGES[messageType(value)], value, 'The message') as ClientMessage);
  } catch (error) {
    await refuse(error, id);
  }
}

/** Of an error, without what only the host's log may know. */
export function problemOf(
  error: unknown,
  { ids, logger }: { ids: Pick<Ids, 'next'>; logger: Pick<Logger, 'error'> },
): Problem {
  const known = toProblem(error, '/ws');
  if (known !== undefined) return known;
  const errorId = ids.next('err');
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logger.error('A socket message failed.', { errorId, error: text });
  return faultProblem(errorId);
}

/** The type of what came, if there is such a message. Throws `InvalidInput`. */
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

export interface Wanted {
  executionId?: string;
  types?: string[];
  /** The last `seq` (of one execution) or `cursor` (of all) that is not wanted; undefined: only what is new. */
  position?: number;
}

/** What a subscription is to carry. Throws `InvalidInput`. */
export function readWanted({ executionId, types, fromSeq, cursor }: SubscribeMessage): Wanted {
  if (executionId === undefined && fromSeq !== undefined) {
    throw new InvalidInput('"fromSeq" came without "executionId".', 'Name an execution, or give a "cursor".');
  }
  if (executionId !== undefined && cursor !== undefined) {
    throw new InvalidInput('"cursor" came with "executionId".', 'Give "fromSeq" instead.');
  }
  return {
    executionId,
    types: expandEventTypes(types),
    position: fromSeq === undefined ? cursor : fromSeq - 1,
  };
}
