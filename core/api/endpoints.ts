/** Every HTTP endpoint: one table that the routes are bound to and OpenAPI is made from. */
import type * as z from 'zod';
import { costView } from './cost-view.ts';
import * as requests from './requests.ts';
import * as views from './schemas.ts';

export type Tag = 'workflows' | 'executions' | 'tasks' | 'templates' | 'dead-letters' | 'host';

export interface Endpoint {
  method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/workflows/{id}`. */
  path: string;
  tag: Tag;
  summary: string;
  query?: z.ZodObject;
  /** `json`: checked against `schema`. `document`: JSON or YAML text, handed on as it came. */
  body?: { kind: 'json'; schema: z.ZodObject } | { kind: 'document' };
  /** Takes `Idempotency-Key`. */
  idempotent?: true;
  /** What it answers when all is well, by status; `text` where that isn't JSON. */
  responses: Record<number, { description: string; schema?: z.ZodType; text?: string }>;
  /** The problems of its own; 400, 401, 403, 405, 413, 415, 421, 500 and 503 can come from anywhere. */
  problems?: readonly number[];
}

const executionAnswer = { schema: views.executionView };
const control = <Verb extends string, Body extends z.ZodObject>(
  verb: Verb,
  summary: string,
  schema: Body,
  status: 200 | 202,
) =>
  ({
    method: 'POST',
    path: `/executions/{id}/${verb}`,
    tag: 'executions',
    summary,
    body: { kind: 'json', schema },
    responses: { [status]: { description: 'The execution as it stands then.', ...executionAnswer } },
    problems: [404, 409],
  }) as const;

const workflowEndpoints = {
  listWorkflows: {
    method: 'GET',
    path: '/workflows',
    tag: 'workflows',
    summary: 'The stored workflows, by name.',
    query: requests.pageQuery,
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.workflowSummary) } },
  },
  submitWorkflow: {
    method: 'POST',
    path: '/workflows',
    tag: 'workflows',
    summary: 'Store a workflow definition; new content under a known name makes a new version.',
    body: { kind: 'document' },
    idempotent: true,
    responses: {
      201: { description: 'A new version.', schema: views.versionView },
      200: { description: 'This very definition was stored before.', schema: views.versionView },
    },
    problems: [409, 422],
  },
  submitWorkflowYaml: {
    method: 'POST',
    path: '/workflows/from-yaml',
    tag: 'workflows',
    summary: 'Store a workflow definition written in YAML.',
    body: { kind: 'document' },
    idempotent: true,
    responses: {
      201: { description: 'A new version.', schema: views.versionView },
      200: { description: 'This very definition was stored before.', schema: views.versionView },
    },
    problems: [409, 422],
  },
  validateWorkflow: {
    method: 'POST',
    path: '/workflows/validate',
    tag: 'workflows',
    summary: 'Check a definition, store nothing.',
    body: { kind: 'document' },
    responses: { 200: { description: 'Valid; in its canonical form.', schema: views.validationView } },
    problems: [422],
  },
  getWorkflow: {
    method: 'GET',
    path: '/workflows/{id}',
    tag: 'workflows',
    summary: 'The newest version of a workflow.',
    responses: { 200: { description: 'The version.', schema: views.versionView } },
    problems: [404],
  },
  listVersions: {
    method: 'GET',
    path: '/workflows/{id}/versions',
    tag: 'workflows',
    summary: 'Every version of a workflow, oldest first.',
    responses: { 200: { description: 'All of them.', schema: views.pageOf(views.versionSummary) } },
    problems: [404],
  },
  getVersion: {
    method: 'GET',
    path: '/workflows/{id}/versions/{version}',
    tag: 'workflows',
    summary: 'One version of a workflow.',
    responses: { 200: { description: 'The version.', schema: views.versionView } },
    problems: [404],
  },
  startWorkflow: {
    method: 'POST',
    path: '/workflows/{id}/start',
    tag: 'executions',
    summary: 'Start an execution.',
    body: { kind: 'json', schema: requests.startBody },
    idempotent: true,
    responses: {
      202: { description: 'Accepted and stored.', ...executionAnswer },
      200: { description: 'This key started it before.', ...executionAnswer },
    },
    problems: [404, 409, 422],
  },
} as const satisfies Record<string, Endpoint>;

const executionEndpoints = {
  listExecutions: {
    method: 'GET',
    path: '/executions',
    tag: 'executions',
    summary: 'Executions, newest first.',
    query: requests.executionsQuery,
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.executionSummary) } },
  },
  getExecution: {
    method: 'GET',
    path: '/executions/{id}',
    tag: 'executions',
    summary: 'One execution: where it stands, its output or its errors.',
    responses: { 200: { description: 'The execution.', ...executionAnswer } },
    problems: [404],
  },
  listTasks: {
    method: 'GET',
    path: '/executions/{id}/tasks',
    tag: 'executions',
    summary: "An execution's tasks, in the order of the definition.",
    query: requests.tasksQuery,
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.taskSummary) } },
    problems: [404],
  },
  getExecutionTask: {
    method: 'GET',
    path: '/executions/{id}/tasks/{taskId}',
    tag: 'executions',
    summary: 'One task of an execution, with its output.',
    responses: { 200: { description: 'The task.', schema: views.taskView } },
    problems: [404],
  },
  listEvents: {
    method: 'GET',
    path: '/executions/{id}/events',
    tag: 'executions',
    summary: "An execution's events in order; `waitMs` waits for the next.",
    query: requests.eventsQuery,
    responses: { 200: { description: 'A page.', schema: views.eventPage } },
    problems: [404],
  },
  getExecutionCost: {
    method: 'GET',
    path: '/executions/{id}/cost',
    tag: 'executions',
    summary: 'What it costs on AWS, wherever it ran: billable units by service, at list prices.',
    responses: { 200: { description: 'The bill.', schema: costView } },
    problems: [404],
  },
  cancelExecution: control('cancel', 'Stop it; what runs is aborted.', requests.cancelBody, 200),
  pauseExecution: control('pause', 'Start nothing new until resumed.', requests.emptyBody, 200),
  resumeExecution: control('resume', 'Go on after a pause.', requests.emptyBody, 200),
  redriveExecution: {
    ...control(
      'redrive',
      'Run again from where it failed; what succeeded stands.',
      requests.redriveBody,
      202,
    ),
    problems: [404, 409, 422],
  },
  restartExecution: control(
    'restart',
    'Run again from the beginning, as a new execution; asked again, the same new one.',
    requests.emptyBody,
    202,
  ),
  signalExecution: {
    method: 'POST',
    path: '/executions/{id}/signals/{name}',
    tag: 'executions',
    summary: 'Send a signal or an approval; kept until a task takes it.',
    body: { kind: 'json', schema: requests.signalBody },
    idempotent: true,
    responses: {
      202: { description: 'Kept.', schema: views.signalView },
      200: { description: 'This id was taken before.', schema: views.signalView },
    },
    problems: [404, 409],
  },
} as const satisfies Record<string, Endpoint>;

const taskEndpoints = {
  submitTask: {
    method: 'POST',
    path: '/tasks',
    tag: 'tasks',
    summary: 'Run a task by itself; it may depend on other tasks.',
    body: { kind: 'json', schema: requests.taskBody },
    idempotent: true,
    responses: {
      202: { description: 'Accepted and stored.', schema: views.standaloneTaskView },
      200: { description: 'This key submitted it before.', schema: views.standaloneTaskView },
    },
    problems: [404, 409, 422],
  },
  getTask: {
    method: 'GET',
    path: '/tasks/{id}',
    tag: 'tasks',
    summary: 'A standalone task.',
    responses: { 200: { description: 'The task.', schema: views.standaloneTaskView } },
    problems: [404],
  },
  listTaskTypes: {
    method: 'GET',
    path: '/task-types',
    tag: 'tasks',
    summary: 'The task types that can run here.',
    responses: { 200: { description: 'All of them.', schema: views.taskTypesView } },
  },
  startTemplate: {
    method: 'POST',
    path: '/api/v1/workflows',
    tag: 'templates',
    summary: 'Start a stored workflow, or the one in the request.',
    body: { kind: 'json', schema: requests.templateBody },
    idempotent: true,
    responses: {
      202: { description: 'Accepted and stored.', schema: views.templateStartView },
      200: { description: 'This key started it before.', schema: views.templateStartView },
    },
    problems: [404, 409, 422],
  },
  getTemplateStatus: {
    method: 'GET',
    path: '/api/v1/workflows/{executionId}/status',
    tag: 'templates',
    summary: 'Where an execution stands.',
    responses: { 200: { description: 'The status.', schema: views.templateStatusView } },
    problems: [404],
  },
} as const satisfies Record<string, Endpoint>;

const deadLetterEndpoints = {
  listDeadLetters: {
    method: 'GET',
    path: '/dead-letters',
    tag: 'dead-letters',
    summary: 'The queues of messages that failed as often as they may; with `queue`, some messages of it.',
    query: requests.deadLettersQuery,
    responses: { 200: { description: 'All of them, or the one asked for.', schema: views.deadLettersView } },
    problems: [404],
  },
  redriveDeadLetters: {
    method: 'POST',
    path: '/dead-letters/{queue}/redrive',
    tag: 'dead-letters',
    summary: 'Send messages back to the queues that they come from, where they may fail as often again.',
    body: { kind: 'json', schema: requests.redriveDeadLettersBody },
    responses: {
      202: { description: 'Under way; GET /dead-letters tells how far.', schema: views.redriveView },
      200: { description: 'Done.', schema: views.redriveView },
    },
    problems: [404, 409],
  },
} as const satisfies Record<string, Endpoint>;

const document = { description: 'The document.', text: 'application/json' };
const hostEndpoint = (path: string, summary: string, responses: Endpoint['responses']) =>
  ({ method: 'GET', path, tag: 'host', summary, responses }) as const;
const health = {
  200: { description: 'It can take work.', schema: views.healthView },
  503: { description: 'It can not, and `checks` says why.', schema: views.healthView },
};

const hostEndpoints = {
  getIndex: hostEndpoint('/', 'Where to go from here.', {
    200: { description: 'Links.', schema: views.indexView },
  }),
  getHealth: hostEndpoint('/health', 'How the host is.', health),
  getReadiness: hostEndpoint('/health/ready', 'Whether the host can take work.', health),
  getLiveness: hostEndpoint('/health/live', 'Whether the process answers; needs no token.', {
    200: { description: 'It does.', schema: views.liveView },
  }),
  getStats: hostEndpoint(
    '/stats',
    'How many executions and tasks are in which state; places held and waited for.',
    {
      200: { description: 'The numbers.', schema: views.statsView },
    },
  ),
  getMetrics: hostEndpoint('/metrics', 'The same and more, for Prometheus.', {
    200: { description: 'Prometheus text format.', text: 'text/plain' },
  }),
  createTicket: {
    method: 'POST',
    path: '/tickets',
    tag: 'host',
    summary: 'Ask for the address of the event socket, with a ticket that opens it once within 30 s.',
    body: { kind: 'json', schema: requests.emptyBody },
    responses: { 201: { description: 'Connect to `url` as it is.', schema: views.ticketView } },
  } as const,
  getOpenApi: hostEndpoint('/openapi.json', 'This API, as OpenAPI 3.1.', { 200: document }),
  getAsyncApi: hostEndpoint('/asyncapi.json', 'The event socket, as AsyncAPI 3.0.', { 200: document }),
  getWorkflowSchema: hostEndpoint(
    '/schemas/workflow.json',
    'The JSON Schema of workflow definitions, for editors.',
    {
      200: document,
    },
  ),
};

export const ENDPOINTS = {
  ...hostEndpoints,
  ...workflowEndpoints,
  ...executionEndpoints,
  ...taskEndpoints,
  ...deadLetterEndpoints,
} as const satisfies Record<string, Endpoint>;

export type EndpointId = keyof typeof ENDPOINTS;
