/**
 * Logs of numbered entries without gaps, written by many at once: a segment is put where the one before it ends, so of two that
 * continue the same one a single put wins, and the other reads on. `L#<execution>` holds an execution's events, `FEED` points to
 * the segments of all executions in the order in which they came; sort keys are `<first number>.<segment>`.
 */
import type { HoldfastEvent, NewEvent } from '../../core/event/event.ts';
import type { ItemTable } from './item-table.ts';
import type { Values } from './item.ts';
import { pad } from './keys.ts';
import type { Stand } from './news.ts';
import { type Packed, parsePacked } from './text.ts';

export interface Segment {
  pk: string;
  sk: string;
  /** Number of the segment, from 1. */
  n: number;
  /** Number of its first entry, from 1, and how many it has; one that only says how an execution stands has none. */
  first: number;
  count: number;
}

/** A segment of an execution's log. */
export interface LogSegment extends Segment {
  executionId: string;
  /** `[id, events]` of each piece of news in it. */
  ids: Packed;
  events: Packed;
  /** The largest `order` of any news in the log so far. */
  maxOrder: string;
  /** How the execution stands after it, and stood before. */
  stand?: string;
  stoodBefore?: string;
  /** Sort key of an entry of the feed that was there before this segment. */
  fedAfter: string;
}

/** Most readers want little at a time, and pay for what is read. */
const PAGE_SEGMENTS = 16;
const FIRST_DIGITS = 12;
const SEGMENT_DIGITS = 8;
const segmentSk = (first: number, n: number): string =>
  `${pad(first, FIRST_DIGITS)}.${pad(n, SEGMENT_DIGITS)}`;

/** Where the segment after `newest` goes. */
export function placeAfter(newest: Pick<Segment, 'n' | 'first' | 'count'> | undefined) {
  const n = (newest?.n ?? 0) + 1;
  const first = newest ? newest.first + newest.count : 1;
  return { n, first, sk: segmentSk(first, n) };
}

export const lastNumberOf = (segment: Segment | undefined): number =>
  segment ? segment.first + segment.count - 1 : 0;

export class Segments<S extends Segment> {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  async newest(pk: string, consistent: boolean): Promise<S | undefined> {
    const [newest] = await this.#table.query<S>({ pk, backwards: true, limit: 1, consistent });
    return newest;
  }

  at(pk: string, sk: string): Promise<S | undefined> {
    return this.#table.get<S>({ pk, sk });
  }

  /** Newest first, from this one on. */
  backwardsFrom(pk: string, sk: string): AsyncGenerator<S[]> {
    return this.#table.pages<S>({
      pk,
      that: '#sk <= :sk',
      values: { sk },
      backwards: true,
      consistent: true,
    });
  }

  /** Oldest first, those after this sort key. */
  async after(pk: string, sk: string): Promise<S[]> {
    return this.#table.query<S>({ pk, that: '#sk > :sk', values: { sk }, consistent: true });
  }

  /** Oldest first, from the one that holds this number on, or would; sees whatever was put before. */
  async *from(pk: string, number: number): AsyncGenerator<S[]> {
    const [holder] = await this.#table.query<S>({
      pk,
      that: '#sk < :next',
      values: { next: segmentSk(number + 1, 0) },
      backwards: true,
      limit: 1,
      consistent: true,
    });
    const sk = holder?.sk ?? '0';
    yield* this.#table.pages<S>({
      pk,
      that: '#sk >= :sk',
      values: { sk },
      pageSize: PAGE_SEGMENTS,
      consistent: true,
    });
  }

  insert(segment: S): Promise<{ applied: boolean; item: S | undefined }> {
    return this.#table.insert<S>({ ...segment } as S & Values);
  }
}

export function eventsOf({ executionId, first, events }: LogSegment): HoldfastEvent[] {
  return parsePacked<NewEvent[]>(events).map((event, at) => ({ executionId, seq: first + at, ...event }));
}

export const idsOf = ({ ids }: LogSegment): [string, number][] => parsePacked<[string, number][]>(ids);

export const standOf = (text: string | undefined): Stand | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as Stand);
