/** Where an execution stands, kept up to date by its events. */
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionStatus } from '../../core/execution/execution.ts';

export interface OpenTask {
  id: string;
  sinceMs: number;
  attempt: number;
  /** Why it waits or is parked. */
  reason?: string;
  /** When it goes on. */
  dueMs?: number;
}

export interface FailedTask {
  id: string;
  error: string;
  cause: string;
}

export type TaskEnd = 'succeeded' | 'failed' | 'skipped';

export interface Progress {
  workflow: string;
  executionId: string;
  status: ExecutionStatus;
  total: number;
  startedMs?: number;
  endedMs?: number;
  running: Map<string, OpenTask>;
  waiting: Map<string, OpenTask>;
  parked: Map<string, OpenTask>;
  ended: Map<string, TaskEnd>;
  counts: Record<TaskEnd, number>;
  failures: FailedTask[];
  /** Attempts that failed and were healed. */
  healed: number;
}

export function createProgress(executionId: string, workflow: string, total: number): Progress {
  return {
    workflow,
    executionId,
    total,
    status: 'QUEUED',
    running: new Map(),
    waiting: new Map(),
    parked: new Map(),
    ended: new Map(),
    counts: { succeeded: 0, failed: 0, skipped: 0 },
    failures: [],
    healed: 0,
  };
}

/** Takes one event into account, in order. */
export function advance(progress: Progress, event: HoldfastEvent): void {
  const { type, taskId, atMs } = event;
  if (taskId !== undefined && type.startsWith('task.')) return advanceTask(progress, event, taskId);
  switch (type) {
    case 'execution.started':
      progress.status = 'RUNNING';
      progress.startedMs ??= atMs;
      return;
    case 'execution.paused':
      progress.status = 'PAUSED';
      return;
    case 'execution.resumed':
      progress.status = 'RUNNING';
      return;
    case 'execution.redriven':
      return redrive(progress);
    case 'execution.succeeded':
    case 'execution.failed':
    case 'execution.cancelled':
      progress.status = type.slice('execution.'.length).toUpperCase() as ExecutionStatus;
      progress.endedMs = atMs;
      for (const open of [progress.running, progress.waiting, progress.parked]) open.clear();
      return;
    default:
      return;
  }
}

function advanceTask(progress: Progress, event: HoldfastEvent, id: string): void {
  const { type, atMs, attempt = 0, data = {} } = event;
  const { running, waiting, parked } = progress;
  for (const open of [running, waiting, parked]) open.delete(id);
  const task: OpenTask = {
    id,
    sinceMs: atMs,
    attempt,
    ...(typeof data.reason === 'string' ? { reason: data.reason } : {}),
  };
  switch (type) {
    case 'task.started':
      running.set(id, task);
      return;
    case 'task.placed':
      waiting.set(id, { ...task, reason: placedReason(data) });
      return;
    case 'task.waiting':
      waiting.set(id, { ...task, ...(typeof data.dueMs === 'number' ? { dueMs: data.dueMs } : {}) });
      return;
    case 'task.parked':
      parked.set(id, task);
      return;
    case 'task.attempt-failed':
      progress.healed++;
      waiting.set(id, { ...task, reason: healingReason(data), dueMs: atMs + Number(data.delayMs ?? 0) });
      return;
    case 'task.failed':
      progress.failures.push({ id, error: text(data.error, 'Error'), cause: text(data.cause, '') });
      return end(progress, id, 'failed');
    case 'task.succeeded':
      return end(progress, id, 'succeeded');
    case 'task.skipped':
      return end(progress, id, 'skipped');
    default:
      return;
  }
}

function end(progress: Progress, id: string, how: TaskEnd): void {
  const before = progress.ended.get(id);
  if (before !== undefined) progress.counts[before]--;
  progress.ended.set(id, how);
  progress.counts[how]++;
}

/** What succeeded stands; the rest is open again. */
function redrive(progress: Progress): void {
  for (const [id, how] of progress.ended) if (how !== 'succeeded') progress.ended.delete(id);
  progress.counts = { succeeded: progress.ended.size, failed: 0, skipped: 0 };
  progress.failures = [];
  progress.status = 'RUNNING';
  delete progress.endedMs;
}

const text = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);

/** `goes to edge-2: chose edge-2 over edge-1: …` */
export const placedReason = (data: Record<string, unknown>): string =>
  `goes to ${text(data.node, 'another node')}: ${text(data.reason, '')}`;

/** `retry after HttpServerError: …` */
export function healingReason(data: Record<string, unknown>): string {
  return `${text(data.healing, 'retry')} after ${text(data.error, 'Error')}: ${text(data.cause, '')}`;
}
