/** What the table's stream sets off: the log of the execution, the feed over all of them, the bus, metrics; and a second look at what is ready. */
import type { HoldfastEvent } from '../event/event.ts';
import type { Book } from './book.ts';
import {
  DISPATCH_BATCH,
  DISPATCH_EVERY_MS,
  FEED_ENTRY_BYTES,
  METRICS_LINE_BYTES,
  NEWS_ID_BYTES,
  POLL_MS,
  READ_BYTES,
  REPORT_BATCH,
  SEGMENT_BYTES,
  WRITE_BYTES,
} from './footprint.ts';
import { GB } from './requests.ts';
import { eventBytes, packedRecords } from './sizes.ts';
import type { News } from './walk.ts';

/** Events that one PutEvents takes. */
const BUS_BATCH = 10;

const isOnBus = ({ type }: HoldfastEvent): boolean => type.startsWith('execution.');

/** As if nothing else were in the batches: others would share them. Bytes of the items that it leaves, of the log and of the feed. */
export function report(book: Book, news: readonly News[]): { log: number[]; feed: number[] } {
  const log: number[] = [];
  for (const batch of batches(news, POLL_MS, REPORT_BATCH)) {
    const bytes =
      SEGMENT_BYTES +
      packedRecords(batch.length * NEWS_ID_BYTES) +
      packedRecords(batch.reduce((sum, event) => sum + eventBytes(event), 0));
    const published = batch.filter(isOnBus).length;
    book.invoke('report', () => {
      // The newest segment is looked at, the next one written; the feed before and after its own entry; who subscribed to one or all.
      book.request(7);
      book.add('readUnits', Math.ceil(bytes / READ_BYTES) / 2 + 4);
      book.add('writeUnits', Math.ceil(bytes / WRITE_BYTES) + Math.ceil(FEED_ENTRY_BYTES / WRITE_BYTES));
      book.request(Math.ceil(published / BUS_BATCH));
    });
    book.add('busEvents', published);
    book.add('logGb', METRICS_LINE_BYTES / GB);
    log.push(bytes);
  }
  return { log, feed: log.map(() => FEED_ENTRY_BYTES) };
}

/** What is ready when a batch is full, and not taken up in it, is looked at: at most one task a batch, of those that wait little. */
export function lookAgain(book: Book, news: readonly News[]): void {
  for (const _ of batches(news, DISPATCH_EVERY_MS, DISPATCH_BATCH)) {
    book.invoke('dispatch', () => {
      book.request();
      book.add('readUnits', 2);
    });
  }
}

/** What is found at once, a call's worth at a time. */
function batches(news: readonly News[], everyMs: number, length: number): HoldfastEvent[][] {
  const found = new Map<number, HoldfastEvent[]>();
  for (const { atMs, event } of news) {
    const at = Math.floor(atMs / everyMs);
    const together = found.get(at);
    if (together) together.push(event);
    else found.set(at, [event]);
  }
  return [...found.values()].flatMap((events) =>
    Array.from({ length: Math.ceil(events.length / length) }, (_, at) =>
      events.slice(at * length, (at + 1) * length),
    ),
  );
}
