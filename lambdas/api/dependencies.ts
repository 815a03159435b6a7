import type { CommittedEvents } from '../../core/api/committed-events.ts';
import type { Enrolment } from '../../core/api/enrolment.ts';
import type { ENDPOINTS, EndpointId } from '../../core/api/endpoints.ts';
import type { NetworkOperations } from '../../core/api/network-operations.ts';
import type { Operations } from '../../core/api/operations.ts';
import type { QueuesResponse } from '../../core/custody/queues.ts';
import { NotFound } from '../../core/errors.ts';
import type { Execution } from '../../core/execution/execution.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { DeadLetters } from '../../core/ports/dead-letters.ts';
import type { ExecutionReader } from '../../core/ports/execution-store.ts';
import type { Ids } from '../../core/ports/ids.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { Slots } from '../../core/ports/slots.ts';
import type { TaskTypes } from '../../core/ports/task-types.ts';
import type { Principal, Tickets } from '../../core/ports/tickets.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import type { Logger } from '../../core/task/handler.ts';
import type { ApiRequest } from './request.ts';

/** What the host says of itself, a line a part: `{ store: { ok: true } }`. */
export type HealthChecks = Record<string, { ok: boolean; detail?: string }>;

/** Who asks, as the host found out before it let the request in. */
export interface Caller {
  principal: Principal;
  /** Where this caller's event sockets go: `wss://events.example.org`. */
  socketUrl: string;
  /** Where this caller's nodes reach the host's own MQTT broker; absent where credentials say where theirs is. */
  brokerUrl?: string;
}

export interface ApiDependencies {
  operations: Operations;
  reader: ExecutionReader;
  workflows: Pick<WorkflowStore, 'getVersion' | 'getDefinition' | 'list' | 'listVersions'>;
  taskTypes: Pick<TaskTypes, 'list'>;
  slots: Pick<Slots, 'usage'>;
  payloads: PayloadStore;
  committed: CommittedEvents;
  /** Whether the log tells already that an execution has ended (`core/api/caught-up.ts`). @default it always does */
  hasCaughtUp?: (execution: Pick<Execution, 'id' | 'endedMs'>) => Promise<boolean>;
  deadLetters: DeadLetters;
  network: NetworkOperations;
  enrolment: Enrolment;
  /** What waits in custody. */
  queues: () => Promise<QueuesResponse>;
  tickets: Pick<Tickets, 'issue'>;
  /** `env` is what the host handed to `app.fetch` beside the request. */
  caller: (request: Request, env: unknown) => Caller;
  health: () => Promise<HealthChecks>;
  /** Prometheus text. */
  metrics: () => Promise<string>;
  clock: Clock;
  ids: Pick<Ids, 'next'>;
  logger: Pick<Logger, 'error'>;
  /** Holdfast's own version, for the descriptions. */
  version: string;
  limits?: {
    /** @default 8 MiB */
    bodyBytesMax?: number;
    /** The longest that an answer may be waited for. @default 30 s */
    waitMsMax?: number;
  };
}

export interface Reply {
  status: number;
  /** JSON, unless `contentType` says otherwise and it is a text. */
  body: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

/** One handler an endpoint; the compiler misses none. */
export type Routes = {
  [Id in EndpointId]: (request: ApiRequest<(typeof ENDPOINTS)[Id]>) => Promise<Reply>;
};

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** The execution. Throws `NotFound`. */
export async function findExecution(
  { reader }: Pick<ApiDependencies, 'reader'>,
  id: string,
): Promise<Execution> {
  const execution = await reader.get(id);
  if (execution !== undefined) return execution;
  throw new NotFound(`There is no execution "${id}".`, 'List them with GET /executions.');
}

/** Asks for one item more than a page holds, to know whether there is a next page. */
export function page<Item, View>(
  found: Item[],
  limit: number,
  view: (item: Item) => View,
  cursor: (item: Item) => string,
) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(view),
    ...(found.length > limit && last !== undefined && { nextCursor: cursor(last) }),
  };
}
