/** Small executions to try a store with. */
import type { NewEvent } from '../../core/event/event.ts';
import type { ExecutionStatus, TaskStatus } from '../../core/execution/execution.ts';
import type {
  ExecutionStore,
  NewExecution,
  Resolution,
  TaskChange,
  TaskChanged,
  TaskSeed,
  TaskUpdate,
} from '../../core/ports/execution-store.ts';

export const T0 = 1_700_000_000_000;

export function newExecution(id: string, changes: Partial<NewExecution> = {}): NewExecution {
  return {
    id,
    kind: 'workflow',
    workflow: 'trip',
    version: 1,
    definitionHash: 'hash-1',
    priority: 5,
    variables: {},
    after: [],
    requestHash: 'request-1',
    submittedMs: T0,
    ...changes,
  };
}

export function event(type: NewEvent['type'], changes: Partial<NewEvent> = {}): NewEvent {
  return { atMs: T0, type, ...changes };
}

export function seed(index: number, changes: Partial<TaskSeed> = {}): TaskSeed {
  return {
    taskId: `t${index}`,
    index,
    type: 'noop',
    status: 'READY',
    remaining: 0,
    unmet: 0,
    triggered: 0,
    priority: 5,
    ...changes,
  };
}

/** A task with `parents` unresolved edges. */
export function pending(index: number, parents: number, changes: Partial<TaskSeed> = {}): TaskSeed {
  return seed(index, { status: 'PENDING', remaining: parents, ...changes });
}

/** Creates a RUNNING execution with these tasks. */
export async function started(store: ExecutionStore, id: string, seeds: TaskSeed[]): Promise<void> {
  await store.create(newExecution(id), [event('execution.submitted')]);
  await store.change({
    id,
    expect: { statuses: ['QUEUED'] },
    set: { status: 'RUNNING', startedMs: T0 + 1, token: `token-${id}` },
    seeds,
    events: [event('execution.started')],
    atMs: T0 + 1,
    durability: 'durable',
  });
}

/** What a change of one task needs; a durable RUNNING → SUCCEEDED of attempt 1 unless told otherwise. */
export interface Ask {
  from?: readonly TaskStatus[];
  attempt?: number;
  failures?: number;
  executionStatuses?: readonly ExecutionStatus[];
  set?: TaskUpdate;
  resolve?: Resolution[];
  events?: NewEvent[];
  atMs?: number;
  durability?: TaskChange['durability'];
}

export function ask(executionId: string, taskId: string, options: Ask = {}): TaskChange {
  const {
    from = ['RUNNING'],
    attempt = 1,
    failures,
    executionStatuses = ['RUNNING'],
    set = { status: 'SUCCEEDED' },
    atMs = T0 + 2,
  } = options;
  return {
    executionId,
    taskId,
    expect: { statuses: from, attempt, failures, executionStatuses },
    set,
    resolve: options.resolve,
    events: options.events,
    atMs,
    durability: options.durability ?? 'durable',
  };
}

/** READY → RUNNING as the attempt after `attempt`. */
export function claim(
  store: ExecutionStore,
  executionId: string,
  taskId: string,
  attempt = 0,
): Promise<TaskChanged> {
  return store.changeTask(
    ask(executionId, taskId, {
      from: ['READY'],
      attempt,
      set: { status: 'RUNNING', attempt: attempt + 1, startedMs: T0 + 2 },
      events: [event('task.started', { taskId, attempt: attempt + 1 })],
    }),
  );
}

export function edge(taskId: string, changes: Partial<Resolution> = {}): Resolution {
  return { taskId, unmet: 0, triggered: 0, edges: 1, ...changes };
}
