/** What can be asked of Holdfast. The HTTP API, the library and the command line are three ways to say it. */
import type { Execution } from '../execution/execution.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { WorkflowVersion } from '../ports/workflow-store.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';

export interface SubmitRequest {
  /** A parsed document in any accepted form, or its text. */
  document: string | JsonObject;
  /** Of a text; JSON is tried first when absent. */
  format?: 'json' | 'yaml';
  /** What to call the document in messages: a file name. */
  source?: string;
  /** Same key, same document: the same version. Same key, another document: `Conflict`. */
  idempotencyKey?: string;
}

export interface StartRequest {
  workflow: string;
  /** The newest unless given. */
  version?: number;
  variables?: JsonObject;
  priority?: number;
  /** Same key, same request: the same execution. Same key, another request: `Conflict`. */
  idempotencyKey?: string;
  correlationId?: string;
}

export interface TaskRequest {
  name?: string;
  type: string;
  input?: JsonValue;
  priority?: number | string;
  /** Ids of standalone tasks (or executions) that must succeed first. */
  dependencies?: string[];
  retry?: JsonObject;
  timeoutMs?: number;
  idempotencyKey?: string;
  correlationId?: string;
}

export interface RedriveRequest {
  /** Replaces the definition; tasks that succeeded keep their id and stand. */
  document?: string | JsonObject;
  format?: 'json' | 'yaml';
  /** Tasks to pass over: their dependents run as if they had succeeded. */
  skip?: string[];
  /** Tasks that count as succeeded with these outputs. */
  outputs?: Record<string, JsonValue>;
}

export interface SignalRequest {
  name: string;
  /** The same id is taken once. */
  id?: string;
  payload?: JsonValue;
}

export interface Operations {
  submit(request: SubmitRequest): Promise<{ workflow: WorkflowVersion; created: boolean }>;
  /** Refuses with `InvalidDefinition` exactly what `submit` would refuse, and stores nothing. */
  validate(request: SubmitRequest): Promise<WorkflowDefinition>;
  start(request: StartRequest): Promise<{ execution: Execution; created: boolean }>;
  submitTask(request: TaskRequest): Promise<{ execution: Execution; created: boolean }>;
  cancel(id: string, reason?: string): Promise<Execution>;
  pause(id: string): Promise<Execution>;
  resume(id: string): Promise<Execution>;
  redrive(id: string, request: RedriveRequest): Promise<Execution>;
  restart(id: string): Promise<Execution>;
  signal(executionId: string, request: SignalRequest): Promise<{ accepted: boolean }>;
}
