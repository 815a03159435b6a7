import { versionDetailView, versionSummaryView, workflowSummaryView } from '../../core/api/views.ts';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { WorkflowVersion } from '../../core/ports/workflow-store.ts';
import { PRIORITIES } from '../../core/workflow/definition.ts';
import { type ApiDependencies, ok, page, type Reply, type Routes } from './dependencies.ts';
import { executionReply } from './execution-routes.ts';
import type { DocumentText } from './request.ts';

type WorkflowRoutes = Pick<
  Routes,
  | 'listWorkflows'
  | 'submitWorkflow'
  | 'submitWorkflowYaml'
  | 'validateWorkflow'
  | 'getWorkflow'
  | 'listVersions'
  | 'getVersion'
  | 'startWorkflow'
>;

export function workflowRoutes(deps: ApiDependencies): WorkflowRoutes {
  const { operations, workflows } = deps;

  const submit = async ({
    body,
    idempotencyKey,
  }: {
    body: DocumentText;
    idempotencyKey: string | undefined;
  }) => {
    const { workflow, created } = await operations.submit({ ...fromDocument(body), idempotencyKey });
    return {
      status: created ? 201 : 200,
      body: versionDetailView(workflow),
      headers: { Location: `/workflows/${encodeURIComponent(workflow.name)}/versions/${workflow.version}` },
    } satisfies Reply;
  };

  const find = async (name: string, version?: number): Promise<WorkflowVersion> => {
    const found = await workflows.getVersion(name, version);
    if (found !== undefined) return found;
    if (version === undefined) throw noWorkflow(name);
    throw new NotFound(
      `There is no version ${version} of a workflow "${name}".`,
      `List them with GET /workflows/${encodeURIComponent(name)}/versions.`,
    );
  };

  return {
    listWorkflows: async ({ query: { cursor, limit } }) => {
      const found = await workflows.list({ afterName: cursor, limit: limit + 1 });
      return ok(page(found, limit, workflowSummaryView, (item) => item.name));
    },
    submitWorkflow: submit,
    submitWorkflowYaml: submit,
    validateWorkflow: async ({ body }) =>
      ok({ valid: true, definition: await operations.validate(fromDocument(body)) }),
    getWorkflow: async ({ params: { id = '' } }) => ok(versionDetailView(await find(id))),
    listVersions: async ({ params: { id = '' } }) => {
      const versions = await workflows.listVersions(id);
      if (versions.length === 0) throw noWorkflow(id);
      return ok({ items: versions.map(versionSummaryView) });
    },
    getVersion: async ({ params: { id = '', version = '' } }) =>
      ok(versionDetailView(await find(id, versionNumber(version)))),
    startWorkflow: async ({ params: { id = '' }, body, idempotencyKey }) => {
      const priority = priorityNumber(body.priority);
      const { execution, created } = await operations.start({
        ...body,
        workflow: id,
        priority,
        idempotencyKey,
      });
      return executionReply(deps, execution, created ? 202 : 200);
    },
  };
}

const fromDocument = ({ text, format }: DocumentText) => ({
  document: text,
  format,
  source: 'the request body',
});

const noWorkflow = (name: string) =>
  new NotFound(
    `There is no workflow "${name}".`,
    'List them with GET /workflows, or submit it with POST /workflows.',
  );

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidInput(`"${text.slice(0, 100)}" is not a version.`, 'Give its number: 1, 2, 3 …');
}

function priorityNumber(priority: number | keyof typeof PRIORITIES | undefined): number | undefined {
  return typeof priority === 'string' ? PRIORITIES[priority] : priority;
}
