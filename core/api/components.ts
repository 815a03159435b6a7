/** What requests and answers have in common. */
import * as z from 'zod';
import type { ExecutionStatus, TaskStatus } from '../execution/execution.ts';

/** Named schemas: each becomes one component of OpenAPI and AsyncAPI. */
export const components = z.registry<{ id: string }>();

export const EXECUTION_STATUSES = [
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const satisfies ExecutionStatus[];
export const TASK_STATUSES = [
  'PENDING',
  'READY',
  'RUNNING',
  'WAITING',
  'PARKED',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
] as const satisfies TaskStatus[];
export const executionStatus = z.enum(EXECUTION_STATUSES).register(components, { id: 'ExecutionStatus' });
export const taskStatus = z.enum(TASK_STATUSES).register(components, { id: 'TaskStatus' });
export const executionKind = z
  .enum(['workflow', 'task', 'child'])
  .register(components, { id: 'ExecutionKind' });
