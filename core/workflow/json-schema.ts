import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { definitionSchema, PRIORITIES } from './definition.ts';
import type { FieldTable } from './fields.ts';
import { WORKFLOW_FIELDS } from './normalise.ts';
import { RETRY_FIELDS } from './settings.ts';
import { TASK_FIELDS } from './task.ts';

const duration: JsonObject = {
  anyOf: [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: '^\\s*(\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)\\s*)+$' },
  ],
  description: 'Such as 30s, 5m, 1h30m or 250ms.',
};
const dependency: JsonObject = {
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['task'],
      additionalProperties: false,
      properties: { task: { type: 'string' }, on: { enum: ['success', 'failure', 'always'] } },
    },
  ],
};
const dependencies: JsonObject = { anyOf: [dependency, { type: 'array', items: dependency }] };
const priority: JsonObject = { anyOf: [{ type: 'number' }, { enum: Object.keys(PRIORITIES) }] };
const onError: JsonObject = { enum: ['continue', 'fail', 'stop'] };
const text: JsonObject = { type: ['string', 'number'] };
const retry = (): JsonObject =>
  withSpellings({ type: 'object', properties: {} }, RETRY_FIELDS, {
    delayMs: duration,
    maxDelayMs: duration,
  });

/**
 * The JSON Schema (draft 2020-12) of workflow documents, for editors: the canonical form and the other accepted spellings.
 * It is looser than `parseWorkflow`, which also checks what a schema can't: the graph, expressions, a field spelled twice.
 */
export function workflowJsonSchema(): JsonObject {
  const canonical = z.toJSONSchema(definitionSchema, { io: 'input', unrepresentable: 'any' }) as JsonObject;
  const canonicalTask = ((canonical.properties as JsonObject).tasks as JsonObject).items as JsonObject;
  const task = withSpellings(canonicalTask, TASK_FIELDS, {
    id: text,
    type: { type: 'string' },
    dependsOn: dependencies,
    triggeredBy: dependencies,
    onSuccess: dependencies,
    onFailure: dependencies,
    condition: { type: ['string', 'boolean'] },
    retry: retry(),
    timeoutMs: duration,
    heartbeatMs: duration,
    priority,
    onError,
  });
  const list = { type: 'array', minItems: 1, items: { $ref: '#/$defs/task' } };
  const workflow = withSpellings(canonical, WORKFLOW_FIELDS, {
    id: text,
    label: text,
    tasks: list,
    steps: list,
    jobs: list,
    variables: { anyOf: [(canonical.properties as JsonObject).variables!, { type: 'object' }] },
    timeoutMs: duration,
    priority,
    onError,
  });
  const wrapped = { $ref: '#/$defs/workflow' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Holdfast workflow',
    $ref: '#/$defs/document',
    $defs: {
      task,
      workflow,
      document: {
        ...workflow,
        properties: { ...(workflow.properties as JsonObject), workflow: wrapped, definition: wrapped },
      },
    },
  };
}

/** The schema of an object with a property for each spelling of its fields; none is required. */
function withSpellings(
  canonical: JsonObject,
  table: FieldTable,
  own: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const known = canonical.properties as JsonObject;
  const properties: JsonObject = {};
  for (const [name, spellings] of Object.entries(table))
    for (const spelling of spellings) properties[spelling] = own[name] ?? known[name] ?? {};
  return { type: 'object', properties, additionalProperties: false };
}
