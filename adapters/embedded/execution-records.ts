/**
 * Executions as this host works on them. Changes are made in memory and written once a batch, just before its COMMIT:
 * a task that is claimed and completed within one turn costs one row write.
 */
import {
  EXECUTION_ENDS,
  type ExecutionStatus,
  type Task,
  type TaskStatus,
} from '../../core/execution/execution.ts';
import type { TaskSeed } from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import type { EventLog } from './event-log.ts';
import { type ExecutionRecord, ExecutionRows } from './execution-rows.ts';
import { seedRecord, type TaskRecord, TaskRows } from './task-rows.ts';
import { Totals } from './totals.ts';

/** Records (executions and tasks) kept after they were written; about 400 bytes each. */
const CACHED_RECORDS_MAX = 200_000;

export class ExecutionRecords {
  readonly rows: ExecutionRows;
  readonly #taskRows: TaskRows;
  readonly #totals: Totals;
  readonly #events: EventLog;
  readonly #recordsMax: number;
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #dirty: ExecutionRecord[] = [];
  readonly #ended: ExecutionRecord[] = [];
  #size = 0;
  #latest: ExecutionRecord | undefined;
  #nextKey: number;

  constructor(database: Database, events: EventLog, recordsMax = CACHED_RECORDS_MAX) {
    this.rows = new ExecutionRows(database.writer);
    this.#taskRows = new TaskRows(database.writer);
    this.#totals = new Totals(database.writer);
    this.#events = events;
    this.#recordsMax = recordsMax;
    const last = database.writer.prepare('SELECT max(key) AS key FROM executions').get();
    this.#nextKey = Number(last?.key ?? 0) + 1;
    database.onFlush(() => this.#flush());
    database.onCommit(() => this.#evict());
  }

  find(id: string): ExecutionRecord | undefined {
    if (this.#latest?.execution.id === id) return this.#latest;
    let record = this.#records.get(id);
    if (!record) {
      record = this.rows.find(id);
      if (!record) return undefined;
      this.#size++;
      this.#records.set(id, record);
    }
    record.used = true;
    this.#latest = record;
    return record;
  }

  /** Inserts its row at once, so that queries see it. */
  add(record: ExecutionRecord, variables: string): void {
    record.key = this.#nextKey++;
    this.rows.insert(record, variables);
    this.#totals.recount(record);
    this.#records.set(record.execution.id, record);
    this.#latest = record;
    this.#size++;
    if (record.resultDirty) this.touchRow(record);
    else this.touch(record);
  }

  tasks(record: ExecutionRecord): Map<string, TaskRecord> {
    if (!record.tasks) {
      const loaded = this.#taskRows.load(record.execution.id, record.key);
      record.tasks = new Map(loaded.map((task) => [task.task.taskId, task]));
      this.#size += loaded.length;
    }
    return record.tasks;
  }

  snapshot(task: TaskRecord): Task {
    return this.#taskRows.snapshot(task);
  }

  /** Says that the execution's own row has to be written. */
  touchRow(record: ExecutionRecord): void {
    record.rowDirty = true;
    this.touch(record);
  }

  /** Says that there is something to write. */
  touch(record: ExecutionRecord): void {
    if (record.dirty) return;
    record.dirty = true;
    this.#dirty.push(record);
  }

  touchTask(record: ExecutionRecord, task: TaskRecord, how: 'progress' | 'fields', outputToo = false): void {
    if (task.dirty === 'no') record.dirtyTasks.push(task);
    if (task.dirty === 'no' || (task.dirty === 'progress' && how === 'fields')) task.dirty = how;
    if (outputToo) task.outputDirty = true;
    this.touch(record);
  }

  setStatus(record: ExecutionRecord, status: ExecutionStatus): void {
    record.execution.status = status;
    this.touchRow(record);
  }

  /** Sets the status and all that goes by it: counters, and when it became READY. */
  setTaskStatus(record: ExecutionRecord, task: TaskRecord, status: TaskStatus, atMs: number): void {
    const before = task.task.status;
    if (before === status) return;
    this.#count(record, before, -1);
    this.#count(record, status, 1);
    task.task.status = status;
    if (status === 'READY') task.task.readyMs = atMs;
  }

  /** Lays these tasks out and removes every other. `outputs` are the seeds' own, as JSON. */
  layOut(record: ExecutionRecord, seeds: TaskSeed[], outputs: (string | undefined)[], atMs: number): void {
    const before = this.tasks(record);
    const after = new Map<string, TaskRecord>();
    const ordered = seeds.map((seed, at) => ({ seed, output: outputs[at] }));
    ordered.sort((a, b) => a.seed.index - b.seed.index);
    for (const { seed, output } of ordered) {
      const old = before.get(seed.taskId);
      const { execution, key, attemptFloor } = record;
      const task = seedRecord(execution.id, key, seed, output, old, attemptFloor, atMs);
      if (old?.key !== task.key)
        task.output = old && task.output === null ? this.#taskRows.output(old) : task.output;
      else if (old.dirty !== 'row') {
        task.dirty = 'fields';
        task.outputDirty = task.output !== null;
      }
      after.set(seed.taskId, task);
      this.#count(record, seed.status, 1);
    }
    for (const old of before.values()) {
      const { taskId, attempt, status } = old.task;
      this.#count(record, status, -1);
      if (!after.has(taskId)) record.attemptFloor = Math.max(record.attemptFloor, attempt);
      if (after.get(taskId)?.key !== old.key) this.#taskRows.delete(old);
    }
    this.#size += after.size - before.size;
    record.tasks = after;
    record.dirtyTasks = [...after.values()];
    this.touchRow(record);
  }

  #count(record: ExecutionRecord, status: TaskStatus, by: number): void {
    record.counts[status] += by;
    record.countsDirty = true;
  }

  #flush(): void {
    for (const record of this.#dirty) {
      for (const task of record.dirtyTasks) this.#taskRows.save(task);
      record.dirtyTasks.length = 0;
    }
    this.#events.flush();
    for (const record of this.#dirty) {
      // Counts that came with events are in the log.
      if (record.rowDirty || record.countsDirty) {
        this.rows.save(record);
        this.#totals.recount(record);
      }
      record.dirty = false;
      if (record.tasks && EXECUTION_ENDS.includes(record.execution.status)) this.#ended.push(record);
    }
    this.#dirty.length = 0;
    this.#totals.flush();
  }

  /**
   * Runs after each COMMIT; a listener of it may have made something dirty again. What was used since the last time is spared
   * once (second chance): an exact order of use would cost more at each look-up than it is worth.
   */
  #evict(): void {
    // Nobody works on the tasks of an execution that has ended.
    for (const record of this.#ended) {
      if (record.dirty || !record.tasks) continue;
      this.#size -= record.tasks.size;
      record.tasks = undefined;
    }
    this.#ended.length = 0;
    if (this.#size <= this.#recordsMax) return;
    for (const sparing of [true, false]) {
      for (const [id, record] of this.#records) {
        if (record.dirty) continue;
        if (sparing && record.used) record.used = false;
        else this.forget(id);
        if (this.#size <= this.#recordsMax * 0.75) return;
      }
    }
  }

  /** Drops what is in memory of an execution; never while it is dirty. */
  forget(id: string): void {
    const record = this.#records.get(id);
    if (!record) return;
    this.#records.delete(id);
    this.#size -= 1 + (record.tasks?.size ?? 0);
    if (this.#latest === record) this.#latest = undefined;
  }
}
