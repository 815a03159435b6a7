import { InvalidInput } from '../../core/errors.ts';
import type { NewEvent } from '../../core/event/event.ts';
import { noCounts } from '../../core/execution/counts.ts';
import { type Execution, TASK_ENDS } from '../../core/execution/execution.ts';
import { toJson } from '../../core/json.ts';
import type {
  ExecutionChange,
  ExecutionChanged,
  NewExecution,
  TaskSeed,
} from '../../core/ports/execution-store.ts';
import type { Database } from './database.ts';
import type { EventLog } from './event-log.ts';
import type { ExecutionRecords } from './execution-records.ts';
import { type ExecutionRecord, snapshot } from './execution-rows.ts';
import { fromJson } from './json-column.ts';
import { TASKS_PER_EXECUTION } from './migrations.ts';

/** What happens to an execution and all of its tasks in one step: everything is checked before anything changes. */
export class ExecutionChanges {
  readonly #database: Database;
  readonly #records: ExecutionRecords;
  readonly #events: EventLog;

  constructor(database: Database, records: ExecutionRecords, events: EventLog) {
    this.#database = database;
    this.#records = records;
    this.#events = events;
  }

  create(execution: NewExecution, events: NewEvent[]): { created: boolean; execution: Execution } {
    const existing = this.#records.find(execution.id);
    if (existing) return { created: false, execution: snapshot(existing) };
    const variables = toJson(execution.variables, 'variables')!;
    const texts = this.#events.encode(events);
    const record = newRecord({ ...execution, variables: fromJson(variables)! });
    this.#records.add(record, variables);
    this.#events.append(record, events, texts);
    this.#database.grow(variables.length);
    return { created: true, execution: snapshot(record) };
  }

  apply(change: ExecutionChange): ExecutionChanged {
    const record = this.#records.find(change.id);
    if (!record) return { applied: false };
    const { expect, seeds, events = [] } = change;
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
    const texts = this.#events.encode(events);
    const outputs = seeds?.map((seed) => toJson(seed.output, 'output'));
    if (seeds) checkSeeds(seeds);

    Object.assign(execution, fields);
    if (output) execution.output = fromJson(output);
    if (status) this.#records.setStatus(record, status);
    if ('output' in fields || 'outputRef' in fields || fields.errors) record.resultDirty = true;
    if (seeds) this.#records.layOut(record, seeds, outputs!, change.atMs);
    if (change.cancelOpen !== undefined) this.#cancelOpen(record, change.cancelOpen, change.atMs);
    this.#events.append(record, events, texts);
    this.#records.touchRow(record);
    this.#database.grow(output?.length ?? 0);
    return { applied: true, execution: snapshot(record) };
  }

  #cancelOpen(record: ExecutionRecord, reason: string, atMs: number): void {
    for (const task of this.#records.tasks(record).values()) {
      if (TASK_ENDS.includes(task.task.status)) continue;
      task.task.reason = reason;
      task.task.endedMs = atMs;
      this.#records.setTaskStatus(record, task, 'CANCELLED', atMs);
      this.#records.touchTask(record, task, 'fields');
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

function newRecord(execution: NewExecution): ExecutionRecord {
  return {
    key: 0,
    execution: { ...execution, status: 'QUEUED', run: 1, errors: [], total: 0 },
    counts: noCounts(),
    lastSeq: 0,
    attemptFloor: 0,
    used: true,
    dirty: false,
    rowDirty: false,
    countsDirty: false,
    counted: undefined,
    resultDirty: execution.output !== undefined || execution.outputRef !== undefined,
    tasks: new Map(),
    dirtyTasks: [],
  };
}
