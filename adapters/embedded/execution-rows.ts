/** An execution as it is kept in memory and in its row. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { noCounts, openOf, totalOf } from '../../core/execution/counts.ts';
import type { Execution, ExecutionStatus, TaskStatus } from '../../core/execution/execution.ts';
import type { ExecutionView, TaskCounts } from '../../core/ports/execution-store.ts';
import { fromJson, fromNull } from './json-column.ts';
import type { Row, TaskRecord } from './task-rows.ts';

export interface ExecutionRecord {
  key: number;
  /** `total` is taken from `counts` when it is handed out; variables, output and errors are shared: never change them. */
  execution: Execution;
  counts: TaskCounts;
  /** Number of its newest event. */
  lastSeq: number;
  /** No new task starts below this attempt, so that a task laid out again still fences attempts from before. */
  attemptFloor: number;
  /** It was looked up since records were last evicted. */
  used: boolean;
  /** Something of it or of its tasks is to be written. */
  dirty: boolean;
  /** Its own row is dirty. */
  rowDirty: boolean;
  /** The counts are in no row yet. */
  countsDirty: boolean;
  /** What its row adds to the totals. */
  counted: { status: ExecutionStatus; counts: TaskCounts } | undefined;
  /** Output or errors are dirty too. */
  resultDirty: boolean;
  /** In index order; undefined until somebody asks for one. */
  tasks: Map<string, TaskRecord> | undefined;
  dirtyTasks: TaskRecord[];
}

export function readCounts(json: SQLOutputValue | undefined): TaskCounts {
  return { ...noCounts(), ...fromJson<Partial<TaskCounts>>(json) };
}

/** Leaves out zeros, to be read by a person. */
export function countsJson(counts: TaskCounts): string {
  const some: Partial<TaskCounts> = {};
  for (const status in counts) {
    if (counts[status as TaskStatus] !== 0) some[status as TaskStatus] = counts[status as TaskStatus];
  }
  return JSON.stringify(some);
}

/** A copy for a caller to keep. */
export function snapshot(record: ExecutionRecord): Execution {
  return { ...record.execution, total: totalOf(record.counts) };
}

const COLUMNS = `key, id, kind, workflow, version, definition_hash, status, run, priority, parent_execution, parent_task,
  parent_attempt, after_ids, correlation_id, request_hash, submitted_ms, started_ms, deadline_ms, ended_ms, token,
  admit_token, task_counts, last_seq, attempt_floor, errors, output_ref, output, origin, answered`;

/** Its newest events tell the counts and the seq that its row may lack. */
const newest = (column: string): string =>
  `ifnull((SELECT event_log.${column} FROM event_log WHERE event_log.execution = executions.key
   AND event_log.seq > executions.last_seq ORDER BY event_log.seq DESC LIMIT 1)`;
const NEWEST_COUNTS = `${newest('task_counts')}, executions.task_counts)`;

/** To be read as arrays by `readExecution`; add WHERE, ORDER BY and LIMIT. */
export const EXECUTION_SELECT = `SELECT ${COLUMNS}, variables, ${NEWEST_COUNTS}, ${newest('seq')}, last_seq)
  FROM executions LEFT JOIN execution_variables ON execution_variables.execution = executions.key`;

/** The counts of one execution, by its id. */
export const COUNTS_SELECT = `SELECT ${NEWEST_COUNTS} FROM executions WHERE id = ?`;

/** Of every execution that has not ended: what its row counts, and what there is. */
export const UNCOUNTED_SELECT = `SELECT task_counts, ${NEWEST_COUNTS} FROM executions
  WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED')`;

export function readRecord(row: Row): ExecutionRecord {
  const counts = readCounts(row[30]);
  return {
    key: row[0] as number,
    execution: {
      id: row[1] as string,
      kind: row[2] as Execution['kind'],
      workflow: row[3] as string,
      version: row[4] as number,
      definitionHash: row[5] as string,
      status: row[6] as Execution['status'],
      run: row[7] as number,
      priority: row[8] as number,
      variables: fromJson(row[29]) ?? {},
      output: fromJson(row[26]),
      outputRef: fromNull(row[25]),
      errors: fromJson(row[24]) ?? [],
      parent:
        row[9] === null
          ? undefined
          : { executionId: row[9] as string, taskId: row[10] as string, attempt: row[11] as number },
      origin: fromJson(row[27]),
      answered: row[28] === 1 ? true : undefined,
      after: fromJson(row[12]) ?? [],
      correlationId: fromNull(row[13]),
      requestHash: row[14] as string,
      token: fromNull(row[19]),
      admitToken: fromNull(row[20]),
      total: totalOf(counts),
      submittedMs: row[15] as number,
      startedMs: fromNull(row[16]),
      deadlineMs: fromNull(row[17]),
      endedMs: fromNull(row[18]),
    },
    counts,
    lastSeq: row[31] as number,
    attemptFloor: row[23] as number,
    used: true,
    dirty: false,
    rowDirty: false,
    countsDirty: false,
    counted: { status: row[6] as ExecutionStatus, counts: readCounts(row[21]) },
    resultDirty: false,
    tasks: undefined,
    dirtyTasks: [],
  };
}

export function readExecution(row: Row): ExecutionView {
  const { execution, counts } = readRecord(row);
  return { ...execution, open: openOf(counts) };
}

/** The writer's statements for execution rows. */
export class ExecutionRows {
  readonly #insert;
  readonly #insertVariables;
  readonly #insertAfter;
  readonly #updateState;
  readonly #updateResult;
  readonly #byId;

  constructor(db: DatabaseSync) {
    const values = COLUMNS.split(',').map(() => '?');
    this.#insert = db.prepare(`INSERT INTO executions (${COLUMNS}) VALUES (${values.join(', ')})`);
    this.#insertVariables = db.prepare('INSERT INTO execution_variables VALUES (?, ?)');
    this.#insertAfter = db.prepare('INSERT OR IGNORE INTO execution_after VALUES (?, ?)');
    this.#updateState = db.prepare(
      `UPDATE executions SET version = ?, definition_hash = ?, status = ?, run = ?, started_ms = ?, deadline_ms = ?,
       ended_ms = ?, token = ?, admit_token = ?, task_counts = ?, last_seq = ?, attempt_floor = ?, answered = ? WHERE key = ?`,
    );
    this.#updateResult = db.prepare(
      'UPDATE executions SET errors = ?, output_ref = ?, output = ? WHERE key = ?',
    );
    this.#byId = db.prepare(`${EXECUTION_SELECT} WHERE id = ?`);
    this.#byId.setReturnArrays(true);
  }

  find(id: string): ExecutionRecord | undefined {
    const row = this.#byId.get(id) as unknown as Row | undefined;
    return row && readRecord(row);
  }

  insert(record: ExecutionRecord, variables: string): void {
    const { key, execution, counts } = record;
    const { parent } = execution;
    this.#insert.run(
      key,
      execution.id,
      execution.kind,
      execution.workflow,
      execution.version,
      execution.definitionHash,
      execution.status,
      execution.run,
      execution.priority,
      parent?.executionId ?? null,
      parent?.taskId ?? null,
      parent?.attempt ?? null,
      JSON.stringify(execution.after),
      execution.correlationId ?? null,
      execution.requestHash,
      execution.submittedMs,
      execution.startedMs ?? null,
      execution.deadlineMs ?? null,
      execution.endedMs ?? null,
      execution.token ?? null,
      execution.admitToken ?? null,
      countsJson(counts),
      record.lastSeq,
      record.attemptFloor,
      JSON.stringify(execution.errors),
      null,
      null,
      execution.origin ? JSON.stringify(execution.origin) : null,
      null,
    );
    if (variables !== '{}') this.#insertVariables.run(key, variables);
    for (const id of execution.after) this.#insertAfter.run(id, key);
  }

  save(record: ExecutionRecord): void {
    const { key, execution } = record;
    this.#updateState.run(
      execution.version,
      execution.definitionHash,
      execution.status,
      execution.run,
      execution.startedMs ?? null,
      execution.deadlineMs ?? null,
      execution.endedMs ?? null,
      execution.token ?? null,
      execution.admitToken ?? null,
      countsJson(record.counts),
      record.lastSeq,
      record.attemptFloor,
      execution.answered ? 1 : null,
      key,
    );
    if (record.resultDirty) {
      const output = execution.output === undefined ? null : JSON.stringify(execution.output);
      this.#updateResult.run(JSON.stringify(execution.errors), execution.outputRef ?? null, output, key);
    }
    record.rowDirty = false;
    record.countsDirty = false;
    record.resultDirty = false;
  }
}
