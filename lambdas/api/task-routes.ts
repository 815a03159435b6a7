import { countsView, isoTime, standaloneView } from '../../core/api/views.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { Execution } from '../../core/execution/execution.ts';
import { ENGINE_TYPES } from '../../core/workflow/definition.ts';
import { type ApiDependencies, findExecution, ok, type Reply, type Routes } from './dependencies.ts';
import { outputOf } from './execution-routes.ts';

type TaskRoutes = Pick<
  Routes,
  'submitTask' | 'getTask' | 'listTaskTypes' | 'startTemplate' | 'getTemplateStatus'
>;

export function taskRoutes(deps: ApiDependencies): TaskRoutes {
  const { operations, reader, taskTypes } = deps;
  return {
    submitTask: async ({ body, idempotencyKey }) => {
      const { execution, created } = await operations.submitTask({ ...body, idempotencyKey });
      return taskReply(deps, execution, created ? 202 : 200);
    },
    getTask: async ({ params: { id = '' } }) => {
      const execution = await reader.get(id);
      if (execution?.kind === 'task') return taskReply(deps, execution, 200);
      throw new NotFound(
        `There is no standalone task "${id}".`,
        execution === undefined
          ? 'List them with GET /executions?kind=task.'
          : `It is an execution: GET /executions/${encodeURIComponent(id)}.`,
      );
    },
    listTaskTypes: async () => {
      const engine = ENGINE_TYPES.map((type) => ({ type, engine: true }));
      const offered = (await taskTypes.list()).map(({ type, maxConcurrency }) => ({
        type,
        ...(maxConcurrency !== undefined && { maxConcurrency }),
        engine: false,
      }));
      return ok({ items: [...engine, ...offered].sort((a, b) => (a.type < b.type ? -1 : 1)) });
    },
    startTemplate: async ({ body, idempotencyKey }) => {
      const { correlation_id: correlationId, variables } = body;
      const workflow = await chooseWorkflow(deps, body);
      const started = await operations.start({ ...workflow, variables, correlationId, idempotencyKey });
      const { execution, created } = started;
      return {
        status: created ? 202 : 200,
        body: templateFields(execution),
        headers: { Location: `/api/v1/workflows/${encodeURIComponent(execution.id)}/status` },
      };
    },
    getTemplateStatus: async ({ params: { executionId = '' } }) => {
      const execution = await findExecution(deps, executionId);
      const { startedMs, endedMs, total, errors } = execution;
      const output = await outputOf(deps, execution);
      return ok({
        ...templateFields(execution),
        tasks: countsView(await reader.counts(executionId), total),
        ...(startedMs !== undefined && { started_at: isoTime(startedMs) }),
        ...(endedMs !== undefined && { ended_at: isoTime(endedMs) }),
        ...(output !== undefined && { output }),
        errors,
      });
    },
  };
}

async function chooseWorkflow(
  { operations }: ApiDependencies,
  { workflow_template: template, workflow }: Parameters<Routes['startTemplate']>[0]['body'],
): Promise<{ workflow: string; version?: number }> {
  if ((template === undefined) === (workflow === undefined)) {
    throw new InvalidInput(
      `The body has ${template === undefined ? 'neither' : 'both'} "workflow_template" and "workflow".`,
      'Give one: the name of a stored workflow, or a definition.',
    );
  }
  if (workflow === undefined) return { workflow: template! };
  const submitted = await operations.submit({ document: workflow, source: 'workflow' });
  return { workflow: submitted.workflow.name, version: submitted.workflow.version };
}

function templateFields({ id, correlationId, workflow, version, status }: Execution) {
  return {
    execution_id: id,
    ...(correlationId !== undefined && { correlation_id: correlationId }),
    workflow,
    version,
    status: status.toLowerCase(),
  };
}

async function taskReply(deps: ApiDependencies, execution: Execution, status: 200 | 202): Promise<Reply> {
  const [task] = await deps.reader.tasks(execution.id, { limit: 1 });
  const definition = task ?? (await deps.workflows.getDefinition(execution.definitionHash))?.tasks[0];
  const output = task && (await outputOf(deps, task));
  return {
    status,
    body: standaloneView(execution, definition?.type ?? 'unknown', task, output),
    headers: { Location: `/tasks/${encodeURIComponent(execution.id)}` },
  };
}
