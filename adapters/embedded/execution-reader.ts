/** What people and APIs read: durable rows only, over the read-only connection. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { noCounts } from '../../core/execution/counts.ts';
import type { ExecutionStatus, Task, TaskRef, TaskStatus } from '../../core/execution/execution.ts';
import type {
  EventFilter,
  ExecutionFilter,
  ExecutionReader,
  ExecutionView,
  TaskCounts,
  TaskFilter,
} from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import { readEvents } from './event-log.ts';
import {
  COUNTS_SELECT,
  EXECUTION_SELECT,
  readCounts,
  readExecution,
  UNCOUNTED_SELECT,
} from './execution-rows.ts';
import { statement } from './statements.ts';
import { readTask, type Row, TASK_SELECT, taskKey } from './task-rows.ts';

const EVENTS = `SELECT id, seq, events, cursor FROM event_log JOIN executions ON executions.key = execution`;

export class SqliteExecutionReader implements ExecutionReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(id: string): Promise<ExecutionView | undefined> {
    return this.#database.read((db) => {
      const [row] = rows(db, `${EXECUTION_SELECT} WHERE id = ?`, [id]);
      return row && readExecution(row);
    });
  }

  list(filter: ExecutionFilter): Promise<ExecutionView[]> {
    const { statuses, limit } = filter;
    return this.#database.read((db) => {
      // A status at a time: each comes in order from its index, however many executions have it.
      const found = statuses
        ? [...new Set(statuses)].flatMap((status) => listRows(db, filter, status))
        : listRows(db, filter);
      found.sort((a, b) => (b[0] as number) - (a[0] as number));
      return found.slice(0, limit).map(readExecution);
    });
  }

  counts(executionId: string): Promise<TaskCounts> {
    return this.#database.read((db) => {
      const [row] = rows(db, COUNTS_SELECT, [executionId]);
      return readCounts(row?.[0]);
    });
  }

  task({ executionId, taskId }: TaskRef): Promise<Task | undefined> {
    return this.#database.read((db) => {
      const key = executionKey(db, executionId);
      if (key === undefined) return undefined;
      const sql = `${TASK_SELECT} WHERE key >= ? AND key < ? AND task_id = ?`;
      const [row] = rows(db, sql, [taskKey(key, 0), taskKey(key + 1, 0), taskId]);
      return row && readTask(executionId, row);
    });
  }

  tasks(executionId: string, filter: TaskFilter): Promise<Task[]> {
    return this.#database.read((db) => {
      const key = executionKey(db, executionId);
      if (key === undefined) return [];
      const where = new Where();
      where.and('key > ?', taskKey(key, filter.afterIndex ?? -1));
      where.and('key < ?', taskKey(key + 1, 0));
      if (filter.statuses) where.andIn('status', filter.statuses);
      if (filter.type !== undefined) where.and('+type = ?', filter.type);
      const sql = `${TASK_SELECT} ${where.sql} ORDER BY key LIMIT ?`;
      return rows(db, sql, [...where.values, filter.limit]).map((row) => readTask(executionId, row));
    });
  }

  events(executionId: string, { types, afterSeq = 0, limit }: EventFilter): Promise<HoldfastEvent[]> {
    return this.#database.read((db) => {
      const key = executionKey(db, executionId);
      if (key === undefined) return [];
      const found: HoldfastEvent[] = [];
      const sql = `${EVENTS} WHERE execution = ? AND seq > ? ORDER BY seq`;
      for (const row of each(db, sql, [key, afterSeq])) {
        for (const event of readEvents(row)) {
          if (found.length >= limit) return found;
          if (event.seq > afterSeq && (!types || types.includes(event.type))) found.push(event);
        }
      }
      return found;
    });
  }

  feed(cursor: number, limit: number): Promise<{ events: HoldfastEvent[]; cursor: number }> {
    return this.#database.read((db) => {
      const events: HoldfastEvent[] = [];
      let last = cursor;
      for (const row of each(db, `${EVENTS} WHERE cursor > ? ORDER BY cursor`, [cursor])) {
        const inRow = readEvents(row);
        let at = (row[3] as number) - inRow.length;
        for (const event of inRow) {
          if (++at <= cursor) continue;
          if (events.length >= limit) return { events, cursor: last };
          events.push(event);
          last = at;
        }
      }
      return { events, cursor: last };
    });
  }

  totals(): Promise<{ executions: Record<ExecutionStatus, number>; tasks: TaskCounts }> {
    return this.#database.read((db) => {
      const executions = { QUEUED: 0, RUNNING: 0, PAUSED: 0, SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 };
      const tasks = noCounts();
      for (const [kind, status, count] of rows(db, 'SELECT kind, status, count FROM totals', [])) {
        if (kind === 'task') tasks[status as TaskStatus] = count as number;
        else executions[status as ExecutionStatus] = count as number;
      }
      for (const [inRow, now] of rows(db, UNCOUNTED_SELECT, [])) {
        const [counted, counts] = [readCounts(inRow), readCounts(now)];
        for (const status in tasks)
          tasks[status as TaskStatus] += counts[status as TaskStatus] - counted[status as TaskStatus];
      }
      return { executions, tasks };
    });
  }
}

function listRows(db: DatabaseSync, filter: ExecutionFilter, status?: ExecutionStatus): Row[] {
  const where = new Where();
  if (status !== undefined) where.and('status = ?', status);
  if (filter.workflow !== undefined) where.and('workflow = ?', filter.workflow);
  if (filter.kind !== undefined) where.and('kind = ?', filter.kind);
  if (filter.parentId !== undefined) where.and('parent_execution = ?', filter.parentId);
  if (filter.correlationId !== undefined) where.and('correlation_id = ?', filter.correlationId);
  if (filter.beforeId !== undefined) {
    where.and('key < (SELECT key FROM executions WHERE id = ?)', filter.beforeId);
  }
  const sql = `${EXECUTION_SELECT} ${where.sql} ORDER BY key DESC LIMIT ?`;
  return rows(db, sql, [...where.values, filter.limit]);
}

/** Conditions joined by AND, with their values. */
class Where {
  readonly values: SQLInputValue[] = [];
  readonly #conditions: string[] = [];

  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }

  and(condition: string, value: SQLInputValue): void {
    this.#conditions.push(condition);
    this.values.push(value);
  }

  andIn(column: string, values: readonly string[]): void {
    this.and(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }
}

function executionKey(db: DatabaseSync, id: string): number | undefined {
  return rows(db, 'SELECT key FROM executions WHERE id = ?', [id])[0]?.[0] as number | undefined;
}

function rows(db: DatabaseSync, sql: string, values: SQLInputValue[]): Row[] {
  return statement(db, sql, { arrays: true }).all(...values) as unknown as Row[];
}

function each(db: DatabaseSync, sql: string, values: SQLInputValue[]): Iterable<Row> {
  // Of its own: left before its end, it must not hold up the next one.
  const own = db.prepare(sql);
  own.setReturnArrays(true);
  return own.iterate(...values) as unknown as Iterable<Row>;
}
