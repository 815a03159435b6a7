/**
 * The canonical workflow definition: what every accepted form is normalised to, what is stored, and what runs.
 * Durations are milliseconds. `definition-schema.ts` checks it; what only runs definitions imports this file, without zod.
 */
import type * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type {
  definitionSchema,
  dependencySchema,
  placementSchema,
  retrySchema,
  taskSchema,
  variableSchema,
} from './definition-schema.ts';

/** Largest accepted definition text, and the bounds that keep every later step bounded. */
export const DEFINITION_LIMITS = {
  sizeBytes: 8 * 1024 * 1024,
  /** YAML takes some ten times as long to read as JSON. */
  yamlSizeBytes: 512 * 1024,
  depth: 64,
  tasks: 20_000,
  dependenciesPerTask: 10_000,
  nameCharacters: 200,
  placementNames: 100,
} as const;

export const VARIABLE_NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

/** What a field that is not written means. */
export const DEFAULTS = {
  priority: 5,
  strategy: 'priority',
  toleratedFailures: 0,
  retry: {
    maxAttempts: 1,
    backoff: 'exponential',
    delayMs: 1000,
    maxDelayMs: 5 * 60_000,
    jitter: 'full',
    retryOn: ['*'] as string[],
  },
} as const;

export type WorkflowDefinition = z.output<typeof definitionSchema>;
export type TaskDefinition = z.output<typeof taskSchema>;
export type Dependency = z.output<typeof dependencySchema>;
export type Placement = z.output<typeof placementSchema>;
export type RetryPolicy = z.output<typeof retrySchema>;
export type VariableDefinition = z.output<typeof variableSchema>;
export type Variables = JsonObject;

/** Named priorities; a number is taken as it is. Higher runs first. */
export const PRIORITIES = { low: 1, normal: 5, medium: 5, high: 8, critical: 10 } as const;

/** What an id of a node and a capability look like. */
export const PLACEMENT_NAMES = {
  nodes: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  capabilities: /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/,
} as const;

/** How one of the nodes that may run a task is chosen. */
export const STRATEGIES = ['best-route', 'round-robin', 'least-loaded'] as const;

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

const engineTypes: ReadonlySet<string> = new Set(ENGINE_TYPES);
export const isEngineType = (type: string): boolean => engineTypes.has(type);
