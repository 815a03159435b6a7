import type { JsonObject } from '../json.ts';

/** Every type of event there is, with what it tells. */
export const EVENT_TYPES = {
  'execution.submitted': 'accepted and stored',
  'execution.started': 'admitted; its tasks are laid out',
  'execution.paused': 'starts nothing new until resumed',
  'execution.resumed': 'goes on after a pause',
  'execution.redriven': 'runs again from where it failed',
  'execution.succeeded': 'ended: every critical task succeeded or was rightly skipped',
  'execution.failed': 'ended: a critical task failed, or the time was up',
  'execution.cancelled': 'ended by request',
  'task.started': 'an attempt began',
  'task.succeeded': 'ended with an output',
  'task.failed': 'ended: no healing was left',
  'task.skipped': 'ended without running; `reason` says why',
  'task.waiting': 'waits for a time, a signal or a child execution',
  'task.placed': 'a node was chosen for it; `reason` says why that one',
  'task.parked': 'can not run until somebody acts; `reason` says who',
  'task.interrupted': 'its host went away during the attempt',
  'task.attempt-failed': 'an attempt failed; `healing` says what comes next',
  'signal.received': 'a signal or approval arrived',
} as const;

export type EventType = keyof typeof EVENT_TYPES;

/** The last of a run; a redrive may follow. */
export const ENDING_EVENTS: ReadonlySet<string> = new Set<EventType>([
  'execution.succeeded',
  'execution.failed',
  'execution.cancelled',
]);

export interface HoldfastEvent {
  executionId: string;
  /** 1, 2, 3 … within the execution, without gaps. */
  seq: number;
  /** Epoch milliseconds. */
  atMs: number;
  type: EventType;
  taskId?: string;
  attempt?: number;
  /** What the type adds: `reason`, `error`, `cause`, `healing`, `delayMs`, `node`, `status` … */
  data?: JsonObject;
}

/** An event before the store has given it its number. */
export type NewEvent = Omit<HoldfastEvent, 'seq' | 'executionId'>;
