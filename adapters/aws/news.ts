/**
 * What the table's stream tells. A write that something is to be told of leaves its events in the item, so the stream's image
 * of the item carries them: committing is announcing.
 */
import { PayloadTooLarge } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import type { ExecutionStatus } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type { TaskCounts } from '../../core/ports/execution-store.ts';
import { executionIdOf, META } from './keys.ts';
import { type Packed, packText, parsePacked } from './text.ts';

/** How an execution stands. */
export interface Stand {
  status: ExecutionStatus;
  /** Its tasks, once it has ended. */
  counts?: TaskCounts;
}

/** What one write told. */
export interface News {
  executionId: string;
  /** The item and its version: the same for the same write, however often the stream delivers it. */
  id: string;
  /** Sorts by the order of the stream. */
  order: string;
  events: NewEvent[];
  /** How the execution stands after it, where the write was its own. */
  stand?: Stand;
}

/** An attribute as a Lambda function or the SDK gets it from the stream. */
export interface StreamAttribute {
  S?: string;
  N?: string;
  B?: string | Uint8Array;
  M?: Record<string, StreamAttribute>;
}
export type StreamImage = Record<string, StreamAttribute>;

/** Event filters of Lambda for the records that `newsOf` understands. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html */
export const NEWS_PATTERNS = ['S', 'B'].map((type) => ({
  dynamodb: { NewImage: { news: { [type]: [{ exists: true }] } } },
}));

/**
 * The same for `startableOf` of `outbox.ts`: whatever becomes of tasks that wait for nobody, and of executions. What takes something
 * up is among them, so that most of what was ready needs no look at the table.
 */
export const DISPATCH_PATTERNS = [
  { eventName: ['MODIFY'], dynamodb: { NewImage: { remaining: { N: ['0'] } } } },
  { dynamodb: { NewImage: { sk: { S: [META] } } } },
];

/** Event filters of Lambda for the deletions that come of `expires`. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
export const EXPIRED_PATTERNS = [
  {
    eventName: ['REMOVE'],
    userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
    dynamodb: { Keys: { sk: { S: [META] } } },
  },
];

/** Of an item's 400 KB, with room for what stands beside. */
const NEWS_BYTES_MAX = 256 * 1024;
/** Longer than any sequence number of a stream. */
const ORDER_DIGITS = 40;

/** The attribute that tells of `events`. Errors: `InvalidInput` for what JSON can not hold, `PayloadTooLarge`. */
export function newsAttribute(events: readonly NewEvent[]): Packed | undefined {
  if (events.length === 0) return undefined;
  const packed = packText(toJson(events, 'events')!);
  const bytes = Buffer.byteLength(packed);
  if (bytes <= NEWS_BYTES_MAX) return packed;
  throw new PayloadTooLarge(
    `What the events of this change carry takes ${bytes} bytes, compressed; the limit is ${NEWS_BYTES_MAX}.`,
    'Keep the data elsewhere and pass its address.',
  );
}

/** Tells how the execution stands, and of no event. */
export const NO_EVENTS = '[]';

/** What a record's new image tells; undefined for most. */
export function newsOf(image: StreamImage, sequenceNumber: string): News | undefined {
  const executionId = executionIdOf(image.pk?.S ?? '');
  const sk = image.sk?.S ?? '';
  const news = image.news;
  if (executionId === undefined || !news) return undefined;
  const text = news.S ?? (typeof news.B === 'string' ? Buffer.from(news.B, 'base64') : news.B!);
  return {
    executionId,
    id: `${sk}#${image.rev?.N ?? '1'}`,
    order: sequenceNumber.padStart(ORDER_DIGITS, '0'),
    events: parsePacked<NewEvent[]>(text),
    stand: sk === META ? standOf(image) : undefined,
  };
}

function standOf({ status, counts }: StreamImage): Stand {
  const entries = Object.entries(counts?.M ?? {}).map(([name, { N }]) => [name, Number(N)]);
  return {
    status: status!.S as ExecutionStatus,
    counts: counts?.M && (Object.fromEntries(entries) as TaskCounts),
  };
}
