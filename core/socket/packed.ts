import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { HoldfastEvent } from '../event/event.ts';
import type { StoredSubscription } from '../ports/subscriptions.ts';
import { eventsText, eventText, eventWriter } from './event-text.ts';
import type { Placed } from './log-page.ts';

/** Below the 131,072 bytes that API Gateway takes of a message: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const EVENT_BYTES_MAX = 120_000;
/** Messages are metered by 32 KiB. A character is one byte, mostly. */
const BATCH_CHARACTERS = 30_000;

interface Packed {
  text: string;
  /** Of the last event in it. */
  position: number;
}

/** A page of the log as the messages that a subscription gets, without what it doesn't want. */
export function* packed(
  { id, types, batch }: Pick<StoredSubscription, 'id' | 'types' | 'batch'>,
  page: readonly Placed[],
): Generator<Packed> {
  const write = eventWriter(id);
  let events: HoldfastEvent[] = [];
  let characters = 0;
  let last: Placed | undefined;
  const flush = function* (): Generator<Packed> {
    if (last === undefined) return;
    const { position, cursor } = last;
    const text = events.length === 1 ? write(events[0]!, cursor) : eventsText(id, events, cursor);
    yield { text, position };
    events = [];
    characters = 0;
    last = undefined;
  };
  for (const placed of page) {
    if (types !== undefined && !types.includes(placed.event.type)) continue;
    const event = fitting(placed.event);
    const { length } = eventText(event);
    if (!batch || characters + length > BATCH_CHARACTERS) yield* flush();
    events.push(event);
    characters += length;
    last = placed;
  }
  yield* flush();
}

/** An event too large for a message goes without its data, which the log has. */
function fitting(event: HoldfastEvent): HoldfastEvent {
  const text = eventText(event);
  if (text.length <= EVENT_BYTES_MAX / 3) return event;
  const sizeBytes = utf8ToBytes(text).length;
  if (sizeBytes <= EVENT_BYTES_MAX) return event;
  const { executionId, seq } = event;
  const omitted = `${sizeBytes} bytes: GET /executions/${executionId}/events?afterSeq=${seq - 1}&limit=1`;
  return { ...event, data: { omitted } };
}
