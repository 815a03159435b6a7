/** What people and clients see of the stored state: nothing that only the engine needs, times in both forms. */
import type { Execution, Task, TaskFailure } from '../execution/execution.ts';
import type { JsonValue } from '../json.ts';
import type { DeadLetterQueue, Redrive } from '../ports/dead-letters.ts';
import type { ExecutionView as StoredExecution, TaskCounts } from '../ports/execution-store.ts';
import type { WorkflowSummary, WorkflowVersion } from '../ports/workflow-store.ts';
import type {
  DeadLetterQueueView,
  ExecutionSummaryView,
  ExecutionView,
  RedriveView,
  RunSummary,
  StandaloneTaskView,
  TaskCountsView,
  TaskSummaryView,
  TaskView,
  WorkflowSummaryView,
  WorkflowVersionView,
} from './schemas.ts';

type Moments<Name extends string> = { [K in Name as `${K}At`]?: string } & {
  [K in Name as `${K}Ms`]?: number;
};

function moments<Name extends string>(
  from: { [K in Name as `${K}Ms`]?: number },
  ...names: Name[]
): Moments<Name> {
  const out: Record<string, string | number> = {};
  for (const name of names) {
    const ms = (from as Record<string, number | undefined>)[`${name}Ms`];
    if (ms === undefined) continue;
    out[`${name}At`] = isoTime(ms);
    out[`${name}Ms`] = ms;
  }
  return out as Moments<Name>;
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** Leaves out what is undefined. */
function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** From start to end, once both are known. */
export function makespanMs(execution: Pick<Execution, 'startedMs' | 'endedMs'>): number | undefined {
  const { startedMs, endedMs } = execution;
  return startedMs === undefined || endedMs === undefined ? undefined : endedMs - startedMs;
}

export function countsView(counts: TaskCounts, total: number): TaskCountsView {
  return {
    total,
    pending: counts.PENDING,
    ready: counts.READY,
    running: counts.RUNNING,
    waiting: counts.WAITING,
    parked: counts.PARKED,
    succeeded: counts.SUCCEEDED,
    failed: counts.FAILED,
    skipped: counts.SKIPPED,
    cancelled: counts.CANCELLED,
  };
}

function executionFields(execution: Execution) {
  const { parent } = execution;
  return {
    executionId: execution.id,
    kind: execution.kind,
    workflow: execution.workflow,
    version: execution.version,
    status: execution.status,
    run: execution.run,
    priority: execution.priority,
    ...present({
      correlationId: execution.correlationId,
      parent: parent && { executionId: parent.executionId, taskId: parent.taskId },
      makespanMs: makespanMs(execution),
    }),
    submittedAt: isoTime(execution.submittedMs),
    submittedMs: execution.submittedMs,
    ...moments(execution, 'started', 'deadline', 'ended'),
  };
}

/** An execution in a list. */
export function executionSummaryView(execution: StoredExecution): ExecutionSummaryView {
  return { ...executionFields(execution), tasks: { total: execution.total, open: execution.open } };
}

/** An execution by itself; `parked` are its PARKED tasks. */
export function executionDetailView(execution: Execution, counts: TaskCounts, parked: Task[]): ExecutionView {
  return {
    ...executionFields(execution),
    tasks: countsView(counts, execution.total),
    variables: execution.variables,
    after: execution.after,
    ...present({ output: execution.output }),
    errors: execution.errors.map(failure),
    parked: parked.map((task) => ({
      taskId: task.taskId,
      type: task.type,
      reason: task.reason ?? 'unknown',
    })),
  };
}

/** Exactly what `run --json` prints. `makespanMs` and `output` are null until there are any. */
export function runSummary(execution: Execution, counts: TaskCounts): RunSummary {
  return {
    executionId: execution.id,
    status: execution.status,
    tasks: {
      total: execution.total,
      succeeded: counts.SUCCEEDED,
      failed: counts.FAILED,
      skipped: counts.SKIPPED,
    },
    makespanMs: makespanMs(execution) ?? null,
    output: execution.output ?? null,
    errors: execution.errors.map(failure),
  };
}

function taskFields(task: Task) {
  return {
    type: task.type,
    attempt: task.attempt,
    failures: task.failures,
    ...present({
      reason: task.reason,
      outputRef: task.outputRef,
      failure: task.failure && failure(task.failure),
      childExecutionId: task.childId,
      nodeId: task.nodeId,
    }),
    ...moments(task, 'due', 'ready', 'started', 'ended'),
  };
}

export function taskSummaryView(task: Task): TaskSummaryView {
  const { executionId, taskId, index, status, priority } = task;
  return { executionId, taskId, index, status, priority, ...taskFields(task) };
}

/** `output` is the task's own, or what its `outputRef` refers to. */
export function taskDetailView(task: Task, output: JsonValue | undefined): TaskView {
  return { ...taskSummaryView(task), remaining: task.remaining, ...present({ output }) };
}

/** A standalone task: its execution, and its one task once that is laid out; `type` is known before. */
export function standaloneView(
  execution: Execution,
  type: string,
  task: Task | undefined,
  output: JsonValue | undefined,
): StandaloneTaskView {
  return {
    id: execution.id,
    name: execution.workflow,
    status: standaloneStatus(execution, task),
    priority: execution.priority,
    dependencies: execution.after,
    submittedAt: isoTime(execution.submittedMs),
    submittedMs: execution.submittedMs,
    ...present({ correlationId: execution.correlationId }),
    ...(task === undefined ? beforeLayout(execution, type) : taskFields(task)),
    ...present({ output }),
  };
}

function beforeLayout(execution: Execution, type: string) {
  const [first] = execution.errors;
  return {
    type,
    attempt: 0,
    failures: 0,
    ...(first !== undefined && { failure: failure(first) }),
    ...moments(execution, 'ended'),
  };
}

function standaloneStatus(execution: Execution, task: Task | undefined): StandaloneTaskView['status'] {
  const { status } = execution;
  if (status === 'FAILED' || status === 'CANCELLED') return status;
  if (task === undefined) return status === 'SUCCEEDED' || status === 'PAUSED' ? status : 'PENDING';
  return status === 'PAUSED' && (task.status === 'READY' || task.status === 'PENDING')
    ? 'PAUSED'
    : task.status;
}

function failure(from: TaskFailure): TaskFailure {
  const { error, cause, taskId, attempt } = from;
  return { error, cause, ...present({ taskId, attempt }) };
}

export function redriveView({ startedMs, ...redrive }: Redrive): RedriveView {
  return { ...redrive, ...moments({ startedMs }, 'started') };
}

export function deadLetterQueueView({ redrive, messages, ...queue }: DeadLetterQueue): DeadLetterQueueView {
  return {
    ...queue,
    ...present({
      redrive: redrive && redriveView(redrive),
      messages: messages?.map((message) => ({ ...message, sentAt: isoTime(message.sentMs) })),
    }),
  };
}

export function workflowSummaryView(summary: WorkflowSummary): WorkflowSummaryView {
  const { name, title, latestVersion, taskCount, createdMs } = summary;
  return {
    id: name,
    name,
    ...present({ title }),
    latestVersion,
    taskCount,
    createdAt: isoTime(createdMs),
    createdMs,
  };
}

export function versionSummaryView(version: Omit<WorkflowVersion, 'definition'>) {
  const { name, version: number, hash, createdMs } = version;
  return { id: name, name, version: number, hash, createdAt: isoTime(createdMs), createdMs };
}

export function versionDetailView(version: WorkflowVersion): WorkflowVersionView {
  return { ...versionSummaryView(version), definition: version.definition };
}
