/**
 * The state of executions. Every write is one transaction: the state, the children's counters and the events, or nothing.
 * Reads see this host's own writes, durable or not; `ExecutionReader` sees only what is durable.
 */
import type { HoldfastEvent, NewEvent } from '../event/event.ts';
import type { JsonValue } from '../json.ts';
import type {
  AttemptRef,
  Execution,
  ExecutionStatus,
  Task,
  TaskRef,
  TaskStatus,
} from '../execution/execution.ts';

export type NewExecution = Omit<
  Execution,
  'status' | 'run' | 'errors' | 'total' | 'token' | 'admitToken' | 'answered'
>;

/** A task as it is laid out before it runs (Seed, redrive, restart). */
export type TaskSeed = Pick<
  Task,
  'taskId' | 'index' | 'type' | 'status' | 'remaining' | 'unmet' | 'triggered' | 'priority'
> &
  Partial<Pick<Task, 'reason' | 'output' | 'outputRef'>> & {
    /** Tasks that it comes after, each counted once; see `Resolution`. */
    parents?: number;
    /** The places, among its parents, of those that have ended and are in `remaining` no more. */
    heard?: readonly number[];
    /** Some task laid out open comes after it: the execution can't end before that one. */
    inner?: boolean;
  };

/** What the end of a task means for one of its children. */
export interface Resolution {
  taskId: string;
  /** Added to `unmet`, 0 or 1. */
  unmet: number;
  /** Added to `triggered`, 0 or 1. */
  triggered: number;
  /** Edges resolved by it: taken from `remaining`. */
  edges: number;
  /** The child's parents, each counted once, and the task's place among them from 0: spreads the writes where they are many. */
  parents?: number;
  place?: number;
}

export type TaskUpdate = Partial<
  Pick<
    Task,
    | 'status'
    | 'attempt'
    | 'failures'
    | 'interruptions'
    | 'reason'
    | 'output'
    | 'outputRef'
    | 'failure'
    | 'dueMs'
    | 'childId'
    | 'nodeId'
    | 'unplaced'
    | 'startedMs'
    | 'endedMs'
  >
>;

export interface TaskChange extends TaskRef {
  /**
   * The write happens only if the task is in one of these statuses, at this attempt, after so many failures where that is given, and
   * its execution in one of those.
   */
  expect: {
    statuses: readonly TaskStatus[];
    attempt: number;
    failures?: number;
    executionStatuses: readonly ExecutionStatus[];
  };
  /** Fields to set; an explicit `undefined` clears one. */
  set: TaskUpdate;
  resolve?: Resolution[];
  events?: NewEvent[];
  atMs: number;
  /**
   * `durable`: resolves when the write can't be lost. `ordered`: resolves as soon as its outcome is known; no later write
   * becomes durable without it (an adapter that can't promise that treats it as `durable`).
   */
  durability: 'durable' | 'ordered';
}

export type TaskChanged =
  | {
      applied: true;
      /** Children whose last parent this was; they are READY now. */
      ready: Task[];
      /** No task of the execution is open any more. */
      ended: boolean;
      /** The Await state's token, when `ended`. */
      token?: string;
    }
  /** A newer attempt, a pause or an end got there first; `task` and `executionStatus` are what stands. */
  | { applied: false; task?: Task; executionStatus?: ExecutionStatus };

export type ExecutionUpdate = Partial<
  Pick<
    Execution,
    | 'status'
    | 'output'
    | 'outputRef'
    | 'errors'
    | 'token'
    | 'admitToken'
    | 'startedMs'
    | 'deadlineMs'
    | 'endedMs'
    | 'definitionHash'
    | 'version'
    | 'run'
    | 'answered'
  >
>;

export interface ExecutionChange {
  id: string;
  expect: { statuses: readonly ExecutionStatus[]; run?: number };
  set: ExecutionUpdate;
  /**
   * Lays these tasks out and removes every other. One that was there keeps its `attempt` (the fence never goes back); one that
   * is laid out at an end keeps its times, failure and outcome too; the others begin anew with no failures.
   */
  seeds?: TaskSeed[];
  /** Ends every open task as CANCELLED with this reason. One that a crash cut short is carried through by the next such change, as `applied`. */
  cancelOpen?: string;
  events?: NewEvent[];
  atMs: number;
  durability: 'durable' | 'ordered';
}

export type ExecutionChanged = { applied: boolean; execution?: Execution };

export interface ExecutionStore {
  /** Stores a QUEUED execution with `run` 1, no tasks, and its events. When the id exists nothing is written and that one is returned. Durable. */
  create(execution: NewExecution, events: NewEvent[]): Promise<{ created: boolean; execution: Execution }>;
  get(id: string): Promise<Execution | undefined>;
  change(change: ExecutionChange): Promise<ExecutionChanged>;
  task(ref: TaskRef): Promise<Task | undefined>;
  /** Every task of these statuses, in index order; all of them unless given. */
  tasks(executionId: string, statuses?: readonly TaskStatus[]): Promise<Task[]>;
  /**
   * An end that is repeated (the task stands at this attempt in the status that `set` names, and that is an end) is answered
   * as the first was, with those children that are READY still: the first answer may have been lost.
   */
  changeTask(change: TaskChange): Promise<TaskChanged>;
  /** No task of the execution is open. */
  allEnded(executionId: string): Promise<boolean>;
  /** PARKED tasks that wait for this type. */
  parked(type: string): Promise<TaskRef[]>;
  /** PARKED tasks that are `unplaced`. */
  unplaced(): Promise<TaskRef[]>;
  /** Executions that name `executionId` in `after` and are QUEUED. */
  dependents(executionId: string): Promise<string[]>;
  /** Durable; false when the attempt is no longer the task's RUNNING one. */
  saveCheckpoint(ref: AttemptRef, value: JsonValue): Promise<boolean>;
  checkpoint(ref: TaskRef): Promise<JsonValue | undefined>;
  /** Keeps a signal until a task takes it; a repeated `id` is kept once. Durable; false when it was a repeat. */
  putSignal(executionId: string, signal: Signal, event: NewEvent): Promise<boolean>;
  /** The newest kept signal of this name, left in place: `changeTask` on the waiting task fences its use. */
  signal(executionId: string, name: string): Promise<Signal | undefined>;
}

/** What a host asks that runs alone on its store, when it starts. */
export interface HostRecovery {
  /** Executions that haven't ended, or whose origin wasn't told that they have, oldest first. */
  unfinished(): Promise<Execution[]>;
  /**
   * Puts every RUNNING task back to READY, with a `task.interrupted` event each: the attempts of a host that is gone. Durable.
   */
  reclaim(nowMs: number): Promise<TaskRef[]>;
}

export interface Signal {
  id: string;
  name: string;
  payload: JsonValue;
  atMs: number;
}

export interface ExecutionFilter {
  workflow?: string;
  statuses?: ExecutionStatus[];
  kind?: Execution['kind'];
  parentId?: string;
  correlationId?: string;
  /** Newest first, strictly older than this id. */
  beforeId?: string;
  limit: number;
}

export interface TaskFilter {
  statuses?: TaskStatus[];
  type?: string;
  afterIndex?: number;
  limit: number;
}

export interface EventFilter {
  types?: string[];
  afterSeq?: number;
  limit: number;
}

export type TaskCounts = Record<TaskStatus, number>;

/** An execution to look at; `open` tasks have not ended. */
export type ExecutionView = Execution & { open: number };

/** Reads what is durable, for people and APIs. */
export interface ExecutionReader {
  get(id: string): Promise<ExecutionView | undefined>;
  list(filter: ExecutionFilter): Promise<ExecutionView[]>;
  counts(executionId: string): Promise<TaskCounts>;
  task(ref: TaskRef): Promise<Task | undefined>;
  tasks(executionId: string, filter: TaskFilter): Promise<Task[]>;
  events(executionId: string, filter: EventFilter): Promise<HoldfastEvent[]>;
  /** Every execution's events in commit order after `cursor` (0 is the start), numbered without gaps; `cursor` of the last one comes back. */
  feed(cursor: number, limit: number): Promise<{ events: HoldfastEvent[]; cursor: number }>;
  /** Executions by status, tasks by status, over all. */
  totals(): Promise<{ executions: Record<ExecutionStatus, number>; tasks: TaskCounts }>;
}
