/**
 * Every HTTP endpoint: one table that the routes are bound to and OpenAPI is made from. What each answers is in `answers.ts`, which
 * only descriptions need.
 */
import type * as z from 'zod';
import * as network from './network-requests.ts';
import * as requests from './requests.ts';

export type Tag = 'workflows' | 'executions' | 'tasks' | 'templates' | 'dead-letters' | 'network' | 'host';

export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it: `/workflows/{id}`. */
  path: string;
  tag: Tag;
  summary: string;
  query?: z.ZodObject;
  /** `json`: checked against `schema`. `document`: JSON or YAML text, handed on as it came: a definition unless it says `of` what. */
  body?: { kind: 'json'; schema: z.ZodObject } | { kind: 'document'; of?: 'network' };
  /** Takes `Idempotency-Key`. */
  idempotent?: true;
}

const control = <Verb extends string, Body extends z.ZodObject>(verb: Verb, summary: string, schema: Body) =>
  ({
    method: 'POST',
    path: `/executions/{id}/${verb}`,
    tag: 'executions',
    summary,
    body: { kind: 'json', schema },
  }) as const;

const workflowEndpoints = {
  listWorkflows: {
    method: 'GET',
    path: '/workflows',
    tag: 'workflows',
    summary: 'The stored workflows, by name.',
    query: requests.pageQuery,
  },
  submitWorkflow: {
    method: 'POST',
    path: '/workflows',
    tag: 'workflows',
    summary: 'Store a workflow definition; new content under a known name makes a new version.',
    body: { kind: 'document' },
    idempotent: true,
  },
  submitWorkflowYaml: {
    method: 'POST',
    path: '/workflows/from-yaml',
    tag: 'workflows',
    summary: 'Store a workflow definition written in YAML.',
    body: { kind: 'document' },
    idempotent: true,
  },
  validateWorkflow: {
    method: 'POST',
    path: '/workflows/validate',
    tag: 'workflows',
    summary: 'Check a definition, store nothing.',
    body: { kind: 'document' },
  },
  getWorkflow: {
    method: 'GET',
    path: '/workflows/{id}',
    tag: 'workflows',
    summary: 'The newest version of a workflow.',
  },
  listVersions: {
    method: 'GET',
    path: '/workflows/{id}/versions',
    tag: 'workflows',
    summary: 'Every version of a workflow, oldest first.',
  },
  getVersion: {
    method: 'GET',
    path: '/workflows/{id}/versions/{version}',
    tag: 'workflows',
    summary: 'One version of a workflow.',
  },
  startWorkflow: {
    method: 'POST',
    path: '/workflows/{id}/start',
    tag: 'executions',
    summary: 'Start an execution.',
    body: { kind: 'json', schema: requests.startBody },
    idempotent: true,
  },
} as const satisfies Record<string, Endpoint>;

const executionEndpoints = {
  listExecutions: {
    method: 'GET',
    path: '/executions',
    tag: 'executions',
    summary: 'Executions, newest first.',
    query: requests.executionsQuery,
  },
  getExecution: {
    method: 'GET',
    path: '/executions/{id}',
    tag: 'executions',
    summary: 'One execution: where it stands, its output or its errors.',
  },
  listTasks: {
    method: 'GET',
    path: '/executions/{id}/tasks',
    tag: 'executions',
    summary: "An execution's tasks, in the order of the definition.",
    query: requests.tasksQuery,
  },
  getExecutionTask: {
    method: 'GET',
    path: '/executions/{id}/tasks/{taskId}',
    tag: 'executions',
    summary: 'One task of an execution, with its output.',
  },
  listEvents: {
    method: 'GET',
    path: '/executions/{id}/events',
    tag: 'executions',
    summary: "An execution's events in order; `waitMs` waits for the next.",
    query: requests.eventsQuery,
  },
  getExecutionCost: {
    method: 'GET',
    path: '/executions/{id}/cost',
    tag: 'executions',
    summary: 'What it costs on AWS, wherever it ran: billable units by service, at list prices.',
  },
  cancelExecution: control('cancel', 'Stop it; what runs is aborted.', requests.cancelBody),
  pauseExecution: control('pause', 'Start nothing new until resumed.', requests.emptyBody),
  resumeExecution: control('resume', 'Go on after a pause.', requests.emptyBody),
  redriveExecution: control(
    'redrive',
    'Run again from where it failed; what succeeded stands.',
    requests.redriveBody,
  ),
  restartExecution: control(
    'restart',
    'Run again from the beginning, as a new execution; asked again, the same new one.',
    requests.emptyBody,
  ),
  signalExecution: {
    method: 'POST',
    path: '/executions/{id}/signals/{name}',
    tag: 'executions',
    summary: 'Send a signal or an approval; kept until a task takes it.',
    body: { kind: 'json', schema: requests.signalBody },
    idempotent: true,
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
  },
  getTask: {
    method: 'GET',
    path: '/tasks/{id}',
    tag: 'tasks',
    summary: 'A standalone task.',
  },
  listTaskTypes: {
    method: 'GET',
    path: '/task-types',
    tag: 'tasks',
    summary: 'The task types that can run here.',
  },
  startTemplate: {
    method: 'POST',
    path: '/api/v1/workflows',
    tag: 'templates',
    summary: 'Start a stored workflow, or the one in the request.',
    body: { kind: 'json', schema: requests.templateBody },
    idempotent: true,
  },
  getTemplateStatus: {
    method: 'GET',
    path: '/api/v1/workflows/{executionId}/status',
    tag: 'templates',
    summary: 'Where an execution stands.',
  },
} as const satisfies Record<string, Endpoint>;

const deadLetterEndpoints = {
  listDeadLetters: {
    method: 'GET',
    path: '/dead-letters',
    tag: 'dead-letters',
    summary: 'The queues of messages that failed as often as they may; with `queue`, some messages of it.',
    query: requests.deadLettersQuery,
  },
  redriveDeadLetters: {
    method: 'POST',
    path: '/dead-letters/{queue}/redrive',
    tag: 'dead-letters',
    summary: 'Send messages back to the queues that they come from, where they may fail as often again.',
    body: { kind: 'json', schema: requests.redriveDeadLettersBody },
  },
} as const satisfies Record<string, Endpoint>;

const look = <Query extends z.ZodObject>(path: string, summary: string, query: Query) =>
  ({ method: 'GET', path, tag: 'network', summary, query }) as const;
const put = <Body extends z.ZodObject>(path: string, summary: string, schema: Body) =>
  ({ method: 'POST', path, tag: 'network', summary, body: { kind: 'json', schema } }) as const;
const remove = (path: string, summary: string) =>
  ({ method: 'DELETE', path, tag: 'network', summary }) as const;

const networkEndpoints = {
  listNodes: look('/nodes', 'The registered nodes, by id.', requests.pageQuery),
  putNode: put('/nodes', 'Register a node, or put it in the place of the one of its id.', network.nodeSchema),
  getNode: look('/nodes/{id}', 'One node.', requests.noQuery),
  removeNode: remove('/nodes/{id}', 'Remove a node that no link leads to or from.'),
  issueCredentials: put(
    '/nodes/{id}/credentials',
    'Give a node what it connects with, this once.',
    network.credentialsBody,
  ),
  revokeCredentials: remove('/nodes/{id}/credentials', 'Take its credentials back, and cut it off.'),
  createJoinToken: put(
    '/join-tokens',
    'Ask for a token that lets one node join within 15 minutes.',
    requests.emptyBody,
  ),
  join: put(
    '/join',
    'Register a node with its links to this host, and give it what it connects with; needs a join token only.',
    network.joinBody,
  ),
  listLinks: look('/links', 'The registered links, by id, each as it was last measured.', requests.pageQuery),
  putLink: put('/links', 'Register a link, or put it in the place of the one of its id.', network.linkSchema),
  getLink: look('/links/{id}', 'One link, as it was last measured.', requests.noQuery),
  removeLink: remove('/links/{id}', 'Remove a link.'),
  putNetwork: {
    method: 'POST',
    path: '/network',
    tag: 'network',
    summary: 'Register the nodes and links of a file, all of them or none; what it does not name stays.',
    body: { kind: 'document', of: 'network' },
  },
  listSatellites: look('/satellites', 'The constellations, by name.', requests.noQuery),
  putSatellites: put(
    '/satellites',
    'Register the satellites of a file of TLEs as one constellation.',
    network.constellationBody,
  ),
  removeSatellites: remove('/satellites/{name}', 'Remove a constellation.'),
  listContactPlans: look('/contact-plans', 'The contact plans, by name.', requests.noQuery),
  putContactPlan: put('/contact-plans', 'Register a contact plan.', network.planBody),
  removeContactPlan: remove('/contact-plans/{name}', 'Remove a contact plan.'),
  listContacts: look(
    '/contacts',
    'When links that come and go can carry data, by when they begin to.',
    network.contactsQuery,
  ),
  findRoutes: look('/routes', 'The route that arrives first, or why there is none.', network.routesQuery),
  listQueues: look(
    '/queues',
    'The bundles in custody that wait, by neighbour, link and precedence.',
    requests.noQuery,
  ),
} as const satisfies Record<string, Endpoint>;

const hostEndpoint = (path: string, summary: string) =>
  ({ method: 'GET', path, tag: 'host', summary }) as const;

const hostEndpoints = {
  getIndex: hostEndpoint('/', 'Where to go from here.'),
  getHealth: hostEndpoint('/health', 'How the host is.'),
  getReadiness: hostEndpoint('/health/ready', 'Whether the host can take work.'),
  getLiveness: hostEndpoint('/health/live', 'Whether the process answers; needs no token.'),
  getStats: hostEndpoint(
    '/stats',
    'How many executions and tasks are in which state; places held and waited for.',
  ),
  getMetrics: hostEndpoint('/metrics', 'The same and more, for Prometheus.'),
  createTicket: {
    method: 'POST',
    path: '/tickets',
    tag: 'host',
    summary: 'Ask for the address of the event socket, with a ticket that opens it once within 30 s.',
    body: { kind: 'json', schema: requests.emptyBody },
  } as const,
  getOpenApi: hostEndpoint('/openapi.json', 'This API, as OpenAPI 3.1.'),
  getAsyncApi: hostEndpoint('/asyncapi.json', 'The event socket, as AsyncAPI 3.0.'),
  getWorkflowSchema: hostEndpoint(
    '/schemas/workflow.json',
    'The JSON Schema of workflow definitions, for editors.',
  ),
};

export const ENDPOINTS = {
  ...hostEndpoints,
  ...workflowEndpoints,
  ...executionEndpoints,
  ...taskEndpoints,
  ...deadLetterEndpoints,
  ...networkEndpoints,
} as const satisfies Record<string, Endpoint>;

export type EndpointId = keyof typeof ENDPOINTS;
