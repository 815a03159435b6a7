/** What every endpoint answers. OpenAPI is made from it; requests are served without, so it isn't loaded with them. */
import type * as z from 'zod';
import { costView } from './cost-view.ts';
import type { EndpointId } from './endpoints.ts';
import * as network from './network-schemas.ts';
import { queuesView } from './queue-schemas.ts';
import * as views from './schemas.ts';

export interface EndpointAnswers {
  /** When all is well, by status; `text` where that isn't JSON. */
  responses: Record<number, { description: string; schema?: z.ZodType; text?: string }>;
  /** The problems of its own; 400, 401, 403, 405, 413, 415, 421, 500 and 503 can come from anywhere. */
  problems?: readonly number[];
}

type Answers = Partial<Record<EndpointId, EndpointAnswers>>;

const executionAnswer = { schema: views.executionView };
const controlled = (status: 200 | 202): EndpointAnswers => ({
  responses: { [status]: { description: 'The execution as it stands then.', ...executionAnswer } },
  problems: [404, 409],
});
const document = { responses: { 200: { description: 'The document.', text: 'application/json' } } };
const health = {
  responses: {
    200: { description: 'It can take work.', schema: views.healthView },
    503: { description: 'It can not, and `checks` says why.', schema: views.healthView },
  },
};

const host = {
  getIndex: { responses: { 200: { description: 'Links.', schema: views.indexView } } },
  getHealth: health,
  getReadiness: health,
  getLiveness: { responses: { 200: { description: 'It does.', schema: views.liveView } } },
  getStats: { responses: { 200: { description: 'The numbers.', schema: views.statsView } } },
  getMetrics: { responses: { 200: { description: 'Prometheus text format.', text: 'text/plain' } } },
  createTicket: {
    responses: { 201: { description: 'Connect to `url` as it is.', schema: views.ticketView } },
  },
  getOpenApi: document,
  getAsyncApi: document,
  getWorkflowSchema: document,
} satisfies Answers;

const workflows = {
  listWorkflows: {
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.workflowSummary) } },
  },
  submitWorkflow: {
    responses: {
      201: { description: 'A new version.', schema: views.versionView },
      200: { description: 'This very definition was stored before.', schema: views.versionView },
    },
    problems: [409, 422],
  },
  submitWorkflowYaml: {
    responses: {
      201: { description: 'A new version.', schema: views.versionView },
      200: { description: 'This very definition was stored before.', schema: views.versionView },
    },
    problems: [409, 422],
  },
  validateWorkflow: {
    responses: { 200: { description: 'Valid; in its canonical form.', schema: views.validationView } },
    problems: [422],
  },
  getWorkflow: {
    responses: { 200: { description: 'The version.', schema: views.versionView } },
    problems: [404],
  },
  listVersions: {
    responses: { 200: { description: 'All of them.', schema: views.pageOf(views.versionSummary) } },
    problems: [404],
  },
  getVersion: {
    responses: { 200: { description: 'The version.', schema: views.versionView } },
    problems: [404],
  },
  startWorkflow: {
    responses: {
      202: { description: 'Accepted and stored.', ...executionAnswer },
      200: { description: 'This key started it before.', ...executionAnswer },
    },
    problems: [404, 409, 422],
  },
} satisfies Answers;

const executions = {
  listExecutions: {
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.executionSummary) } },
  },
  getExecution: {
    responses: { 200: { description: 'The execution.', ...executionAnswer } },
    problems: [404],
  },
  listTasks: {
    responses: { 200: { description: 'A page.', schema: views.pageOf(views.taskSummary) } },
    problems: [404],
  },
  getExecutionTask: {
    responses: { 200: { description: 'The task.', schema: views.taskView } },
    problems: [404],
  },
  listEvents: {
    responses: { 200: { description: 'A page.', schema: views.eventPage } },
    problems: [404],
  },
  getExecutionCost: {
    responses: { 200: { description: 'The bill.', schema: costView } },
    problems: [404],
  },
  cancelExecution: controlled(200),
  pauseExecution: controlled(200),
  resumeExecution: controlled(200),
  redriveExecution: { ...controlled(202), problems: [404, 409, 422] },
  restartExecution: controlled(202),
  signalExecution: {
    responses: {
      202: { description: 'Kept.', schema: views.signalView },
      200: { description: 'This id was taken before.', schema: views.signalView },
    },
    problems: [404, 409],
  },
} satisfies Answers;

const tasks = {
  submitTask: {
    responses: {
      202: { description: 'Accepted and stored.', schema: views.standaloneTaskView },
      200: { description: 'This key submitted it before.', schema: views.standaloneTaskView },
    },
    problems: [404, 409, 422],
  },
  getTask: {
    responses: { 200: { description: 'The task.', schema: views.standaloneTaskView } },
    problems: [404],
  },
  listTaskTypes: {
    responses: { 200: { description: 'All of them.', schema: views.taskTypesView } },
  },
  startTemplate: {
    responses: {
      202: { description: 'Accepted and stored.', schema: views.templateStartView },
      200: { description: 'This key started it before.', schema: views.templateStartView },
    },
    problems: [404, 409, 422],
  },
  getTemplateStatus: {
    responses: { 200: { description: 'The status.', schema: views.templateStatusView } },
    problems: [404],
  },
} satisfies Answers;

const deadLetters = {
  listDeadLetters: {
    responses: { 200: { description: 'All of them, or the one asked for.', schema: views.deadLettersView } },
    problems: [404],
  },
  redriveDeadLetters: {
    responses: {
      202: { description: 'Under way; GET /dead-letters tells how far.', schema: views.redriveView },
      200: { description: 'Done.', schema: views.redriveView },
    },
    problems: [404, 409],
  },
} satisfies Answers;

const put = (schema: z.ZodType, problems: readonly number[] = []): EndpointAnswers => ({
  responses: {
    201: { description: 'A new one.', schema },
    200: { description: 'It stands in the place of the one before, or was there already.', schema },
  },
  problems,
});
const removed: EndpointAnswers = {
  responses: { 200: { description: 'It is gone.', schema: network.changedView } },
  problems: [404, 409],
};
const one = (schema: z.ZodType): EndpointAnswers => ({
  responses: { 200: { description: 'It.', schema } },
  problems: [404],
});
const all = (schema: z.ZodType): EndpointAnswers => ({
  responses: { 200: { description: 'All of them, or a page.', schema: views.pageOf(schema) } },
});

const networks = {
  listNodes: all(network.nodeView),
  putNode: put(network.nodeView, [409]),
  getNode: one(network.nodeView),
  removeNode: removed,
  issueCredentials: {
    responses: { 201: { description: 'They are kept nowhere else.', schema: network.credentialsView } },
    problems: [404, 409],
  },
  revokeCredentials: {
    responses: { 200: { description: 'They are good for nothing any more.', schema: network.revokedView } },
    problems: [404],
  },
  createJoinToken: {
    responses: { 201: { description: 'Hand it to the node.', schema: network.joinTokenView } },
  },
  join: {
    responses: { 201: { description: 'Connect, and say hello.', schema: network.joinedView } },
    problems: [409],
  },
  listLinks: all(network.linkView),
  putLink: put(network.linkView, [409]),
  getLink: one(network.linkView),
  removeLink: removed,
  putNetwork: {
    responses: { 200: { description: 'What is registered now.', schema: network.networkView } },
    problems: [409],
  },
  listSatellites: all(network.constellationView),
  putSatellites: put(network.putConstellationView, [409]),
  removeSatellites: removed,
  listContactPlans: all(network.planView),
  putContactPlan: put(network.putPlanView, [409]),
  removeContactPlan: removed,
  listContacts: {
    responses: { 200: { description: 'A page.', schema: network.contactsView } },
    problems: [404],
  },
  findRoutes: {
    responses: { 200: { description: 'The route, or null and why.', schema: network.routesView } },
    problems: [404],
  },
  listQueues: { responses: { 200: { description: 'As they are now.', schema: queuesView } } },
} satisfies Answers;

export const ANSWERS: Readonly<Record<EndpointId, EndpointAnswers>> = {
  ...host,
  ...workflows,
  ...executions,
  ...tasks,
  ...deadLetters,
  ...networks,
};
