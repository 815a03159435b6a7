/** Work that other nodes do for this one, and this one for others. */
import type { TaskResult } from '../execution/steps.ts';
import type { JsonObject } from '../json.ts';
import type { Precedence } from '../satellite/precedence.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';

/** The attempt of a task that waits for work. */
export interface WorkParent {
  executionId: string;
  taskId: string;
  attempt: number;
  run: number;
}

/** What a node is to run for a task: an execution of its own there. */
export interface Work {
  /** Of the execution there; the same for the same attempt. */
  id: string;
  /** `task`: one task, whose end is that of the one that waits. `child`: a sub-workflow. */
  kind: 'task' | 'child';
  definition: WorkflowDefinition;
  variables: JsonObject;
  priority: number;
  parent: WorkParent;
  precedence: Precedence;
  /** Since and until when its end is waited for; epoch milliseconds. */
  sinceMs: number;
  untilMs: number;
}

/** How an answer is sent; `createdMs` is when the work ended. */
export interface AnswerHow {
  precedence: Precedence;
  createdMs: number;
  lifetimeMs: number;
}

/** How work ended. */
export interface WorkEnd {
  id: string;
  parent: WorkParent;
  /** With the output itself, however large. */
  result: TaskResult & { outputRef?: undefined };
  /** How long it took there; absent where it was not begun. */
  ranMs?: number;
}

/**
 * Hands work and what came of it to other nodes, however long the way takes. Each resolves when it can't be lost, which says nothing
 * of its arrival, and may be asked twice: it arrives at least once, and is done once.
 * Errors of all: `PayloadTooLarge`, `StoreUnavailable`.
 */
export interface RemoteWork {
  start(node: string, work: Work): Promise<void>;
  /** May overtake the start of what it cancels. */
  cancel(node: string, id: string): Promise<void>;
  /** To the node that the work came from. */
  answer(node: string, end: WorkEnd, how: AnswerHow): Promise<void>;
}
