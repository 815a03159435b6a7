/** An execution as its item `META` holds it. */
import type { AttemptRef, Execution, Origin, TaskFailure } from '../../core/execution/execution.ts';
import type { ExecutionUpdate, NewExecution, TaskCounts } from '../../core/ports/execution-store.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Variables } from '../../core/workflow/definition.ts';
import type { Values } from './item.ts';
import { childrenPk, executionIdOf, listPk, metaKey } from './keys.ts';
import type { LargeValues } from './large-values.ts';
import type { Packed } from './text.ts';

/** Longer values lie beside it: it is read before every change of a task. */
export const VALUE_LENGTH_MAX = 1024;

export interface ExecutionItem {
  pk: string;
  sk: string;
  kind: Execution['kind'];
  workflow: string;
  version: number;
  definitionHash: string;
  status: Execution['status'];
  run: number;
  priority: number;
  /** `variables`, `output` and `errors` as JSON; under `…At` where they are among the large values. */
  variables?: Packed;
  variablesAt?: string;
  output?: Packed;
  outputAt?: string;
  outputRef?: string;
  errors?: Packed;
  errorsAt?: string;
  parent?: AttemptRef;
  origin?: Origin;
  answered?: boolean;
  after?: string[];
  correlation?: string;
  requestHash: string;
  token?: string;
  admitToken?: string;
  total: number;
  submittedMs: number;
  startedMs?: number;
  deadlineMs?: number;
  endedMs?: number;
  /** Place among all executions. */
  order: string;
  /** The tasks that stand; absent before any were laid out. */
  layout?: string;
  /** How many tasks the execution ends with, and which, where that is one. */
  lasts?: number;
  lastTask?: string;
  /** No attempt of a task that was laid out once, and isn't any more, was higher. */
  attemptFloor?: number;
  /** Open tasks are being cancelled: how. */
  sweep?: { reason: string; atMs: number; id: string };
  /** Its tasks, from its end on. */
  counts?: TaskCounts;
  rev: number;
  news?: Packed;
}

export async function executionOf(item: ExecutionItem, values: LargeValues): Promise<Execution> {
  const [variables, output, errors] = await Promise.all([
    values.read<Variables>(item.pk, item.variables, item.variablesAt),
    values.read<JsonValue>(item.pk, item.output, item.outputAt),
    values.read<TaskFailure[]>(item.pk, item.errors, item.errorsAt),
  ]);
  return {
    id: executionIdOf(item.pk)!,
    kind: item.kind,
    workflow: item.workflow,
    version: item.version,
    definitionHash: item.definitionHash,
    status: item.status,
    run: item.run,
    priority: item.priority,
    variables: variables ?? {},
    output,
    outputRef: item.outputRef,
    errors: errors ?? [],
    parent: item.parent,
    origin: item.origin,
    answered: item.answered,
    after: item.after ?? [],
    correlationId: item.correlation,
    requestHash: item.requestHash,
    token: item.token,
    admitToken: item.admitToken,
    total: item.total,
    submittedMs: item.submittedMs,
    startedMs: item.startedMs,
    deadlineMs: item.deadlineMs,
    endedMs: item.endedMs,
  };
}

export function newItem(execution: NewExecution, order: string, variables: Values, news: Packed | undefined) {
  const { id, kind, workflow, version, definitionHash, priority, requestHash, submittedMs } = execution;
  const {
    startedMs,
    deadlineMs,
    endedMs,
    output: _,
    outputRef,
    parent,
    origin,
    after,
    correlationId,
  } = execution;
  return {
    ...metaKey(id),
    kind,
    workflow,
    version,
    definitionHash,
    status: 'QUEUED' as const,
    run: 1,
    priority,
    ...variables,
    outputRef,
    parent: parent && { ...parent },
    origin: origin && { ...origin },
    after: after.length > 0 ? after : undefined,
    correlation: correlationId === '' ? undefined : correlationId,
    requestHash,
    total: 0,
    submittedMs,
    startedMs,
    deadlineMs,
    endedMs,
    order,
    list: listPk(id, 'QUEUED'),
    related: parent && childrenPk(parent.executionId),
    rev: 1,
    news,
  };
}

/** The attributes that an update sets, large values aside. */
export function executionUpdateOf(id: string, update: ExecutionUpdate): Values {
  const { output: _output, errors: _errors, ...fields } = update;
  return update.status === undefined ? fields : { ...fields, list: listPk(id, update.status) };
}
