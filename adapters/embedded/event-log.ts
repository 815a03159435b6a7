/** Appends events to the batch, and tells of them once they are durable. */
import type { EventType, HoldfastEvent, NewEvent } from '../../core/event/event.ts';
import { toJson } from '../../core/json.ts';
import type { Database } from './database.ts';
import { countsJson, type ExecutionRecord } from './execution-rows.ts';
import { fromJson } from './json-column.ts';
import type { Row } from './task-rows.ts';

/** Events of one commit: in order within an execution, executions in the order of their first event in it. */
export interface CommittedEvents {
  /** The feed's cursor of the first; the others follow one by one. */
  firstCursor: number;
  events: HoldfastEvent[];
}

/** Bounds what a page of events has to parse. */
const EVENTS_PER_ROW_MAX = 256;

export class EventLog {
  readonly #database: Database;
  readonly #insert;
  readonly #pending = new Map<ExecutionRecord, { events: HoldfastEvent[]; texts: string[] }>();
  readonly #listeners: ((batch: CommittedEvents) => void)[] = [];
  #cursor: number;
  #flushed: HoldfastEvent[] = [];

  constructor(database: Database) {
    this.#database = database;
    const last = database.writer.prepare('SELECT max(cursor) AS cursor FROM event_log').get();
    this.#cursor = Number(last?.cursor ?? 0);
    this.#insert = database.writer.prepare('INSERT INTO event_log VALUES (?, ?, ?, ?, ?)');
    database.onCommit(() => this.#tell());
  }

  /** The texts that `append` needs; made before anything changes, because it may refuse. */
  encode(events: NewEvent[]): string[] {
    return events.map((event) => toJson(event, 'event')!);
  }

  append(record: ExecutionRecord, events: NewEvent[], texts: string[]): void {
    if (events.length === 0) return;
    let pending = this.#pending.get(record);
    if (!pending) this.#pending.set(record, (pending = { events: [], texts: [] }));
    for (let at = 0; at < events.length; at++) {
      pending.events.push({ executionId: record.execution.id, seq: ++record.lastSeq, ...events[at]! });
      pending.texts.push(texts[at]!);
      this.#database.grow(texts[at]!.length);
    }
  }

  /** Writes what was appended; call it when every record's row is there. */
  flush(): void {
    for (const [record, { events, texts }] of this.#pending) {
      const counts = countsJson(record.counts);
      record.countsDirty = false;
      for (let from = 0; from < texts.length; from += EVENTS_PER_ROW_MAX) {
        const slice = texts.slice(from, from + EVENTS_PER_ROW_MAX);
        this.#cursor += slice.length;
        const seq = events[from + slice.length - 1]!.seq;
        this.#insert.run(this.#cursor, record.key, seq, counts, `[${slice.join(',')}]`);
      }
      for (const event of events) this.#flushed.push(event);
    }
    this.#pending.clear();
  }

  onCommitted(listener: (batch: CommittedEvents) => void): void {
    this.#listeners.push(listener);
  }

  #tell(): void {
    const events = this.#flushed;
    if (events.length === 0) return;
    this.#flushed = [];
    const firstCursor = this.#cursor - events.length + 1;
    for (const listener of this.#listeners) listener({ firstCursor, events });
  }
}

/** The events of an `event_log` row `[executionId, seq, events]`. */
export function readEvents(row: Row): HoldfastEvent[] {
  const [executionId, lastSeq, text] = row as [string, number, string];
  const events = fromJson<(NewEvent & { type: EventType })[]>(text)!;
  const before = lastSeq - events.length;
  return events.map((event, at) => ({ executionId, seq: before + at + 1, ...event }));
}
