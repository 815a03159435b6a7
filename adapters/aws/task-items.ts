/** A task as its item holds it. */
import {
  TASK_ENDS,
  type Task,
  type TaskFailure,
  type TaskRef,
  type TaskStatus,
} from '../../core/execution/execution.ts';
import type { TaskSeed, TaskUpdate } from '../../core/ports/execution-store.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Values } from './item.ts';
import { executionIdOf, executionPk, taskIdOf, taskSk } from './keys.ts';
import type { Condition } from './item-table.ts';
import type { LargeValues } from './large-values.ts';
import { type Packed, parsePacked } from './text.ts';

/** Longer outputs lie beside the task, which is read and written more often than its output. */
export const OUTPUT_LENGTH_MAX = 512;

export interface TaskItem {
  pk: string;
  sk: string;
  index: number;
  type: string;
  /** READY isn't written: a PENDING task that waits for nobody is READY. */
  status: Exclude<TaskStatus, 'READY'>;
  attempt: number;
  failures: number;
  interruptions: number;
  remaining: number;
  unmet: number;
  triggered: number;
  priority: number;
  reason?: string;
  output?: Packed;
  /** The output among the large values. */
  outputAt?: string;
  outputRef?: string;
  failure?: string;
  dueMs?: number;
  childId?: string;
  nodeId?: string;
  unplaced?: boolean;
  /** While it is PENDING: when the newest of its parents ended. */
  readyMs?: number;
  startedMs?: number;
  endedMs?: number;
  /** Its place among the tasks that the execution ends with; absent for one that others come after. */
  last?: number;
  /** It came to its end in this layout, and tells of it; absent where it was laid out at one. */
  tells?: boolean;
  /** Parents, or gates, that it has heard of. */
  told?: Set<number>;
  /** Its state's writes so far; with `news`, the events of the last one. */
  rev?: number;
  news?: Packed;
}

/** Without the output where that lies beside it. */
export function taskOf(item: TaskItem): Task {
  const isReady = item.status === 'PENDING' && item.remaining === 0;
  return {
    executionId: executionIdOf(item.pk)!,
    taskId: taskIdOf(item.sk),
    index: item.index,
    type: item.type,
    status: isReady ? 'READY' : item.status,
    attempt: item.attempt,
    failures: item.failures,
    interruptions: item.interruptions,
    remaining: item.remaining,
    unmet: item.unmet,
    triggered: item.triggered,
    priority: item.priority,
    reason: item.reason,
    output: item.output === undefined ? undefined : parsePacked<JsonValue>(item.output),
    outputRef: item.outputRef,
    failure: item.failure === undefined ? undefined : (JSON.parse(item.failure) as TaskFailure),
    dueMs: item.dueMs,
    childId: item.childId,
    nodeId: item.nodeId,
    unplaced: item.unplaced,
    readyMs: item.status === 'PENDING' && !isReady ? undefined : item.readyMs,
    startedMs: item.startedMs,
    endedMs: item.endedMs,
  };
}

export async function wholeTaskOf(item: TaskItem, values: LargeValues): Promise<Task> {
  if (item.outputAt === undefined) return taskOf(item);
  return { ...taskOf(item), output: await values.read<JsonValue>(item.pk, undefined, item.outputAt) };
}

export const taskKey = ({ executionId, taskId }: TaskRef, layout: string) => ({
  pk: executionPk(executionId),
  sk: taskSk(layout, taskId),
});

/** The attributes that an update sets, the output aside; `parked` says where a task that is parked by it is found. */
export function updateOf(
  update: TaskUpdate,
  atMs: number,
  parked: { related: string; order: string } | undefined,
): Values {
  const { status, output: _, failure, ...fields } = update;
  const values: Record<string, Values[string]> = { ...fields };
  if ('failure' in update) values.failure = failure && JSON.stringify(failure);
  if (status === undefined) return values;
  values.status = status === 'READY' ? 'PENDING' : status;
  if (status === 'READY') values.readyMs = atMs;
  return { ...values, related: parked?.related, order: parked?.order };
}

/** A task that is at none of its ends. */
export const OPEN: Condition = {
  that: '#status IN (:open_PENDING, :open_RUNNING, :open_WAITING, :open_PARKED)',
  values: {
    open_PENDING: 'PENDING',
    open_RUNNING: 'RUNNING',
    open_WAITING: 'WAITING',
    open_PARKED: 'PARKED',
  },
};

/** Any of these statuses; undefined for none. */
export function inAnyOf(statuses: readonly TaskStatus[]): Condition | undefined {
  const values: Record<string, string | number> = {};
  const parts = [...new Set(statuses)].map((status) => {
    const stored = status === 'READY' ? 'PENDING' : status;
    values[`is_${stored}`] = stored;
    const is = `#status = :is_${stored}`;
    if (status !== 'READY' && status !== 'PENDING') return is;
    values.nobody = 0;
    return `${is} AND #remaining ${status === 'READY' ? '=' : '>'} :nobody`;
  });
  if (parts.length === 0) return undefined;
  // The service refuses parentheses around what needs none.
  return { that: parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`, values };
}

export const isEnded = (item: Pick<TaskItem, 'status'>): boolean => TASK_ENDS.includes(item.status);

export interface Laid {
  executionId: string;
  layout: string;
  seed: TaskSeed;
  /** What stood before under its id. */
  old: TaskItem | undefined;
  /** No attempt of an earlier task of this id was higher. */
  attemptFloor: number;
  /** Where the output that the seed brings is kept. */
  output: Pick<TaskItem, 'output' | 'outputAt'>;
  last: number | undefined;
  atMs: number;
}

/** A task laid out at an end keeps what `old` came to; any other begins anew. */
export function laidOut({
  executionId,
  layout,
  seed,
  old,
  attemptFloor,
  output,
  last,
  atMs,
}: Laid): TaskItem {
  const { index, type, status, remaining, unmet, triggered, priority } = seed;
  const atEnd = TASK_ENDS.includes(status);
  const kept = atEnd ? old : undefined;
  const brings = seed.output !== undefined || seed.outputRef !== undefined;
  const result = brings ? { ...output, outputRef: seed.outputRef } : outputOf(kept);
  return {
    ...taskKey({ executionId, taskId: seed.taskId }, layout),
    index,
    type,
    status: status === 'READY' ? 'PENDING' : status,
    attempt: old?.attempt ?? attemptFloor,
    failures: kept?.failures ?? 0,
    interruptions: kept?.interruptions ?? 0,
    remaining,
    unmet,
    triggered,
    priority,
    reason: seed.reason ?? kept?.reason,
    ...result,
    failure: kept?.failure,
    childId: kept?.childId,
    nodeId: kept?.nodeId,
    readyMs: status === 'READY' ? atMs : kept?.readyMs,
    startedMs: kept?.startedMs,
    endedMs: atEnd ? (kept?.endedMs ?? atMs) : undefined,
    last,
  };
}

const outputOf = (item: TaskItem | undefined) => ({
  output: item?.output,
  outputAt: item?.outputAt,
  outputRef: item?.outputRef,
});
