/** What the committed events say of executions and tasks. */
import type { Execution, ExecutionStatus } from '../../core/execution/execution.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { TaskDefinition, WorkflowDefinition } from '../../core/workflow/definition.ts';
import { type Look, lookOf, type TaskEnd } from './model.ts';

export interface Violation {
  rule: string;
  expected: string;
  saw: string;
}

export interface SeenTask {
  definition: TaskDefinition;
  end?: TaskEnd;
  endMs: number;
  /** The last committed event: `started`, `waiting`, `attempt-failed` … */
  last?: string;
  attempts: number;
  /** `attempts` when the host last died. */
  floor: number;
  failures: number;
  successes: number;
  dueMs?: number;
  /** When it began to wait. */
  waitsMs?: number;
  answer?: boolean;
  /** Redriven, and whether it stands or runs again hangs on the order of a sequential workflow. */
  unsure?: boolean;
}

export interface Seen {
  id: string;
  kind: Execution['kind'];
  definition: WorkflowDefinition;
  status: ExecutionStatus;
  seq: number;
  startedMs: number;
  redriven: number;
  /** It was cancelled, or its time was up. */
  cut: boolean;
  tasks: Map<string, SeenTask>;
}

export const ENDS: Readonly<Record<string, TaskEnd>> = {
  'task.succeeded': 'SUCCEEDED',
  'task.failed': 'FAILED',
  'task.skipped': 'SKIPPED',
};
export const STATUSES: Readonly<Record<string, ExecutionStatus>> = {
  'execution.submitted': 'QUEUED',
  'execution.started': 'RUNNING',
  'execution.paused': 'PAUSED',
  'execution.resumed': 'RUNNING',
  'execution.redriven': 'QUEUED',
  'execution.succeeded': 'SUCCEEDED',
  'execution.failed': 'FAILED',
  'execution.cancelled': 'CANCELLED',
};
export const hasEnded = (status: ExecutionStatus) =>
  status !== 'QUEUED' && status !== 'RUNNING' && status !== 'PAUSED';

export const parentsOf = ({ dependsOn, triggeredBy }: TaskDefinition): string[] => [
  ...new Set([...dependsOn, ...triggeredBy].map(({ task }) => task)),
];

/** How the end of a task looks to its children. Undefined: what a condition answered is not known here. */
export function looksOf(
  { definition, end, answer }: SeenTask,
  truths: ReadonlyMap<string, boolean>,
): Look | undefined {
  const known = answer ?? truths.get(definition.id);
  if (definition.type === 'condition' && end === 'SUCCEEDED' && known === undefined) return undefined;
  return lookOf(definition, end!, known);
}

export const signature = ({ executionId, seq, type, taskId, attempt }: HoldfastEvent): string =>
  `${executionId}#${seq} ${type}${taskId === undefined ? '' : ` ${taskId}`}${attempt === undefined ? '' : `@${attempt}`}`;
