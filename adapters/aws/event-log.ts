/**
 * Numbers events. The writers of state leave them in the table's stream, which delivers them at least once; here each gets its
 * place in the log of its execution, and in that of all, exactly once. Called by who reads the stream, never by a writer.
 */
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import type { EventPositions } from '../../core/ports/event-positions.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { Feed } from './feed.ts';
import type { ItemTable } from './item-table.ts';
import { logPk } from './keys.ts';
import { idsOf, lastNumberOf, type LogSegment, placeAfter, Segments } from './log-segments.ts';
import { newsOf, type News } from './news.ts';
import { packText } from './text.ts';

export { newsOf };

/** Bounds what a page of events has to read. */
const EVENTS_MAX = 256;
/** Of an item's 400 KB, compressed, with room for what stands beside. */
const JSON_LENGTH_MAX = 256 * 1024;
const EXECUTIONS_AT_ONCE = 16;

export class EventLog implements EventPositions {
  readonly #segments: Segments<LogSegment>;
  readonly #feed: Feed;

  constructor(table: ItemTable) {
    this.#segments = new Segments(table);
    this.#feed = new Feed(table);
  }

  /**
   * Numbers what is new of `news`, given in the order of the stream, and returns the segments that hold it as events, whether it
   * was new or not: who passes them on may have been cut short. Call it for the records of a shard one batch after the other.
   */
  async append(news: readonly News[]): Promise<CommittedEvent[]> {
    if (news.length === 0) return [];
    const fedAfter = await this.#feed.position();
    const groups = [...Map.groupBy(news, ({ executionId }) => executionId)];
    const numbered: LogSegment[][] = groups.map(() => []);
    await eachOf(groups, EXECUTIONS_AT_ONCE, async ([executionId, own], at) => {
      numbered[at] = await this.#number(executionId, own, fedAfter);
    });
    return this.#feed.append(numbered.flat());
  }

  async newest(executionId: string | undefined): Promise<number> {
    return executionId === undefined
      ? this.#feed.newest()
      : lastNumberOf(await this.#segments.newest(logPk(executionId), true));
  }

  /** The segments that hold the news, in order. */
  async #number(executionId: string, news: readonly News[], fedAfter: string): Promise<LogSegment[]> {
    const pk = logPk(executionId);
    const holders = new Map<number, LogSegment>();
    // What is too old shows when the place behind it is taken.
    let newest = await this.#segments.newest(pk, false);
    let left = await this.#unknown(newest, news, holders);
    while (left.length > 0) {
      const taken = left.slice(0, fitting(left));
      const segment = segmentOf(executionId, taken, newest, fedAfter);
      const { applied } = await this.#segments.insert(segment);
      if (applied) {
        holders.set(segment.n, segment);
        newest = segment;
        left = left.slice(taken.length);
      } else {
        newest = await this.#segments.newest(pk, true);
        left = await this.#unknown(newest, left, holders);
      }
    }
    return [...holders.values()].sort((a, b) => a.n - b.n);
  }

  /** Those that aren't in the log up to `newest`; the segments of the others are added to `holders`. */
  async #unknown(
    newest: LogSegment | undefined,
    news: readonly News[],
    holders: Map<number, LogSegment>,
  ): Promise<readonly News[]> {
    if (!newest) return news;
    // Whatever came later in the stream than all that is in the log is not in it.
    const suspects = new Map(
      news.filter(({ order }) => order <= newest.maxOrder).map((item) => [item.id, item.order]),
    );
    const known = new Set<string>();
    if (suspects.size > 0) {
      for await (const page of this.#segments.backwardsFrom(newest.pk, newest.sk)) {
        for (const segment of page) {
          if ([...suspects.values()].every((order) => order > segment.maxOrder)) suspects.clear();
          for (const [id] of suspects.size > 0 ? idsOf(segment) : []) {
            if (!suspects.delete(id)) continue;
            known.add(id);
            holders.set(segment.n, segment);
          }
        }
        if (suspects.size === 0) break;
      }
    }
    return news.filter(({ id }) => !known.has(id));
  }
}

/** How many of the first pieces of news go into one segment. */
function fitting(news: readonly News[]): number {
  let events = 0;
  let length = 0;
  let count = 0;
  for (const item of news) {
    events += item.events.length;
    length += JSON.stringify(item.events).length;
    if (count > 0 && (events > EVENTS_MAX || length > JSON_LENGTH_MAX)) break;
    count++;
  }
  return count;
}

function segmentOf(
  executionId: string,
  news: readonly News[],
  newest: LogSegment | undefined,
  fedAfter: string,
): LogSegment {
  const events = news.flatMap((item) => item.events);
  const stand = news.findLast((item) => item.stand)?.stand;
  return {
    pk: logPk(executionId),
    ...placeAfter(newest),
    executionId,
    count: events.length,
    ids: packText(JSON.stringify(news.map((item) => [item.id, item.events.length]))),
    events: packText(JSON.stringify(events)),
    maxOrder: news.reduce((most, { order }) => (order > most ? order : most), newest?.maxOrder ?? ''),
    stand: stand ? JSON.stringify(stand) : newest?.stand,
    stoodBefore: newest?.stand,
    fedAfter,
  };
}
