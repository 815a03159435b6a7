import { HoldfastError, NotFound } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import { openOf } from '../../core/execution/counts.ts';
import { type Task, TASK_ENDS } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type { Resolution, TaskChange, TaskChanged } from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import type { EventLog } from './event-log.ts';
import type { ExecutionRecords } from './execution-records.ts';
import type { ExecutionRecord } from './execution-rows.ts';
import { isProgress, type TaskRecord } from './task-rows.ts';

/** A change that contradicts what is stored: a fault of the engine, not of its user. */
class Invariant extends HoldfastError {
  override readonly name = 'Invariant';
}

/** What happens to one task, its children and its execution in one step: everything is checked before anything changes. */
export class TaskChanges {
  readonly #database: Database;
  readonly #records: ExecutionRecords;
  readonly #events: EventLog;

  constructor(database: Database, records: ExecutionRecords, events: EventLog) {
    this.#database = database;
    this.#records = records;
    this.#events = events;
  }

  apply(change: TaskChange): TaskChanged {
    const record = this.#records.find(change.executionId);
    const task = record && this.#records.tasks(record).get(change.taskId);
    const { expect, events = [], resolve = [] } = change;
    if (record && task && isRepeatedEnd(task.task, change)) return this.#again(record, resolve);
    if (
      !record ||
      !task ||
      task.task.attempt !== expect.attempt ||
      task.task.failures !== (expect.failures ?? task.task.failures) ||
      !expect.statuses.includes(task.task.status) ||
      !expect.executionStatuses.includes(record.execution.status)
    ) {
      return {
        applied: false,
        task: task && this.#records.snapshot(task),
        executionStatus: record?.execution.status,
      };
    }
    const output = toJson(change.set.output, 'output');
    const texts = this.#events.encode(events);
    const children = resolve.map((resolution) => this.#child(record, resolution));

    this.#set(record, task, change, output);
    const ready: Task[] = [];
    for (let at = 0; at < children.length; at++) {
      const child = children[at];
      if (child && this.#resolve(record, child, resolve[at]!, change.atMs)) {
        ready.push(this.#records.snapshot(child));
      }
    }
    this.#events.append(record, events, texts);
    return this.#applied(record, ready);
  }

  /** Answers as the first time: its answer may have been lost. */
  #again(record: ExecutionRecord, resolve: readonly Resolution[]): TaskChanged {
    const tasks = this.#records.tasks(record);
    const ready = resolve.flatMap(({ taskId }) => {
      const child = tasks.get(taskId);
      return child?.task.status === 'READY' ? [this.#records.snapshot(child)] : [];
    });
    return this.#applied(record, ready);
  }

  #applied(record: ExecutionRecord, ready: Task[]): TaskChanged {
    const ended = openOf(record.counts) === 0;
    return { applied: true, ready, ended, token: ended ? record.execution.token : undefined };
  }

  /** Puts a RUNNING task back to READY: its host went away. */
  interrupt(record: ExecutionRecord, task: TaskRecord, atMs: number): void {
    const { taskId, attempt } = task.task;
    const event: NewEvent = { atMs, type: 'task.interrupted', taskId, attempt };
    task.task.interruptions++;
    this.#records.setTaskStatus(record, task, 'READY', atMs);
    this.#records.touchTask(record, task, 'fields');
    this.#events.append(record, [event], this.#events.encode([event]));
  }

  /** The child that a resolution is about; undefined when it doesn't wait for its parents any more. */
  #child(record: ExecutionRecord, { taskId, edges }: Resolution): TaskRecord | undefined {
    const { id } = record.execution;
    const child = this.#records.tasks(record).get(taskId);
    if (!child) throw new NotFound(`Execution ${id} has no task ${taskId}.`, 'Name a task it has.');
    if (child.task.status !== 'PENDING') return undefined;
    if (child.task.remaining >= edges) return child;
    throw new Invariant(
      `Task ${taskId} of ${id} waits for ${child.task.remaining} parents, yet ${edges} more ended.`,
      'Report this with the events of the execution.',
    );
  }

  #set(record: ExecutionRecord, task: TaskRecord, change: TaskChange, output: string | undefined): void {
    const { status, output: _, ...fields } = change.set;
    const how = isProgress(task.task, fields) ? 'progress' : 'fields';
    Object.assign(task.task, fields);
    const outputToo = 'output' in change.set;
    if (outputToo) task.output = output;
    if (output) this.#database.grow(output.length);
    if (status) this.#records.setTaskStatus(record, task, status, change.atMs);
    this.#records.touchTask(record, task, how, outputToo);
  }

  /** True when that was the last parent. */
  #resolve(record: ExecutionRecord, child: TaskRecord, by: Resolution, atMs: number): boolean {
    child.task.remaining -= by.edges;
    child.task.unmet += by.unmet;
    child.task.triggered += by.triggered;
    const ready = child.task.remaining === 0;
    if (ready) this.#records.setTaskStatus(record, child, 'READY', atMs);
    this.#records.touchTask(record, child, 'progress');
    return ready;
  }
}

const isRepeatedEnd = (task: Task, { expect, set }: TaskChange): boolean =>
  task.attempt === expect.attempt && task.status === set.status && TASK_ENDS.includes(task.status);
