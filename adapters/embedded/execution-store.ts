/** The state of executions on SQLite; see the port for what it promises. Variables, outputs and errors it hands out are read-only. */
import type { SQLOutputValue } from 'node:sqlite';
import { NotFound } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import { openOf } from '../../core/execution/counts.ts';
import type { AttemptRef, Execution, Task, TaskRef, TaskStatus } from '../../core/execution/execution.ts';
import { type JsonValue, toJson } from '../../core/json.ts';
import type {
  ExecutionChange,
  ExecutionChanged,
  ExecutionStore,
  HostRecovery,
  NewExecution,
  Signal,
  TaskChange,
  TaskChanged,
} from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import { EventLog } from './event-log.ts';
import { ExecutionChanges } from './execution-changes.ts';
import { ExecutionRecords } from './execution-records.ts';
import { snapshot } from './execution-rows.ts';
import { Progress } from './progress.ts';
import { Retention } from './retention.ts';
import { TaskChanges } from './task-changes.ts';

const UNFINISHED = `SELECT id FROM executions
  WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED') OR (origin IS NOT NULL AND answered IS NULL) ORDER BY key`;
const PARKED = `SELECT executions.id, task_id FROM tasks JOIN executions ON executions.key = execution
  WHERE tasks.status = 'PARKED' AND type = ? ORDER BY tasks.key`;
const UNPLACED = `SELECT executions.id, task_id FROM tasks JOIN executions ON executions.key = execution
  WHERE tasks.status = 'PARKED' AND unplaced = 1 ORDER BY tasks.key`;
const DEPENDENTS = `SELECT id FROM execution_after JOIN executions ON key = execution WHERE after_id = ? ORDER BY key`;

export class SqliteExecutionStore implements ExecutionStore, HostRecovery {
  readonly events: EventLog;
  readonly #database: Database;
  readonly #records: ExecutionRecords;
  readonly #executions: ExecutionChanges;
  readonly #tasks: TaskChanges;
  readonly #progress: Progress;
  readonly #retention: Retention;
  readonly #unfinished;
  readonly #parked;
  readonly #unplaced;
  readonly #dependents;

  constructor(database: Database, options: { cachedRecordsMax?: number } = {}) {
    const { writer } = database;
    this.#database = database;
    this.events = new EventLog(database);
    this.#records = new ExecutionRecords(database, this.events, options.cachedRecordsMax);
    this.#executions = new ExecutionChanges(database, this.#records, this.events);
    this.#tasks = new TaskChanges(database, this.#records, this.events);
    this.#progress = new Progress(writer);
    this.#retention = new Retention(writer);
    this.#unfinished = writer.prepare(UNFINISHED);
    this.#parked = writer.prepare(PARKED);
    this.#unplaced = writer.prepare(UNPLACED);
    this.#dependents = writer.prepare(DEPENDENTS);
  }

  create(execution: NewExecution, events: NewEvent[]): Promise<{ created: boolean; execution: Execution }> {
    return this.#database.write(() => this.#executions.create(execution, events), 'durable');
  }

  get(id: string): Promise<Execution | undefined> {
    return this.#database.peek(() => {
      const record = this.#records.find(id);
      return record && snapshot(record);
    });
  }

  change(change: ExecutionChange): Promise<ExecutionChanged> {
    return this.#database.write(() => this.#executions.apply(change), change.durability);
  }

  task(ref: TaskRef): Promise<Task | undefined> {
    return this.#database.peek(() => {
      const record = this.#records.find(ref.executionId);
      const task = record && this.#records.tasks(record).get(ref.taskId);
      return task && this.#records.snapshot(task);
    });
  }

  tasks(executionId: string, statuses?: readonly TaskStatus[]): Promise<Task[]> {
    return this.#database.peek(() => {
      const record = this.#records.find(executionId);
      const found: Task[] = [];
      if (!record) return found;
      for (const task of this.#records.tasks(record).values()) {
        if (!statuses || statuses.includes(task.task.status)) found.push(this.#records.snapshot(task));
      }
      return found;
    });
  }

  changeTask(change: TaskChange): Promise<TaskChanged> {
    return this.#database.write(() => this.#tasks.apply(change), change.durability);
  }

  allEnded(executionId: string): Promise<boolean> {
    return this.#database.peek(() => {
      const record = this.#records.find(executionId);
      return record !== undefined && openOf(record.counts) === 0;
    });
  }

  unfinished(): Promise<Execution[]> {
    return this.#database.peek(() => {
      this.#database.flush();
      return this.#unfinished.all().map(({ id }) => snapshot(this.#records.find(id as string)!));
    });
  }

  reclaim(nowMs: number): Promise<TaskRef[]> {
    return this.#database.write(() => {
      this.#database.flush();
      const reclaimed: TaskRef[] = [];
      for (const { id } of this.#unfinished.all()) {
        const record = this.#records.find(id as string)!;
        for (const task of this.#records.tasks(record).values()) {
          if (task.task.status !== 'RUNNING') continue;
          this.#tasks.interrupt(record, task, nowMs);
          reclaimed.push({ executionId: record.execution.id, taskId: task.task.taskId });
        }
      }
      return reclaimed;
    }, 'durable');
  }

  parked(type: string): Promise<TaskRef[]> {
    return this.#refs(() => this.#parked.all(type));
  }

  unplaced(): Promise<TaskRef[]> {
    return this.#refs(() => this.#unplaced.all());
  }

  dependents(executionId: string): Promise<string[]> {
    return this.#database.peek(() => {
      const ids = this.#dependents.all(executionId).map(({ id }) => id as string);
      return ids.filter((id) => this.#records.find(id)?.execution.status === 'QUEUED');
    });
  }

  saveCheckpoint(ref: AttemptRef, value: JsonValue): Promise<boolean> {
    return this.#database.write(() => {
      const text = toJson(value, 'checkpoint')!;
      const record = this.#records.find(ref.executionId);
      const task = record && this.#records.tasks(record).get(ref.taskId)?.task;
      if (task?.status !== 'RUNNING' || task.attempt !== ref.attempt) return false;
      this.#progress.saveCheckpoint(record!.key, ref, text);
      this.#database.grow(text.length);
      return true;
    }, 'durable');
  }

  checkpoint(ref: TaskRef): Promise<JsonValue | undefined> {
    return this.#database.peek(() => {
      const record = this.#records.find(ref.executionId);
      return record && this.#progress.checkpoint(record.key, ref.taskId);
    });
  }

  putSignal(executionId: string, signal: Signal, event: NewEvent): Promise<boolean> {
    return this.#database.write(() => {
      const record = this.#records.find(executionId);
      if (!record) throw new NotFound(`There is no execution ${executionId}.`, 'Check its id.');
      const payload = toJson(signal.payload, 'payload')!;
      const texts = this.events.encode([event]);
      if (!this.#progress.putSignal(record.key, signal, payload)) return false;
      this.events.append(record, [event], texts);
      this.#records.touch(record);
      this.#database.grow(payload.length);
      return true;
    }, 'durable');
  }

  signal(executionId: string, name: string): Promise<Signal | undefined> {
    return this.#database.peek(() => {
      const record = this.#records.find(executionId);
      return record && this.#progress.signal(record.key, name);
    });
  }

  #refs(rows: () => Record<string, SQLOutputValue>[]): Promise<TaskRef[]> {
    return this.#database.peek(() => {
      this.#database.flush();
      return rows().map((row) => ({ executionId: row.id as string, taskId: row.task_id as string }));
    });
  }

  /** See `EmbeddedStore.prune`. */
  prune(request: { endedBeforeMs: number; limit: number }): Promise<number> {
    return this.#database.write(() => {
      this.#database.flush();
      const ids = this.#retention.prune(request);
      for (const id of ids) this.#records.forget(id);
      return ids.length;
    }, 'durable');
  }
}
