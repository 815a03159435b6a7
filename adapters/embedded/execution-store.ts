/** The state of executions on SQLite; see the port for what it promises. */
import { HoldfastError, InvalidInput, NotFound } from '../../core/errors.ts';
import type { EventType, NewEvent } from '../../core/event/event.ts';
import type { AttemptRef, Execution, Task, TaskRef, TaskStatus } from '../../core/execution/execution.ts';
import type { JsonValue } from '../../core/json.ts';
import type {
  ExecutionChange,
  ExecutionChanged,
  ExecutionStore,
  NewExecution,
  Resolution,
  Signal,
  TaskChange,
  TaskChanged,
  TaskSeed,
} from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import { EventLog } from './event-log.ts';
import { ExecutionRecords } from './execution-records.ts';
import { type ExecutionRecord, noCounts, openOf, snapshot } from './execution-rows.ts';
import { toJson } from './json-column.ts';
import { TASKS_PER_EXECUTION } from './migrations.ts';
import { Progress } from './progress.ts';
import type { TaskRecord } from './task-rows.ts';

const OPEN: readonly TaskStatus[] = ['PENDING', 'READY', 'RUNNING', 'WAITING', 'PARKED'];

export class SqliteExecutionStore implements ExecutionStore {
  readonly events: EventLog;
  readonly #database: Database;
  readonly #records: ExecutionRecords;
  readonly #progress: Progress;
  readonly #unfinished;
  readonly #parked;
  readonly #dependents;

  constructor(database: Database, options: { cachedRecordsMax?: number } = {}) {
    this.#database = database;
    this.events = new EventLog(database);
    this.#records = new ExecutionRecords(database, this.events, options.cachedRecordsMax);
    this.#progress = new Progress(database.writer);
    this.#unfinished = database.writer.prepare(
      `SELECT id FROM executions WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED') ORDER BY key`,
    );
    this.#parked = database.writer.prepare(
      `SELECT executions.id, task_id FROM tasks JOIN executions ON executions.key = execution
       WHERE tasks.status = 'PARKED' AND type = ? ORDER BY tasks.key`,
    );
    this.#dependents = database.writer.prepare(
      `SELECT id FROM execution_after JOIN executions ON key = execution WHERE after_id = ? ORDER BY key`,
    );
  }

  create(execution: NewExecution, events: NewEvent[]): Promise<{ created: boolean; execution: Execution }> {
    return this.#database.write(() => {
      const existing = this.#records.find(execution.id);
      if (existing) return { created: false, execution: snapshot(existing) };
      const variables = toJson(execution.variables, 'variables')!;
      const texts = this.events.encode(events);
      const record = newRecord(execution);
      this.#records.add(record, variables);
      this.events.append(record, events, texts);
      this.#database.grow(variables.length);
      return { created: true, execution: snapshot(record) };
    }, 'durable');
  }

  get(id: string): Promise<Execution | undefined> {
    return this.#database.peek(() => {
      const record = this.#records.find(id);
      return record && snapshot(record);
    });
  }

  change(change: ExecutionChange): Promise<ExecutionChanged> {
    return this.#database.write(() => this.#change(change), change.durability);
  }

  task(ref: TaskRef): Promise<Task | undefined> {
    return this.#database.peek(() => {
      const task = this.#find(ref)?.task;
      return task && this.#records.snapshot(task);
    });
  }

  tasks(executionId: string, statuses?: readonly TaskStatus[]): Promise<Task[]> {
    return this.#database.peek(() => {
      const record = this.#records.find(executionId);
      if (!record) return [];
      const found: Task[] = [];
      for (const task of this.#records.tasks(record).values()) {
        if (!statuses || statuses.includes(task.task.status)) found.push(this.#records.snapshot(task));
      }
      return found;
    });
  }

  changeTask(change: TaskChange): Promise<TaskChanged> {
    return this.#database.write(() => this.#changeTask(change), change.durability);
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
          this.#interrupt(record, task, nowMs);
          reclaimed.push({ executionId: record.execution.id, taskId: task.task.taskId });
        }
      }
      return reclaimed;
    }, 'durable');
  }

  parked(type: string): Promise<TaskRef[]> {
    return this.#database.peek(() => {
      this.#database.flush();
      return this.#parked
        .all(type)
        .map((row) => ({ executionId: row.id as string, taskId: row.task_id as string }));
    });
  }

  dependents(executionId: string): Promise<string[]> {
    return this.#database.peek(() =>
      this.#dependents
        .all(executionId)
        .map(({ id }) => id as string)
        .filter((id) => this.#records.find(id)?.execution.status === 'QUEUED'),
    );
  }

  saveCheckpoint(ref: AttemptRef, value: JsonValue): Promise<boolean> {
    return this.#database.write(() => {
      const text = toJson(value, 'checkpoint')!;
      const found = this.#find(ref);
      if (found?.task.task.status !== 'RUNNING' || found.task.task.attempt !== ref.attempt) return false;
      this.#progress.saveCheckpoint(found.record.key, ref, text);
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
      if (!record) throw noExecution(executionId);
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

  #find(ref: TaskRef): { record: ExecutionRecord; task: TaskRecord } | undefined {
    const record = this.#records.find(ref.executionId);
    const task = record && this.#records.tasks(record).get(ref.taskId);
    return task && { record: record!, task };
  }

  #changeTask(change: TaskChange): TaskChanged {
    const record = this.#records.find(change.executionId);
    const task = record && this.#records.tasks(record).get(change.taskId);
    const { expect, set, events = [], resolve = [] } = change;
    if (
      !record ||
      !task ||
      task.task.attempt !== expect.attempt ||
      !expect.statuses.includes(task.task.status) ||
      !expect.executionStatuses.includes(record.execution.status)
    ) {
      return {
        applied: false,
        task: task && this.#records.snapshot(task),
        executionStatus: record?.execution.status,
      };
    }
    const output = toJson(set.output, 'output');
    const texts = this.events.encode(events);
    const children = resolve.map((resolution) => this.#child(record, resolution));

    this.#set(record, task, change, output);
    const ready: Task[] = [];
    for (const [at, child] of children.entries()) {
      if (child && this.#resolve(record, child, resolve[at]!, change.atMs)) {
        ready.push(this.#records.snapshot(child));
      }
    }
    this.events.append(record, events, texts);
    const ended = openOf(record.counts) === 0;
    return { applied: true, ready, ended, token: ended ? record.execution.token : undefined };
  }

  /** The child that a resolution is about; undefined when it doesn't wait for its parents any more. */
  #child(record: ExecutionRecord, { taskId, edges }: Resolution): TaskRecord | undefined {
    const child = this.#records.tasks(record).get(taskId);
    if (!child)
      throw new NotFound(`Execution ${record.execution.id} has no task ${taskId}.`, 'Name a task it has.');
    if (child.task.status !== 'PENDING') return undefined;
    if (child.task.remaining < edges) {
      throw new Invariant(
        `Task ${taskId} of ${record.execution.id} waits for ${child.task.remaining} parents, yet ${edges} more ended.`,
        'Report this with the events of the execution.',
      );
    }
    return child;
  }

  #set(record: ExecutionRecord, task: TaskRecord, change: TaskChange, output: string | undefined): void {
    const { status, output: _, ...fields } = change.set;
    Object.assign(task.task, fields);
    const outputToo = 'output' in change.set;
    if (outputToo) task.output = output;
    if (output) this.#database.grow(output.length);
    if (status) this.#records.setTaskStatus(record, task, status, change.atMs);
    this.#records.touchTask(record, task, outputToo);
  }

  /** True when that was the last parent. */
  #resolve(record: ExecutionRecord, child: TaskRecord, by: Resolution, atMs: number): boolean {
    child.task.remaining -= by.edges;
    child.task.unmet += by.unmet;
    child.task.triggered += by.triggered;
    const ready = child.task.remaining === 0;
    if (ready) this.#records.setTaskStatus(record, child, 'READY', atMs);
    this.#records.touchTask(record, child);
    return ready;
  }

  #interrupt(record: ExecutionRecord, task: TaskRecord, atMs: number): void {
    const { taskId, attempt } = task.task;
    const event: NewEvent = { atMs, type: 'task.interrupted' satisfies EventType, taskId, attempt };
    this.#records.setTaskStatus(record, task, 'READY', atMs);
    this.#records.touchTask(record, task);
    this.events.append(record, [event], this.events.encode([event]));
  }

  #change(change: ExecutionChange): ExecutionChanged {
    const record = this.#records.find(change.id);
    if (!record) return { applied: false };
    const { expect, events = [] } = change;
    const { execution } = record;
    if (
      !expect.statuses.includes(execution.status) ||
      (expect.run !== undefined && expect.run !== execution.run)
    ) {
      return { applied: false, execution: snapshot(record) };
    }
    const { status, ...fields } = change.set;
    const output = toJson(fields.output, 'output');
    toJson(fields.errors, 'errors');
    const texts = this.events.encode(events);
    const outputs = change.seeds?.map((seed) => toJson(seed.output, 'output'));
    if (change.seeds) checkSeeds(change.seeds);

    Object.assign(execution, fields);
    if (status) this.#records.setStatus(record, status);
    if ('output' in fields || 'outputRef' in fields || fields.errors) record.resultDirty = true;
    if (output) this.#database.grow(output.length);
    if (change.seeds) this.#records.layOut(record, change.seeds, outputs!, change.atMs);
    if (change.cancelOpen !== undefined) this.#cancelOpen(record, change.cancelOpen, change.atMs);
    this.events.append(record, events, texts);
    this.#records.touch(record);
    return { applied: true, execution: snapshot(record) };
  }

  #cancelOpen(record: ExecutionRecord, reason: string, atMs: number): void {
    for (const task of this.#records.tasks(record).values()) {
      if (!OPEN.includes(task.task.status)) continue;
      task.task.reason = reason;
      task.task.endedMs = atMs;
      this.#records.setTaskStatus(record, task, 'CANCELLED', atMs);
      this.#records.touchTask(record, task);
    }
  }
}

function checkSeeds(seeds: TaskSeed[]): void {
  const ids = new Set<string>();
  const places = new Set<number>();
  for (const { index, taskId } of seeds) {
    if (ids.has(taskId) || places.has(index) || !(index >= 0 && index < TASKS_PER_EXECUTION)) {
      throw new InvalidInput(
        `Task ${taskId} at place ${index} can not be laid out beside the others.`,
        `Give each task an id of its own and a place of its own from 0 to ${TASKS_PER_EXECUTION - 1}.`,
      );
    }
    ids.add(taskId);
    places.add(index);
  }
}

/** A change that contradicts what is stored: a fault of the engine, not of its user. */
class Invariant extends HoldfastError {
  override readonly name = 'Invariant';
}

function noExecution(id: string): NotFound {
  return new NotFound(`There is no execution ${id}.`, 'Check the id; GET /executions lists those there are.');
}

function newRecord(execution: NewExecution): ExecutionRecord {
  return {
    key: 0,
    execution: { ...execution, status: 'QUEUED', run: 1, errors: [], total: 0, open: 0 },
    counts: noCounts(),
    lastSeq: 0,
    attemptFloor: 0,
    dirty: false,
    resultDirty: execution.output !== undefined,
    tasks: new Map(),
    dirtyTasks: [],
  };
}
