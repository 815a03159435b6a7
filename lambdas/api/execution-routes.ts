import { expandEventTypes } from '../../core/api/event-types.ts';
import {
  executionDetailView,
  executionSummaryView,
  taskDetailView,
  taskSummaryView,
} from '../../core/api/views.ts';
import { NotFound } from '../../core/errors.ts';
import { unpack } from '../../core/execution/payload.ts';
import type { Execution, Task } from '../../core/execution/execution.ts';
import type { JsonValue } from '../../core/json.ts';
import { type ApiDependencies, findExecution, ok, page, type Reply, type Routes } from './dependencies.ts';
import { waitForEvents } from './wait-for-events.ts';

const PARKED_SHOWN_MAX = 100;

type ExecutionRoutes = Pick<
  Routes,
  | 'listExecutions'
  | 'getExecution'
  | 'listTasks'
  | 'getExecutionTask'
  | 'listEvents'
  | 'cancelExecution'
  | 'pauseExecution'
  | 'resumeExecution'
  | 'redriveExecution'
  | 'restartExecution'
  | 'signalExecution'
>;

export function executionRoutes(deps: ApiDependencies): ExecutionRoutes {
  const { operations, reader } = deps;
  return {
    listExecutions: async ({ query: { status, parent, cursor, limit, ...filter } }) => {
      const found = await reader.list({
        ...filter,
        statuses: status,
        parentId: parent,
        beforeId: cursor,
        limit: limit + 1,
      });
      return ok(page(found, limit, executionSummaryView, (execution) => execution.id));
    },
    getExecution: async ({ params: { id = '' } }) => {
      const execution = await findExecution(deps, id);
      return executionReply(deps, { ...execution, output: await outputOf(deps, execution) }, 200);
    },
    listTasks: async ({ params: { id = '' }, query: { status, type, cursor, limit } }) => {
      await findExecution(deps, id);
      const found = await reader.tasks(id, { statuses: status, type, afterIndex: cursor, limit: limit + 1 });
      return ok(page(found, limit, taskSummaryView, (task) => String(task.index)));
    },
    getExecutionTask: async ({ params: { id = '', taskId = '' } }) => {
      await findExecution(deps, id);
      const task = await reader.task({ executionId: id, taskId });
      if (task !== undefined) return ok(taskDetailView(task, await outputOf(deps, task)));
      throw new NotFound(
        `Execution "${id}" has no task "${taskId}".`,
        `List its tasks with GET /executions/${encodeURIComponent(id)}/tasks.`,
      );
    },
    listEvents: async ({ params: { id = '' }, query: { types, afterSeq, limit, waitMs }, signal }) => {
      const filter = { types: expandEventTypes(types), afterSeq, limit };
      const items = await waitForEvents(deps, id, filter, waitMs, signal);
      return ok({ items, nextAfterSeq: items.at(-1)?.seq ?? afterSeq });
    },
    cancelExecution: async ({ params: { id = '' }, body }) =>
      executionReply(deps, await operations.cancel(id, body.reason), 200),
    pauseExecution: async ({ params: { id = '' } }) => executionReply(deps, await operations.pause(id), 200),
    resumeExecution: async ({ params: { id = '' } }) =>
      executionReply(deps, await operations.resume(id), 200),
    redriveExecution: async ({ params: { id = '' }, body }) =>
      executionReply(deps, await operations.redrive(id, body), 202),
    restartExecution: async ({ params: { id = '' } }) =>
      executionReply(deps, await operations.restart(id), 202),
    signalExecution: async ({ params: { id = '', name = '' }, body, idempotencyKey }) => {
      const answer = await operations.signal(id, {
        name,
        id: body.id ?? idempotencyKey,
        payload: body.payload,
      });
      return { status: answer.accepted ? 202 : 200, body: { accepted: answer.accepted } };
    },
  };
}

/** The execution with its counts. */
export async function executionReply(
  { reader }: Pick<ApiDependencies, 'reader'>,
  execution: Execution,
  status: 200 | 202,
): Promise<Reply> {
  const counts = await reader.counts(execution.id);
  const parked =
    counts.PARKED > 0
      ? await reader.tasks(execution.id, { statuses: ['PARKED'], limit: PARKED_SHOWN_MAX })
      : [];
  return {
    status,
    body: executionDetailView(execution, counts, parked),
    headers: { Location: `/executions/${encodeURIComponent(execution.id)}` },
  };
}

/** An output, fetched where it is kept by reference. Errors: `NotFound` when it is gone. */
export async function outputOf(
  { payloads }: Pick<ApiDependencies, 'payloads'>,
  of: Pick<Task | Execution, 'output' | 'outputRef'>,
): Promise<JsonValue | undefined> {
  return of.outputRef === undefined ? of.output : await unpack(of, payloads);
}
