/** The log over all executions: in which order the segments of theirs came, and how many executions and tasks stand how. */
import type { CommittedEvent } from '../../core/api/committed-events.ts';
import { noCounts } from '../../core/execution/counts.ts';
import type { ExecutionStatus } from '../../core/execution/execution.ts';
import type { TaskCounts } from '../../core/ports/execution-store.ts';
import type { ItemTable } from './item-table.ts';
import { FEED } from './keys.ts';
import {
  eventsOf,
  lastNumberOf,
  type LogSegment,
  placeAfter,
  type Segment,
  Segments,
  standOf,
} from './log-segments.ts';
import { type Packed, packText, parsePacked } from './text.ts';

/** `[execution, sort key, events]` of a segment. */
export type Pointer = [executionId: string, sk: string, count: number];

export interface Totals {
  executions: Record<ExecutionStatus, number>;
  /** Of executions that have ended. */
  tasks: TaskCounts;
}

export interface FeedEntry extends Segment {
  pointers: Packed;
  totals: string;
}

/** A page of the feed reads as many segments. */
const POINTERS_MAX = 100;

export class Feed {
  readonly #segments: Segments<FeedEntry>;
  #newest: FeedEntry | undefined;

  constructor(table: ItemTable) {
    this.#segments = new Segments(table);
  }

  /** Sort key of an entry that is there; what is numbered from now on comes after it. */
  async position(): Promise<string> {
    this.#newest = await this.#segments.newest(FEED, false);
    return this.#newest?.sk ?? '0';
  }

  /** Number of the newest event. */
  async newest(): Promise<number> {
    return lastNumberOf(await this.#segments.newest(FEED, true));
  }

  /** Appends those segments that aren't in it, each execution's in order; returns the events of all. */
  async append(segments: readonly LogSegment[]): Promise<CommittedEvent[]> {
    const cursors = new Map<LogSegment, number>();
    const byKey = new Map(segments.map((segment) => [keyOf(segment.executionId, segment.sk), segment]));
    let after = segments.reduce((least, { fedAfter }) => (fedAfter < least ? fedAfter : least), '~');
    while (cursors.size < segments.length) {
      const later = await this.#segments.after(FEED, after);
      for (const entry of later) find(entry, byKey, cursors);
      const newest = later.at(-1) ?? (await this.#at(after));
      if (newest) ({ sk: after } = newest);
      this.#newest = newest;
      const left = segments.filter((segment) => !cursors.has(segment)).slice(0, POINTERS_MAX);
      if (left.length === 0) break;
      const entry = entryOf(left, newest);
      // Where somebody else's is first, what follows it is looked at again.
      await this.#segments.insert(entry);
    }
    return [...cursors]
      .flatMap(([segment, first]) => eventsOf(segment).map((event, at) => ({ event, cursor: first + at })))
      .sort((a, b) => a.cursor - b.cursor);
  }

  async #at(sk: string): Promise<FeedEntry | undefined> {
    return this.#newest?.sk === sk ? this.#newest : this.#segments.at(FEED, sk);
  }
}

export const pointersOf = ({ pointers }: FeedEntry): Pointer[] => parsePacked<Pointer[]>(pointers);

const keyOf = (executionId: string, sk: string): string => `${executionId} ${sk}`;

function find(
  entry: FeedEntry,
  wanted: ReadonlyMap<string, LogSegment>,
  cursors: Map<LogSegment, number>,
): void {
  let cursor = entry.first;
  for (const [executionId, sk, count] of pointersOf(entry)) {
    const segment = wanted.get(keyOf(executionId, sk));
    if (segment) cursors.set(segment, cursor);
    cursor += count;
  }
}

function entryOf(segments: readonly LogSegment[], newest: FeedEntry | undefined): FeedEntry {
  const pointers = segments.map(({ executionId, sk, count }): Pointer => [executionId, sk, count]);
  const totals = totalsOf(newest);
  for (const { stand, stoodBefore } of segments) {
    add(totals, stoodBefore, -1);
    add(totals, stand, 1);
  }
  return {
    pk: FEED,
    ...placeAfter(newest),
    count: pointers.reduce((sum, [, , count]) => sum + count, 0),
    pointers: packText(JSON.stringify(pointers)),
    totals: JSON.stringify(totals),
  };
}

export function totalsOf(entry: FeedEntry | undefined): Totals {
  if (entry) return JSON.parse(entry.totals) as Totals;
  const executions = { QUEUED: 0, RUNNING: 0, PAUSED: 0, SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 };
  return { executions, tasks: noCounts() };
}

function add(totals: Totals, stand: string | undefined, by: 1 | -1): void {
  const { status, counts } = standOf(stand) ?? {};
  if (status) totals.executions[status] += by;
  for (const [name, count] of Object.entries(counts ?? {}))
    totals.tasks[name as keyof TaskCounts] += by * count;
}
