import type { Book } from './book.ts';
import { ACCESS_LOG_BYTES, ANSWER_BYTES } from './footprint.ts';

export const GB = 1024 ** 3;

/** A request of the HTTP API by a client, what it logs and what it answers; `work` is the use case. */
export function request(book: Book, operation: string, work: () => void): void {
  book.count(`operation.${operation}`);
  book.add('httpRequests', 1);
  book.add('logGb', ACCESS_LOG_BYTES / GB);
  book.add('egressGb', ANSWER_BYTES / GB);
  book.invoke('api', () => {
    work();
    // The answer says how many tasks stand where.
    book.request();
    book.add('readUnits', 1);
  });
}
