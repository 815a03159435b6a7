import type { EventType, HoldfastEvent } from '../event/event.ts';

/** What is counted, with the label that tells its kinds apart. */
export const COUNTERS = {
  workflows_total: { label: 'status', help: 'Executions submitted, and ended by how they ended.' },
  tasks_total: { label: 'status', help: 'Tasks ended, by how they ended.' },
  healing_actions_total: { label: 'strategy', help: 'Failures healed, by strategy.' },
} as const;

/** What is measured, in seconds. */
export const DURATIONS = {
  workflow_duration_seconds: 'From start to end of an execution.',
  task_attempt_duration_seconds: 'From start to end of an attempt.',
} as const;

export type CounterName = keyof typeof COUNTERS;
export type DurationName = keyof typeof DURATIONS;

const COUNTED: Partial<Record<EventType, [CounterName, string]>> = {
  'execution.submitted': ['workflows_total', 'submitted'],
  'execution.succeeded': ['workflows_total', 'succeeded'],
  'execution.failed': ['workflows_total', 'failed'],
  'execution.cancelled': ['workflows_total', 'cancelled'],
  'task.succeeded': ['tasks_total', 'succeeded'],
  'task.failed': ['tasks_total', 'failed'],
  'task.skipped': ['tasks_total', 'skipped'],
};

/** What an event adds one to: `['tasks_total', 'succeeded']`. */
export function countersOf({ type, data }: Pick<HoldfastEvent, 'type' | 'data'>): [CounterName, string][] {
  const counted = COUNTED[type];
  const strategy = data?.healing;
  const healed: [CounterName, string][] =
    typeof strategy === 'string' && strategy !== 'none' ? [['healing_actions_total', strategy]] : [];
  return counted === undefined ? healed : [counted, ...healed];
}
