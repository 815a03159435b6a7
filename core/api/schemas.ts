/** What the HTTP API answers. OpenAPI is made from these; times come as ISO 8601 and as epoch milliseconds. */
import * as z from 'zod';
import { EVENT_TYPES, type EventType } from '../event/event.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { definitionSchema } from '../workflow/definition-schema.ts';
import { SHOWN_LENGTH_MAX, SHOWN_MAX } from '../ports/dead-letters.ts';
import {
  components,
  EXECUTION_STATUSES,
  executionKind,
  executionStatus,
  TASK_STATUSES,
  taskStatus,
} from './components.ts';
import { issueSchema, problemSchema } from './problem-schema.ts';

const json = z.unknown() as unknown as z.ZodType<JsonValue>;
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;
const iso = z.string();
const count = z.int().min(0);

issueSchema.register(components, { id: 'Issue' });
problemSchema.register(components, { id: 'Problem' });
definitionSchema.register(components, { id: 'WorkflowDefinition' });

export const failureView = z
  .strictObject({
    error: z.string().describe("The error's class, as retry policies name it."),
    cause: z.string(),
    taskId: z.string().optional(),
    attempt: z.int().optional(),
  })
  .register(components, { id: 'Failure' });

export const taskCountsView = z
  .strictObject({
    total: count,
    pending: count,
    ready: count,
    running: count,
    waiting: count,
    parked: count,
    succeeded: count,
    failed: count,
    skipped: count,
    cancelled: count,
  })
  .register(components, { id: 'TaskCounts' });

const executionFields = {
  executionId: z.string(),
  kind: executionKind,
  workflow: z.string(),
  version: count.describe('0 for a definition without a name of its own.'),
  status: executionStatus,
  run: z.int().min(1).describe('1, and one more for each redrive or restart.'),
  priority: z.number(),
  correlationId: z.string().optional(),
  parent: z.strictObject({ executionId: z.string(), taskId: z.string() }).optional(),
  submittedAt: iso,
  submittedMs: z.number(),
  startedAt: iso.optional(),
  startedMs: z.number().optional(),
  deadlineAt: iso.optional(),
  deadlineMs: z.number().optional(),
  endedAt: iso.optional(),
  endedMs: z.number().optional(),
  makespanMs: z.number().optional().describe('From start to end, once it has ended.'),
};

export const executionSummary = z
  .strictObject({ ...executionFields, tasks: z.strictObject({ total: count, open: count }) })
  .register(components, { id: 'ExecutionSummary' });

export const executionView = z
  .strictObject({
    ...executionFields,
    tasks: taskCountsView,
    variables: jsonObject,
    after: z.array(z.string()).describe('Executions that must succeed before this one is admitted.'),
    output: json.optional(),
    errors: z.array(failureView),
    parked: z
      .array(z.strictObject({ taskId: z.string(), type: z.string(), reason: z.string() }))
      .describe('Tasks that can not run until somebody acts, the first 100.'),
  })
  .register(components, { id: 'Execution' });

const taskFields = {
  type: z.string(),
  attempt: count.describe('Tries so far.'),
  failures: count.describe('Failed tries that count against the retry policy.'),
  reason: z.string().optional().describe('Why it was skipped, waits or is parked.'),
  outputRef: z.string().optional().describe('`sha256:<hex>` of an output too large to keep inline.'),
  failure: failureView.optional(),
  childExecutionId: z.string().optional(),
  nodeId: z.string().optional().describe('The other node that runs it, or ran it.'),
  dueAt: iso.optional(),
  dueMs: z.number().optional(),
  readyAt: iso.optional(),
  readyMs: z.number().optional(),
  startedAt: iso.optional(),
  startedMs: z.number().optional(),
  endedAt: iso.optional(),
  endedMs: z.number().optional(),
};

export const taskSummary = z
  .strictObject({
    executionId: z.string(),
    taskId: z.string(),
    index: count,
    status: taskStatus,
    priority: z.number(),
    ...taskFields,
  })
  .register(components, { id: 'TaskSummary' });

export const taskView = z
  .strictObject({
    ...taskSummary.shape,
    remaining: count.describe('Parents that have not ended.'),
    output: json.optional(),
  })
  .register(components, { id: 'Task' });

export const standaloneTaskView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    status: z
      .enum([...TASK_STATUSES, 'PAUSED'])
      .describe('PENDING while it waits for its turn or its dependencies.'),
    priority: z.number(),
    dependencies: z.array(z.string()),
    correlationId: z.string().optional(),
    submittedAt: iso,
    submittedMs: z.number(),
    ...taskFields,
    output: json.optional(),
  })
  .register(components, { id: 'StandaloneTask' });

export const workflowSummary = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    title: z.string().optional(),
    latestVersion: count,
    taskCount: count,
    createdAt: iso,
    createdMs: z.number(),
  })
  .register(components, { id: 'WorkflowSummary' });

export const versionSummary = z
  .strictObject({
    id: z.string().describe('The name; what paths call the workflow.'),
    name: z.string(),
    version: count,
    hash: z.string(),
    createdAt: iso,
    createdMs: z.number(),
  })
  .register(components, { id: 'WorkflowVersionSummary' });

export const versionView = z
  .strictObject({ ...versionSummary.shape, definition: definitionSchema })
  .register(components, { id: 'WorkflowVersion' });

export const eventView = z
  .strictObject({
    executionId: z.string(),
    seq: z.int().min(1).describe('1, 2, 3 … within the execution, without gaps.'),
    atMs: z.number(),
    type: z.enum(Object.keys(EVENT_TYPES) as [EventType, ...EventType[]]),
    taskId: z.string().optional(),
    attempt: z.int().optional(),
    data: jsonObject
      .optional()
      .describe('What the type adds: `reason`, `error`, `cause`, `healing`, `delayMs` …'),
  })
  .register(components, { id: 'Event' });

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().optional().describe('Absent on the last page.'),
  });

export const eventPage = z.strictObject({
  items: z.array(eventView),
  nextAfterSeq: count.describe('`afterSeq` of the next request.'),
});

export const validationView = z.strictObject({ valid: z.literal(true), definition: definitionSchema });
export const signalView = z.strictObject({
  accepted: z.boolean().describe('False for an id that was taken before.'),
});

export const templateStartView = z
  .strictObject({
    execution_id: z.string(),
    correlation_id: z.string().optional(),
    workflow: z.string(),
    version: count,
    status: z.string().describe('In lower case: `running`, `succeeded` …'),
  })
  .register(components, { id: 'TemplateStart' });

export const templateStatusView = z
  .strictObject({
    ...templateStartView.shape,
    tasks: taskCountsView,
    started_at: iso.optional(),
    ended_at: iso.optional(),
    output: json.optional(),
    errors: z.array(failureView),
  })
  .register(components, { id: 'TemplateStatus' });

export const healthView = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), detail: z.string().optional() })),
    startedAt: iso,
    uptimeMs: z.number(),
  })
  .register(components, { id: 'Health' });
export const liveView = z.strictObject({ status: z.literal('live') });

const perStatus = <T extends string>(statuses: readonly T[]) =>
  z.strictObject(Object.fromEntries(statuses.map((status) => [status, count])) as Record<T, typeof count>);

export const statsView = z
  .strictObject({
    startedAt: iso,
    uptimeMs: z.number(),
    executions: perStatus(EXECUTION_STATUSES),
    tasks: perStatus(TASK_STATUSES),
    pools: z
      .record(z.string(), z.strictObject({ size: z.number().optional(), held: count, queued: count }))
      .describe('Places of each pool; `size` is absent where it is unlimited.'),
  })
  .register(components, { id: 'Stats' });

export const taskTypesView = z.strictObject({
  items: z.array(
    z.strictObject({
      type: z.string(),
      maxConcurrency: z.number().optional(),
      engine: z.boolean().describe('True for the types that the engine runs itself.'),
    }),
  ),
});

export const redriveView = z
  .strictObject({
    status: z.enum(['RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED']),
    movedCount: count,
    totalCount: count.optional().describe('Of those there were when it began, approximately.'),
    startedAt: iso.optional(),
    startedMs: z.number().optional(),
    reason: z.string().optional().describe('Why it failed.'),
  })
  .register(components, { id: 'DeadLetterRedrive' });

export const deadLettersView = z.strictObject({
  items: z.array(
    z
      .strictObject({
        name: z.string(),
        sources: z.array(z.string()).describe('Queues that its messages come from and go back to.'),
        messageCount: count.describe('Approximately.'),
        redrive: redriveView.optional().describe('The last one that moved everything.'),
        messages: z
          .array(
            z.strictObject({
              id: z.string(),
              group: z.string().optional(),
              sentAt: iso,
              sentMs: z.number(),
              body: z.string().describe(`Its first ${SHOWN_LENGTH_MAX} characters.`),
              bodyBytes: count,
            }),
          )
          .optional()
          .describe(`Some of them, at most ${SHOWN_MAX}, where one queue was asked for.`),
      })
      .register(components, { id: 'DeadLetterQueue' }),
  ),
});

export const indexView = z.strictObject({
  name: z.literal('Holdfast'),
  description: z.string(),
  links: z.record(z.string(), z.string()),
});

export const ticketView = z
  .strictObject({
    url: z.string().describe('Where to connect, ws or wss; carries the ticket.'),
    expiresAt: iso,
    expiresMs: z.number(),
  })
  .register(components, { id: 'Ticket' });

/** What `run --json` prints. */
export const runSummaryView = z
  .strictObject({
    executionId: z.string(),
    status: executionStatus,
    tasks: z.strictObject({ total: count, succeeded: count, failed: count, skipped: count }),
    makespanMs: z.number().nullable(),
    output: json,
    errors: z.array(failureView),
  })
  .register(components, { id: 'RunSummary' });

export type TaskCountsView = z.output<typeof taskCountsView>;
export type ExecutionSummaryView = z.output<typeof executionSummary>;
export type ExecutionView = z.output<typeof executionView>;
export type TaskSummaryView = z.output<typeof taskSummary>;
export type TaskView = z.output<typeof taskView>;
export type StandaloneTaskView = z.output<typeof standaloneTaskView>;
export type WorkflowSummaryView = z.output<typeof workflowSummary>;
export type WorkflowVersionView = z.output<typeof versionView>;
export type DeadLetterQueueView = z.output<typeof deadLettersView>['items'][number];
export type RedriveView = z.output<typeof redriveView>;
export type RunSummary = z.output<typeof runSummaryView>;
export type TicketView = z.output<typeof ticketView>;
