import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import { PRIORITIES } from './definition.ts';
import { definitionSchema } from './definition-schema.ts';
import type { FieldTable } from './fields.ts';
import { WORKFLOW_FIELDS } from './normalise.ts';
import { PLACEMENT_FIELDS } from './placement.ts';
import { RETRY_FIELDS } from './settings.ts';
import { TASK_FIELDS } from './task.ts';

const ref = (name: string): JsonObject => ({ $ref: `#/$defs/${name}` });

/** Parts that differ from the canonical form. */
const PARTS: Readonly<Record<string, JsonObject>> = {
  duration: {
    anyOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: '^\\s*(\\d+(\\.\\d+)?\\s*(ms|s|m|h|d)\\s*)+$' },
    ],
    description: 'Such as 30s, 5m, 1h30m or 250ms.',
  },
  dependency: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        required: ['task'],
        additionalProperties: false,
        properties: { task: { type: 'string' }, on: { enum: ['success', 'failure', 'always'] } },
      },
    ],
  },
  dependencies: { anyOf: [ref('dependency'), { type: 'array', items: ref('dependency') }] },
  priority: { anyOf: [{ type: 'number' }, { enum: Object.keys(PRIORITIES) }] },
  onError: { enum: ['continue', 'fail', 'stop'] },
  text: { type: ['string', 'number'] },
  list: { type: 'array', minItems: 1, items: ref('task') },
  names: { anyOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { type: 'string' } }] },
  retry: withSpellings({}, RETRY_FIELDS, { delayMs: ref('duration'), maxDelayMs: ref('duration') }),
};

/**
 * The JSON Schema (draft 2020-12) of workflow documents, for editors: the canonical form and the other accepted spellings.
 * It is looser than `parseWorkflow`, which also checks what a schema can't: the graph, expressions, a field spelled twice.
 */
export function workflowJsonSchema(): JsonObject {
  const canonical = z.toJSONSchema(definitionSchema, { io: 'input' }) as JsonObject;
  const properties = canonical.properties as JsonObject;
  const task = (properties.tasks as JsonObject).items as JsonObject;
  const placement = (task.properties as JsonObject).placement as JsonObject;
  const workflow = withSpellings(properties, WORKFLOW_FIELDS, {
    id: ref('text'),
    name: ref('text'),
    label: ref('text'),
    tasks: ref('list'),
    steps: ref('list'),
    jobs: ref('list'),
    variables: { anyOf: [properties.variables!, { type: 'object' }] },
    timeoutMs: ref('duration'),
    priority: ref('priority'),
    onError: ref('onError'),
  });
  const wrapped = ref('workflow');
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Holdfast workflow',
    ...workflow,
    properties: { ...(workflow.properties as JsonObject), workflow: wrapped, definition: wrapped },
    $defs: {
      ...(canonical.$defs as JsonObject | undefined),
      ...PARTS,
      workflow,
      task: withSpellings(task.properties as JsonObject, TASK_FIELDS, {
        id: ref('text'),
        type: { type: 'string' },
        dependsOn: ref('dependencies'),
        triggeredBy: ref('dependencies'),
        onSuccess: ref('dependencies'),
        onFailure: ref('dependencies'),
        condition: { type: ['string', 'boolean'] },
        retry: ref('retry'),
        timeoutMs: ref('duration'),
        heartbeatMs: ref('duration'),
        priority: ref('priority'),
        onError: ref('onError'),
        placement: withSpellings(placement.properties as JsonObject, PLACEMENT_FIELDS, {
          nodes: ref('names'),
          capabilities: ref('names'),
          sticky: ref('text'),
          lifetimeMs: ref('duration'),
        }),
        nodes: ref('names'),
        capabilities: ref('names'),
      }),
    },
  };
}

/** The schema of an object with a property for each spelling of its fields; none is required. */
function withSpellings(
  canonical: JsonObject,
  table: FieldTable,
  own: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const properties: JsonObject = {};
  for (const [name, spellings] of Object.entries(table))
    for (const spelling of spellings) properties[spelling] = own[name] ?? canonical[name] ?? {};
  return { type: 'object', properties, additionalProperties: false };
}
