/** What the HTTP API takes: bodies and query parameters. Whatever isn't named here is refused. */
import * as z from 'zod';
import { PRIORITIES } from '../workflow/definition.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { REDRIVE_LIMIT_MAX } from '../ports/dead-letters.ts';
import { executionKind, executionStatus, taskStatus } from './components.ts';

export const PAGE_LIMIT_MAX = 1000;
export const WAIT_MS_MAX = 30_000;

const json = z.unknown() as unknown as z.ZodType<JsonValue>;
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;
const name = z.string().min(1).max(200);
const correlationId = z
  .string()
  .min(1)
  .max(500)
  .describe('Kept with the execution; executions can be listed by it.');
const priority = z
  .union([z.number().min(-1000).max(1000), z.enum(Object.keys(PRIORITIES) as (keyof typeof PRIORITIES)[])])
  .describe('Higher runs first.');
const variables = jsonObject.describe('Values for the variables that the workflow declares.');

export const startBody = z.strictObject({
  version: z.int().min(1).optional().describe('The newest unless given.'),
  variables: variables.optional(),
  priority: priority.optional(),
  correlationId: correlationId.optional(),
});

export const taskBody = z.strictObject({
  name: name.optional(),
  type: name,
  input: json.optional(),
  priority: priority.optional(),
  dependencies: z
    .array(name)
    .max(1000)
    .optional()
    .describe('Ids of tasks or executions that must succeed first.'),
  retry: jsonObject.optional().describe('As in a workflow: `maxAttempts`, `backoff`, `delayMs` …'),
  timeoutMs: z
    .int()
    .min(1)
    .max(366 * 24 * 3_600_000)
    .optional(),
  correlationId: correlationId.optional(),
});

export const emptyBody = z.strictObject({});

export const cancelBody = z.strictObject({ reason: z.string().min(1).max(1000).optional() });

export const redriveBody = z.strictObject({
  document: z
    .union([z.string(), jsonObject])
    .optional()
    .describe('Replaces the definition; tasks that succeeded keep their id and stand.'),
  format: z.enum(['json', 'yaml']).optional().describe('Of `document` when it is a text.'),
  skip: z.array(name).max(20_000).optional().describe('Tasks to pass over, as if they had succeeded.'),
  outputs: (z.record(z.string(), z.unknown()) as unknown as z.ZodType<Record<string, JsonValue>>)
    .optional()
    .describe('Tasks that count as succeeded with these outputs.'),
});

export const signalBody = z.strictObject({
  id: name.optional().describe('The same id is taken once; `Idempotency-Key` unless given.'),
  payload: json.optional(),
});

export const redriveDeadLettersBody = z.strictObject({
  limit: z
    .int()
    .min(1)
    .max(REDRIVE_LIMIT_MAX)
    .optional()
    .describe('The oldest so many, before the answer. All of them unless given, in the background.'),
});

/** The form in which another orchestrator's clients start a workflow. */
export const templateBody = z.strictObject({
  correlation_id: correlationId.optional(),
  workflow_template: name.optional().describe('The name of a stored workflow.'),
  workflow: jsonObject.optional().describe('A definition to store and start, instead of a template.'),
  variables: variables.optional(),
});

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));
export const limit = wholeNumber(1, PAGE_LIMIT_MAX).default(100).describe('Items a page.');
export const cursor = z.string().min(1).max(300).describe('`nextCursor` of the page before.');

export const noQuery = z.strictObject({});
export const pageQuery = z.strictObject({ cursor: cursor.optional(), limit });

export const executionsQuery = z.strictObject({
  workflow: name.optional(),
  status: z.array(executionStatus).optional().describe('Any of these; repeat it or separate by commas.'),
  kind: executionKind.optional(),
  parent: name.optional().describe('The id of the execution whose task started it.'),
  correlationId: correlationId.optional(),
  cursor: cursor.optional(),
  limit,
});

export const deadLettersQuery = z.strictObject({
  queue: name.optional().describe('The name of one queue.'),
});

export const tasksQuery = z.strictObject({
  status: z.array(taskStatus).optional().describe('Any of these; repeat it or separate by commas.'),
  type: name.optional(),
  cursor: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().describe('`nextCursor` of the page before.'),
  limit,
});

export const eventsQuery = z.strictObject({
  types: z.array(z.string().min(1).max(100)).optional().describe('Exact, or a group: `task.*`.'),
  afterSeq: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0).describe('Only events numbered above it.'),
  limit,
  waitMs: wholeNumber(0, WAIT_MS_MAX)
    .default(0)
    .describe('How long to wait for an event when there is none yet and the execution has not ended.'),
});
