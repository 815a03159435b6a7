/**
 * The canonical workflow definition: what every accepted form is normalised to, what is stored, and what runs.
 * Durations are milliseconds. The JSON Schema for editors is made from it.
 */
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../json.ts';

/** Largest accepted definition text, and the bounds that keep every later step bounded. */
export const DEFINITION_LIMITS = {
  sizeBytes: 8 * 1024 * 1024,
  /** YAML takes some ten times as long to read as JSON. */
  yamlSizeBytes: 512 * 1024,
  depth: 64,
  tasks: 20_000,
  dependenciesPerTask: 10_000,
} as const;

const jsonValue: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
const durationMs = z
  .int()
  .min(0)
  .max(366 * 24 * 3600 * 1000);

export const taskIdSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:()-]*$/u);
export const workflowNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:()-]*$/u);

/** An edge from a parent: satisfied when the parent ends as `on` says. `always` takes any end, a skip too. */
export const dependencySchema = z.strictObject({
  task: taskIdSchema,
  on: z.enum(['success', 'failure', 'always']).default('success'),
});

export const retrySchema = z.strictObject({
  /** Tries in all, the first included. */
  maxAttempts: z.int().min(1).max(1000).default(1),
  backoff: z.enum(['exponential', 'linear', 'fixed']).default('exponential'),
  delayMs: durationMs.default(1000),
  maxDelayMs: durationMs.default(5 * 60_000),
  /** `full` draws the delay from [0, delay]; `equal` from [delay/2, delay]. */
  jitter: z.enum(['none', 'full', 'equal']).default('full'),
  /** Error names that are retried; `*` is every error. */
  retryOn: z.array(z.string().min(1).max(200)).max(100).default(['*']),
});

export const variableSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}_][\p{L}\p{N}_-]*$/u)
    .max(200),
  type: z.enum(['string', 'number', 'integer', 'boolean', 'object', 'array', 'any']).default('any'),
  description: z.string().max(10_000).optional(),
  required: z.boolean().default(false),
  default: jsonValue.optional(),
});

export const taskSchema = z.strictObject({
  id: taskIdSchema,
  name: z.string().max(500).optional(),
  description: z.string().max(10_000).optional(),
  type: z.string().min(1).max(200),
  /** A template: strings may hold `${expression}`. */
  input: jsonValue.default({}),
  /** Every one of these must be satisfied. */
  dependsOn: z.array(dependencySchema).max(DEFINITION_LIMITS.dependenciesPerTask).default([]),
  /** If there are any, at least one of these must be satisfied; all are waited for. */
  triggeredBy: z.array(dependencySchema).max(DEFINITION_LIMITS.dependenciesPerTask).default([]),
  /** Runs however its parents ended. */
  alwaysRun: z.boolean().default(false),
  /**
   * A JSONata expression; the task is skipped unless it is true. For type `condition` it is the question asked, and to edges
   * a true answer is its success and a false one its failure.
   */
  condition: z.string().max(16_384).optional(),
  retry: retrySchema.prefault({}),
  timeoutMs: durationMs.optional(),
  heartbeatMs: durationMs.optional(),
  /** Higher runs first; the workflow's own unless given. */
  priority: z.number().min(-1000).max(1000).optional(),
  /** More names for this task's expressions; `map` gives each of its tasks `item` and `index` this way. */
  bindings: z.record(z.string(), jsonValue).optional(),
  /** False: its failure is recorded, its dependents go on, and the execution doesn't fail by it. */
  critical: z.boolean().default(true),
});

export const definitionSchema = z.strictObject({
  name: workflowNameSchema,
  title: z.string().max(500).optional(),
  description: z.string().max(10_000).optional(),
  /** The author's own label; the stored version number is Holdfast's. */
  label: z.string().max(200).optional(),
  owner: z.string().max(500).optional(),
  category: z.string().max(500).optional(),
  metadata: z.record(z.string(), jsonValue).default({}),
  priority: z.number().min(-1000).max(1000).default(5),
  strategy: z.enum(['priority', 'fifo', 'sequential']).default('priority'),
  /** Tasks of one execution that may run at once; unlimited unless given. */
  maxConcurrency: z.int().min(1).max(100_000).optional(),
  timeoutMs: durationMs.optional(),
  /** Critical failures the execution takes before it fails (map: tolerated failures). */
  toleratedFailures: z.int().min(0).default(0),
  variables: z.array(variableSchema).max(1000).default([]),
  /** A template for the execution's output, which may read `outputs`: every task's, in the order written. */
  output: jsonValue.optional(),
  tasks: z.array(taskSchema).min(1).max(DEFINITION_LIMITS.tasks),
});

export type WorkflowDefinition = z.output<typeof definitionSchema>;
export type TaskDefinition = z.output<typeof taskSchema>;
export type Dependency = z.output<typeof dependencySchema>;
export type RetryPolicy = z.output<typeof retrySchema>;
export type VariableDefinition = z.output<typeof variableSchema>;
export type Variables = JsonObject;

/** Named priorities; a number is taken as it is. Higher runs first. */
export const PRIORITIES = { low: 1, normal: 5, medium: 5, high: 8, critical: 10 } as const;

/** Task types that the engine runs itself; every other one is a handler somebody offers. */
export const ENGINE_TYPES = [
  'condition',
  'wait',
  'signal',
  'approval',
  'workflow',
  'parallel',
  'map',
] as const;
