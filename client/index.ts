/** Talks to a Holdfast host: one method an operation of its HTTP API, and `watch` for events. Works in Node.js and in browsers. */
import type { SubmitRequest, TaskRequest } from '../core/api/operations.ts';
import type {
  DeadLetterQueueView,
  ExecutionSummaryView,
  ExecutionView,
  RedriveView,
  StandaloneTaskView,
  TaskSummaryView,
  TaskView,
  WorkflowSummaryView,
  WorkflowVersionView,
} from '../core/api/schemas.ts';
import type {
  ConstellationView,
  ContactsView,
  LinkView,
  NetworkChangeView,
  CredentialsView,
  JoinedView,
  JoinTokenView,
  NodeView,
  PlanView,
  RoutesView,
} from '../core/api/network-schemas.ts';
import type { QueuesView } from '../core/api/queue-schemas.ts';
import type { CostView } from '../core/api/cost-view.ts';
import type { ConstellationRequest, PlanRequest } from '../core/api/network-operations.ts';
import type { JoinBody } from '../core/api/network-requests.ts';
import type { HoldfastEvent } from '../core/event/event.ts';
import type { ExecutionStatus, TaskStatus } from '../core/execution/execution.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { NetworkLink, NetworkNode } from '../core/network/network.ts';
import type { Precedence } from '../core/satellite/precedence.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import { type ClientOptions, createTransport } from './transport.ts';
import { watch, type WatchOptions } from './watch.ts';

export { HoldfastProblem, HostUnreachable } from './errors.ts';
export type { ClientOptions } from './transport.ts';
export type { WatchOptions } from './watch.ts';

export interface Page<T> {
  items: T[];
  /** Absent on the last page. */
  nextCursor?: string;
}

export interface PageOptions {
  cursor?: string;
  /** Items a page, 1000 at most. @default 100 */
  limit?: number;
}

export interface StartOptions {
  /** The newest unless given. */
  version?: number;
  variables?: JsonObject;
  priority?: number | string;
  correlationId?: string;
  /** Same key, same request: the same execution. @default a new one, so that a lost answer starts nothing twice */
  idempotencyKey?: string;
}

export interface ExecutionFilter extends PageOptions {
  workflow?: string;
  status?: ExecutionStatus[];
  kind?: 'workflow' | 'task' | 'child';
  /** Children of this execution's tasks. */
  parent?: string;
  correlationId?: string;
}

export interface RedriveOptions {
  /** Replaces the definition; tasks that succeeded keep their id and stand. */
  document?: string | JsonObject;
  format?: 'json' | 'yaml';
  skip?: string[];
  outputs?: Record<string, JsonValue>;
}

export interface ContactFilter extends PageOptions {
  from?: string;
  to?: string;
  /** ISO 8601 or epoch milliseconds. @default now */
  at?: string;
  /** @default 24 */
  hours?: number;
}

export interface RouteOptions {
  /** ISO 8601 or epoch milliseconds. @default now */
  at?: string;
  /** Bytes. @default 0 */
  size?: number;
  precedence?: Precedence;
  /** Further routes. @default 0 */
  alternatives?: number;
  /** A pair that shares no node, link or risk group, too. @default false */
  disjoint?: boolean;
  /** How far ahead to look. @default 24 */
  hours?: number;
}

export interface HostIndex {
  name: string;
  description: string;
  links: Record<string, string>;
}

export type Client = ReturnType<typeof createClient>;

/** Each method rejects with `HoldfastProblem` (a refusal, with its `fix`) or `HostUnreachable`. */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options);

  const get = async <T>(path: string, query: object = {}): Promise<T> =>
    (await transport.send<T>({ method: 'GET', path, query: query as Record<string, string> })).body;

  const post = <T>(path: string, body: object, idempotencyKey?: string) =>
    transport.send<T>({
      method: 'POST',
      path,
      body,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });

  const remove = async (path: string): Promise<void> =>
    void (await transport.send({ method: 'DELETE', path }));

  const control = async (id: string, verb: string, body: object = {}): Promise<ExecutionView> =>
    (await post<ExecutionView>(`${executionPath(id)}/${verb}`, body)).body;

  return {
    url: transport.base,

    /** What answers there; `name` is `Holdfast`. */
    index: () => get<HostIndex>('/'),
    taskTypes: async () =>
      (await get<Page<{ type: string; maxConcurrency?: number; engine: boolean }>>('/task-types')).items,
    stats: () => get<JsonObject>('/stats'),

    /** Stores a definition; `created` is false when this very one was stored before. */
    async submit(
      request: Omit<SubmitRequest, 'source'>,
    ): Promise<{ workflow: WorkflowVersionView; created: boolean }> {
      const answer = await post<WorkflowVersionView>('/workflows', documentOf(request), newKey());
      return { workflow: answer.body, created: answer.status === 201 };
    },
    validate: async (request: Omit<SubmitRequest, 'source'>): Promise<WorkflowDefinition> =>
      (await post<{ definition: WorkflowDefinition }>('/workflows/validate', documentOf(request))).body
        .definition,
    workflows: (page: PageOptions = {}) => get<Page<WorkflowSummaryView>>('/workflows', page),
    workflow: (name: string, version?: number) =>
      get<WorkflowVersionView>(
        version === undefined ? workflowPath(name) : `${workflowPath(name)}/versions/${version}`,
      ),
    versions: async (name: string) =>
      (await get<Page<Omit<WorkflowVersionView, 'definition'>>>(`${workflowPath(name)}/versions`)).items,

    async start(workflow: string, { idempotencyKey = newKey(), ...body }: StartOptions = {}) {
      const answer = await post<ExecutionView>(`${workflowPath(workflow)}/start`, body, idempotencyKey);
      return { execution: answer.body, created: answer.status === 202 };
    },
    async submitTask({ idempotencyKey = newKey(), ...task }: TaskRequest) {
      const answer = await post<StandaloneTaskView>('/tasks', task, idempotencyKey);
      return { task: answer.body, created: answer.status === 202 };
    },
    task: (id: string) => get<StandaloneTaskView>(`/tasks/${encodeURIComponent(id)}`),

    executions: (filter: ExecutionFilter = {}) => get<Page<ExecutionSummaryView>>('/executions', filter),
    execution: (id: string) => get<ExecutionView>(executionPath(id)),
    tasks: (id: string, filter: PageOptions & { status?: TaskStatus[]; type?: string } = {}) =>
      get<Page<TaskSummaryView>>(`${executionPath(id)}/tasks`, filter),
    executionTask: (id: string, taskId: string) =>
      get<TaskView>(`${executionPath(id)}/tasks/${encodeURIComponent(taskId)}`),
    events: (
      id: string,
      filter: { types?: string[]; afterSeq?: number; limit?: number; waitMs?: number } = {},
    ) => get<{ items: HoldfastEvent[]; nextAfterSeq: number }>(`${executionPath(id)}/events`, filter),

    /** What it costs on AWS, wherever it ran. */
    cost: (id: string) => get<CostView>(`${executionPath(id)}/cost`),
    cancel: (id: string, reason?: string) => control(id, 'cancel', reason === undefined ? {} : { reason }),
    pause: (id: string) => control(id, 'pause'),
    resume: (id: string) => control(id, 'resume'),
    redrive: (id: string, request: RedriveOptions = {}) => control(id, 'redrive', request),
    restart: (id: string) => control(id, 'restart'),
    /** Kept until a task takes it; `accepted` is false for an `id` that was taken before. */
    signal: async (
      id: string,
      name: string,
      { id: signalId = newKey(), payload }: { id?: string; payload?: JsonValue } = {},
    ) =>
      (
        await post<{ accepted: boolean }>(
          `${executionPath(id)}/signals/${encodeURIComponent(name)}`,
          payload === undefined ? {} : { payload },
          signalId,
        )
      ).body,

    /** The queues of messages that were set aside; of one that is named, some messages, too. */
    deadLetters: async (queue?: string): Promise<DeadLetterQueueView[]> =>
      (await get<Page<DeadLetterQueueView>>('/dead-letters', { queue })).items,
    /** Sends messages back: the oldest `limit`, or all of them in the background. */
    redriveDeadLetters: async (queue: string, limit?: number): Promise<RedriveView> =>
      (
        await post<RedriveView>(
          `/dead-letters/${encodeURIComponent(queue)}/redrive`,
          limit === undefined ? {} : { limit },
        )
      ).body,

    nodes: (page: PageOptions = {}) => get<Page<NodeView>>('/nodes', page),
    node: (id: string) => get<NodeView>(`/nodes/${encodeURIComponent(id)}`),
    putNode: async (node: NetworkNode) => (await post<NodeView>('/nodes', node)).body,
    removeNode: (id: string) => remove(`/nodes/${encodeURIComponent(id)}`),
    /** What a node connects with; given out once. */
    issueCredentials: async (nodeId: string, csrPem?: string): Promise<CredentialsView> =>
      (await post<CredentialsView>(`/nodes/${encodeURIComponent(nodeId)}/credentials`, { csrPem })).body,
    revokeCredentials: (nodeId: string) => remove(`/nodes/${encodeURIComponent(nodeId)}/credentials`),
    /** Lets one node join. */
    createJoinToken: async (): Promise<JoinTokenView> => (await post<JoinTokenView>('/join-tokens', {})).body,
    /** Registers a node with its links to the host; needs a join token, or a host that anybody may use. */
    join: async (request: JoinBody): Promise<JoinedView> => (await post<JoinedView>('/join', request)).body,
    links: (page: PageOptions = {}) => get<Page<LinkView>>('/links', page),
    link: (id: string) => get<LinkView>(`/links/${encodeURIComponent(id)}`),
    putLink: async (link: NetworkLink) => (await post<LinkView>('/links', link)).body,
    removeLink: (id: string) => remove(`/links/${encodeURIComponent(id)}`),
    /** Registers `{nodes, links}`, as a text or an object: all of it or nothing. */
    putNetwork: async (request: Omit<SubmitRequest, 'source'>): Promise<NetworkChangeView> =>
      (await post<NetworkChangeView>('/network', documentOf(request))).body,
    satellites: async () => (await get<Page<ConstellationView>>('/satellites')).items,
    putSatellites: async (request: ConstellationRequest) =>
      (await post<ConstellationView & { notes: string[] }>('/satellites', request)).body,
    removeSatellites: (name: string) => remove(`/satellites/${encodeURIComponent(name)}`),
    contactPlans: async () => (await get<Page<PlanView>>('/contact-plans')).items,
    putContactPlan: async (request: PlanRequest) =>
      (await post<PlanView & { notes: string[] }>('/contact-plans', request)).body,
    removeContactPlan: (name: string) => remove(`/contact-plans/${encodeURIComponent(name)}`),
    contacts: (filter: ContactFilter = {}) => get<ContactsView>('/contacts', filter),
    /** The route that arrives first; `route` is null where there is none, and `reason` says why. */
    routes: (from: string, to: string, question: RouteOptions = {}) =>
      get<RoutesView>('/routes', { from, to, ...question }),
    /** What waits in the host's custody. */
    queues: () => get<QueuesView>('/queues'),

    /** Events in order from `fromSeq`, each once, over any number of connections; ends with the execution. */
    watch: (id: string, watchOptions?: WatchOptions) => watch(transport, id, watchOptions),
  };
}

const executionPath = (id: string): string => `/executions/${encodeURIComponent(id)}`;
const workflowPath = (name: string): string => `/workflows/${encodeURIComponent(name)}`;
const newKey = (): string => globalThis.crypto.randomUUID();

function documentOf({ document, format }: Omit<SubmitRequest, 'source'>) {
  if (typeof document !== 'string')
    return { text: JSON.stringify(document), contentType: 'application/json' };
  const contentType =
    { json: 'application/json', yaml: 'application/yaml' }[format as 'json' | 'yaml'] ?? 'text/plain';
  return { text: document, contentType };
}
