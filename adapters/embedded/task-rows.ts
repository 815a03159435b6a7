/** A task as it is kept in memory and in its row. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { TASK_ENDS, type Task, type TaskStatus } from '../../core/execution/execution.ts';
import type { TaskSeed, TaskUpdate } from '../../core/ports/execution-store.ts';
import { fromJson, fromNull } from './json-column.ts';
import { TASKS_PER_EXECUTION } from './migrations.ts';

/** Longer outputs are read again from the database when they are asked for. */
const CACHED_OUTPUT_LENGTH_MAX = 256;

export interface TaskRecord {
  key: number;
  /** Without its output. */
  task: Task;
  /** JSON text; `null` when only the database holds it; undefined when there is none. */
  output: string | null | undefined;
  /** What the row lacks: nothing, how far it has come, any of its columns but the output, the row. */
  dirty: 'no' | 'progress' | 'fields' | 'row';
  /** The row lacks the output, too. */
  outputDirty: boolean;
}

export function taskKey(execution: number, index: number): number {
  return execution * TASKS_PER_EXECUTION + index;
}

/** A task laid out at an end keeps what `old` came to; any other begins anew. */
export function seedRecord(
  executionId: string,
  execution: number,
  seed: TaskSeed,
  output: string | undefined,
  old: TaskRecord | undefined,
  attemptFloor: number,
  atMs: number,
): TaskRecord {
  const { taskId, index, type, status, remaining, unmet, triggered, priority } = seed;
  const atEnd = TASK_ENDS.includes(status);
  const kept = atEnd ? old?.task : undefined;
  const supplied = output !== undefined || seed.outputRef !== undefined;
  return {
    key: taskKey(execution, index),
    task: {
      executionId,
      taskId,
      index,
      type,
      status,
      attempt: old?.task.attempt ?? attemptFloor,
      failures: kept?.failures ?? 0,
      interruptions: kept?.interruptions ?? 0,
      remaining,
      unmet,
      triggered,
      priority,
      reason: seed.reason ?? kept?.reason,
      outputRef: supplied ? seed.outputRef : kept?.outputRef,
      failure: kept?.failure,
      dueMs: undefined,
      childId: kept?.childId,
      nodeId: kept?.nodeId,
      readyMs: status === 'READY' ? atMs : kept?.readyMs,
      startedMs: kept?.startedMs,
      endedMs: atEnd ? (kept?.endedMs ?? atMs) : undefined,
    },
    output: supplied || !atEnd ? output : old?.output,
    dirty: 'row',
    outputDirty: true,
  };
}

const MUTABLE =
  'type priority status attempt failures remaining unmet triggered reason failure due_ms child_id ready_ms started_ms ended_ms output_ref interruptions node_id unplaced'.split(
    ' ',
  );
/** All that changes in most tasks. */
const PROGRESS = 'status attempt remaining unmet triggered ready_ms started_ms ended_ms'.split(' ');
const PROGRESS_FIELDS: ReadonlySet<string> = new Set([
  'status',
  'attempt',
  'remaining',
  'unmet',
  'triggered',
  'readyMs',
  'startedMs',
  'endedMs',
]);
const FIXED = ['key', 'task_id'];
const COLUMNS = [...FIXED, ...MUTABLE].join(', ');

/** For readers: every column, the output last. */
export const TASK_SELECT = `SELECT ${COLUMNS}, output FROM tasks`;

export type Row = SQLOutputValue[];

function toTask(executionId: string, row: Row): Task {
  return {
    executionId,
    taskId: row[1] as string,
    index: (row[0] as number) % TASKS_PER_EXECUTION,
    type: row[2] as string,
    status: row[4] as TaskStatus,
    attempt: row[5] as number,
    failures: row[6] as number,
    remaining: row[7] as number,
    unmet: row[8] as number,
    triggered: row[9] as number,
    priority: row[3] as number,
    reason: fromNull(row[10]),
    failure: fromJson(row[11]),
    dueMs: fromNull(row[12]),
    childId: fromNull(row[13]),
    readyMs: fromNull(row[14]),
    startedMs: fromNull(row[15]),
    endedMs: fromNull(row[16]),
    outputRef: fromNull(row[17]),
    interruptions: row[18] as number,
    nodeId: fromNull(row[19]),
    unplaced: row[20] === 1 ? true : undefined,
  };
}

/** From a row of `TASK_SELECT`, read as an array. */
export function readTask(executionId: string, row: Row): Task {
  const task = toTask(executionId, row);
  task.output = fromJson(row[21]);
  return task;
}

/** The writer's statements for task rows. */
export class TaskRows {
  readonly #load;
  readonly #output;
  readonly #insert;
  readonly #updateProgress;
  readonly #updateProgressAndOutput;
  readonly #updateFields;
  readonly #updateAll;
  readonly #delete;

  constructor(db: DatabaseSync) {
    this.#load = db.prepare(
      `SELECT ${COLUMNS}, output IS NOT NULL, iif(octet_length(output) <= ${CACHED_OUTPUT_LENGTH_MAX}, output, NULL)
       FROM tasks WHERE key >= ? AND key < ? ORDER BY key`,
    );
    this.#load.setReturnArrays(true);
    this.#output = db.prepare('SELECT output FROM tasks WHERE key = ?');
    const update = (columns: string[]) =>
      db.prepare(`UPDATE tasks SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE key = ?`);
    this.#updateProgress = update(PROGRESS);
    this.#updateProgressAndOutput = update([...PROGRESS, 'output']);
    this.#updateFields = update(MUTABLE);
    this.#updateAll = update([...MUTABLE, 'output']);
    const columns = [...MUTABLE, 'output', ...FIXED];
    this.#insert = db.prepare(
      `INSERT OR REPLACE INTO tasks (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    this.#delete = db.prepare('DELETE FROM tasks WHERE key = ?');
  }

  /** Every task of an execution, in index order. */
  load(executionId: string, execution: number): TaskRecord[] {
    const rows = this.#load.all(taskKey(execution, 0), taskKey(execution + 1, 0)) as unknown as Row[];
    return rows.map((row) => ({
      key: row[0] as number,
      task: toTask(executionId, row),
      output: row[21] === 1 ? (row[22] as string | null) : undefined,
      dirty: 'no',
      outputDirty: false,
    }));
  }

  /** A copy of the task with its output, for a caller to keep. */
  snapshot(record: TaskRecord): Task {
    const task = { ...record.task };
    if (record.output !== undefined) task.output = fromJson(this.output(record));
    return task;
  }

  /** JSON text, wherever it is. */
  output(record: TaskRecord): string | undefined {
    return record.output === null ? (this.#output.get(record.key)?.output as string) : record.output;
  }

  /** Writes what the row lacks. */
  save(record: TaskRecord): void {
    const { key, task, dirty, outputDirty } = record;
    const output = record.output ?? null;
    if (dirty === 'row') this.#insert.run(...fieldsOf(task), output, key, task.taskId);
    else if (dirty === 'fields' && outputDirty) this.#updateAll.run(...fieldsOf(task), output, key);
    else if (dirty === 'fields') this.#updateFields.run(...fieldsOf(task), key);
    else if (outputDirty) this.#updateProgressAndOutput.run(...progressOf(task), output, key);
    else this.#updateProgress.run(...progressOf(task), key);
    record.dirty = 'no';
    record.outputDirty = false;
    if (record.output && record.output.length > CACHED_OUTPUT_LENGTH_MAX) record.output = null;
  }

  delete(record: TaskRecord): void {
    this.#delete.run(record.key);
  }
}

/** Whether an update changes no more than how far the task has come. */
export function isProgress(task: Task, update: TaskUpdate): boolean {
  for (const field in update) {
    if (field === 'output' || PROGRESS_FIELDS.has(field)) continue;
    if (task[field as keyof Task] !== update[field as keyof TaskUpdate]) return false;
  }
  return true;
}

/** In the order of `PROGRESS`. */
function progressOf(task: Task): SQLInputValue[] {
  return [
    task.status,
    task.attempt,
    task.remaining,
    task.unmet,
    task.triggered,
    task.readyMs ?? null,
    task.startedMs ?? null,
    task.endedMs ?? null,
  ];
}

/** In the order of `MUTABLE`. */
function fieldsOf(task: Task): SQLInputValue[] {
  return [
    task.type,
    task.priority,
    task.status,
    task.attempt,
    task.failures,
    task.remaining,
    task.unmet,
    task.triggered,
    task.reason ?? null,
    task.failure ? JSON.stringify(task.failure) : null,
    task.dueMs ?? null,
    task.childId ?? null,
    task.readyMs ?? null,
    task.startedMs ?? null,
    task.endedMs ?? null,
    task.outputRef ?? null,
    task.interruptions,
    task.nodeId ?? null,
    task.unplaced ? 1 : null,
  ];
}
