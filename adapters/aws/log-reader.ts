/** Reads the logs that `event-log.ts` writes. */
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { EventFilter } from '../../core/ports/execution-store.ts';
import { type FeedEntry, pointersOf, type Totals, totalsOf } from './feed.ts';
import type { ItemTable } from './item-table.ts';
import { FEED, logPk } from './keys.ts';
import { eventsOf, type LogSegment, Segments } from './log-segments.ts';

export class LogReader {
  readonly #table: ItemTable;
  readonly #log: Segments<LogSegment>;
  readonly #feed: Segments<FeedEntry>;

  constructor(table: ItemTable) {
    this.#table = table;
    this.#log = new Segments(table);
    this.#feed = new Segments(table);
  }

  async events(executionId: string, { types, afterSeq = 0, limit }: EventFilter): Promise<HoldfastEvent[]> {
    const found: HoldfastEvent[] = [];
    if (limit <= 0) return found;
    for await (const page of this.#log.from(logPk(executionId), afterSeq + 1)) {
      for (const segment of page) {
        for (const event of eventsOf(segment)) {
          if (event.seq <= afterSeq || (types && !types.includes(event.type))) continue;
          found.push(event);
          if (found.length === limit) return found;
        }
      }
    }
    return found;
  }

  /** Events of executions that retention deleted are passed over. */
  async feed(cursor: number, limit: number): Promise<{ events: HoldfastEvent[]; cursor: number }> {
    const events: HoldfastEvent[] = [];
    let passed = cursor;
    if (limit <= 0) return { events, cursor };
    for await (const page of this.#feed.from(FEED, cursor + 1)) {
      for (const entry of page) {
        for (const { number, event } of await this.#entry(entry)) {
          if (number <= cursor) continue;
          if (events.length === limit) return { events, cursor: passed };
          if (event) events.push(event);
          passed = number;
        }
      }
    }
    return { events, cursor: passed };
  }

  async totals(): Promise<Totals> {
    return totalsOf(await this.#feed.newest(FEED, false));
  }

  async #entry(entry: FeedEntry): Promise<{ number: number; event: HoldfastEvent | undefined }[]> {
    const pointers = pointersOf(entry).filter(([, , count]) => count > 0);
    const keys = pointers.map(([executionId, sk]) => ({ pk: logPk(executionId), sk }));
    const segments = await this.#table.getAll<LogSegment>(keys);
    const byKey = new Map(segments.map((segment) => [`${segment.executionId} ${segment.sk}`, segment]));
    let number = entry.first;
    return pointers.flatMap(([executionId, sk, count]) => {
      const segment = byKey.get(`${executionId} ${sk}`);
      const events = segment ? eventsOf(segment) : [];
      return Array.from({ length: count }, (_, at) => ({ number: number++, event: events[at] }));
    });
  }
}
