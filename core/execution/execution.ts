import { NotFound } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { Precedence } from '../satellite/precedence.ts';
import type { Variables } from '../workflow/definition.ts';

/**
 * QUEUED waits to be admitted (MAX_WORKFLOWS, or tasks it depends on). PAUSED starts nothing new.
 * The last three are ends; a redrive leaves them again with `run` + 1.
 */
export type ExecutionStatus = 'QUEUED' | 'RUNNING' | 'PAUSED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/**
 * PENDING has unresolved parents; READY may be dispatched; RUNNING is held by an attempt; WAITING holds until `dueMs`,
 * a signal or a child's end; PARKED can't run until somebody acts, and `reason` says who. The last four are ends.
 */
export type TaskStatus =
  | 'PENDING'
  | 'READY'
  | 'RUNNING'
  | 'WAITING'
  | 'PARKED'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'SKIPPED'
  | 'CANCELLED';

export const TASK_ENDS: readonly TaskStatus[] = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];
export const EXECUTION_ENDS: readonly ExecutionStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
/** Not yet ended. */
export const EXECUTION_UNENDED: readonly ExecutionStatus[] = ['QUEUED', 'RUNNING', 'PAUSED'];

/** A task of one run of an execution. */
export interface TaskRef {
  executionId: string;
  taskId: string;
}

/** One try of a task; `attempt` is the fence: a write that names an older one is refused. */
export interface AttemptRef extends TaskRef {
  attempt: number;
}

export interface TaskFailure {
  /** The error's class name, as retry policies name it. */
  error: string;
  cause: string;
  taskId?: string;
  attempt?: number;
  /** Nodes that the task failed on so far, the last one last. */
  nodes?: string[];
  /** Trying again can't help. */
  permanent?: boolean;
}

/** The task of another node that waits for an execution here. */
export interface Origin extends AttemptRef {
  /** Id of that node. */
  node: string;
  run: number;
  /** Of the answer. */
  precedence: Precedence;
  /** Until when it waits; epoch milliseconds. */
  untilMs: number;
}

export interface Execution {
  id: string;
  /** `workflow`: started by name. `task`: a standalone task. `child`: made by a `workflow`, `parallel` or `map` task. */
  kind: 'workflow' | 'task' | 'child';
  workflow: string;
  /** 0 for a definition that has no name of its own (standalone tasks, map and parallel). */
  version: number;
  definitionHash: string;
  status: ExecutionStatus;
  /** 1, and one more for each redrive. */
  run: number;
  priority: number;
  variables: Variables;
  /** Inline output, or `outputRef` when it is large. */
  output?: JsonValue;
  outputRef?: string;
  errors: TaskFailure[];
  /** The task that waits for this child. */
  parent?: AttemptRef;
  /** Who waits for its end on another node, and whether that was told. */
  origin?: Origin;
  answered?: boolean;
  /** Executions that must succeed before this one is admitted. */
  after: string[];
  correlationId?: string;
  /** Hash of the request that made it, to tell a replayed Idempotency-Key from a misused one. */
  requestHash: string;
  /** Answers the Await state. */
  token?: string;
  /** Answers the Admit state. */
  admitToken?: string;
  total: number;
  submittedMs: number;
  startedMs?: number;
  deadlineMs?: number;
  endedMs?: number;
}

export interface Task extends TaskRef {
  /** Place in the definition, from 0. */
  index: number;
  type: string;
  status: TaskStatus;
  /** Claims so far; the fence. */
  attempt: number;
  /** Failed attempts that count against the retry policy. */
  failures: number;
  /** Attempts that their host didn't see to an end. */
  interruptions: number;
  /** Parents that have not ended. */
  remaining: number;
  /** `dependsOn` edges that ended unsatisfied. */
  unmet: number;
  /** `triggeredBy` edges that ended satisfied. */
  triggered: number;
  priority: number;
  reason?: string;
  /** Inline output, or `outputRef` when it is large. */
  output?: JsonValue;
  outputRef?: string;
  failure?: TaskFailure;
  /** When a WAITING task goes on. */
  dueMs?: number;
  /** The child execution of a `workflow`, `parallel` or `map` task, or what runs the task on another node. */
  childId?: string;
  /** The other node that runs it. */
  nodeId?: string;
  /** PARKED because no node can run it. */
  unplaced?: boolean;
  readyMs?: number;
  startedMs?: number;
  endedMs?: number;
}

export const noExecution = (id: string): NotFound =>
  new NotFound(`There is no execution "${id}".`, 'List them with GET /executions.');
