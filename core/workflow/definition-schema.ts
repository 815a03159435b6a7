/** The canonical workflow definition, checked. The JSON Schema for editors is made from it. */
import * as z from 'zod';
import type { JsonValue } from '../json.ts';
import { PRECEDENCES } from '../satellite/precedence.ts';
import { DEFAULTS, DEFINITION_LIMITS, STRATEGIES, VARIABLE_NAME } from './definition.ts';

const jsonValue: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
const durationMs = z
  .int()
  .min(0)
  .max(366 * 24 * 3600 * 1000);

export const taskIdSchema = z
  .string()
  .min(1)
  .max(DEFINITION_LIMITS.nameCharacters)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:()-]*$/u);
export const workflowNameSchema = z
  .string()
  .min(1)
  .max(DEFINITION_LIMITS.nameCharacters)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:()-]*$/u);

/** An edge from a parent: satisfied when the parent ends as `on` says. `always` takes any end, a skip too. */
export const dependencySchema = z.strictObject({
  task: taskIdSchema,
  on: z.enum(['success', 'failure', 'always']).default('success'),
});

export const retrySchema = z.strictObject({
  /** Tries in all, the first included. */
  maxAttempts: z.int().min(1).max(1000).default(DEFAULTS.retry.maxAttempts),
  backoff: z.enum(['exponential', 'linear', 'fixed']).default(DEFAULTS.retry.backoff),
  delayMs: durationMs.default(DEFAULTS.retry.delayMs),
  maxDelayMs: durationMs.default(DEFAULTS.retry.maxDelayMs),
  /** `full` draws the delay from [0, delay]; `equal` from [delay/2, delay]. */
  jitter: z.enum(['none', 'full', 'equal']).default(DEFAULTS.retry.jitter),
  /** Error names that are retried; `*` is every error. */
  retryOn: z.array(z.string().min(1).max(200)).max(100).default(DEFAULTS.retry.retryOn),
});

export const variableSchema = z.strictObject({
  name: z.string().regex(VARIABLE_NAME).max(DEFINITION_LIMITS.nameCharacters),
  type: z.enum(['string', 'number', 'integer', 'boolean', 'object', 'array', 'any']).default('any'),
  description: z.string().max(10_000).optional(),
  required: z.boolean().default(false),
  default: jsonValue.optional(),
});

/** Of a node or a capability; may hold `${expression}`. */
const placementName = z.string().min(1).max(1000);

/** Which node runs a task, this host among them. */
export const placementSchema = z.strictObject({
  /** Any of these; every node unless given. */
  nodes: z.array(placementName).min(1).max(DEFINITION_LIMITS.placementNames).optional(),
  /** A node must have all of these. */
  capabilities: z.array(placementName).min(1).max(DEFINITION_LIMITS.placementNames).optional(),
  strategy: z.enum(STRATEGIES).default('best-route'),
  /** A template: the same key goes to the same node, whatever the strategy, while that node is there. */
  sticky: z.string().min(1).max(1000).optional(),
  /** Of what is sent for it over links. */
  precedence: z.enum(PRECEDENCES).default('routine'),
  /** How long its answer is waited for; the task's time limit unless given, else 24 hours. */
  lifetimeMs: durationMs.optional(),
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
  /** Runs where the workflow does unless given. */
  placement: placementSchema.optional(),
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
  priority: z.number().min(-1000).max(1000).default(DEFAULTS.priority),
  strategy: z.enum(['priority', 'fifo', 'sequential']).default(DEFAULTS.strategy),
  /** Tasks of one execution that may run at once; unlimited unless given. */
  maxConcurrency: z.int().min(1).max(100_000).optional(),
  timeoutMs: durationMs.optional(),
  /** Critical failures the execution takes before it fails (map: tolerated failures). */
  toleratedFailures: z.int().min(0).default(DEFAULTS.toleratedFailures),
  variables: z.array(variableSchema).max(1000).default([]),
  /** A template for the execution's output, which may read `outputs`: every task's, in the order written. */
  output: jsonValue.optional(),
  tasks: z.array(taskSchema).min(1).max(DEFINITION_LIMITS.tasks),
});
