/** JSON Schema components from the zod schemas that the API checks with. */
import * as z from 'zod';
import { components } from './components.ts';

export type Json = { [key: string]: unknown };

const PREFIX = '#/components/schemas/';
const EVERY_JSON_VALUE = 'JsonValue';

/** Every named schema, as `components.schemas` holds them. */
export function componentSchemas(): Record<string, Json> {
  const made = z.toJSONSchema(components, { uri: (id) => `${PREFIX}${id}`, io: 'output' }).schemas as Record<
    string,
    Json
  >;
  const named = Object.entries(made).filter(([id]) => id !== '__shared');
  return {
    [EVERY_JSON_VALUE]: { description: 'Any JSON value.' },
    ...Object.fromEntries(named.map(([id, schema]) => [id, tidy(schema)])),
  };
}

/** A schema in place: references to named schemas, the rest inline. `input` is what a client sends, before defaults. */
export function inlineSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const id = components.get(schema)?.id;
  if (id !== undefined) return { $ref: PREFIX + id };
  const made = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      const part = zodSchema as unknown as z.ZodType;
      const named = part === schema ? undefined : components.get(part)?.id;
      if (named === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema.$ref = PREFIX + named;
    },
  });
  return tidy(made as Json);
}

/** Makes the references of a document of its own into references of components, and drops what only noise is. */
function tidy(schema: Json): Json {
  const { $schema, $id, $defs, id, ...rest } = schema;
  void [$schema, $id, $defs, id];
  return visit(rest) as Json;
}

function visit(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(visit);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key !== '$ref' || typeof value !== 'string') return [key, visit(value)];
      return [key, reference(value)];
    }),
  );
}

/** The only schema without a name that refers to itself is that of every JSON value. */
function reference(ref: string): string {
  if (ref.includes('__shared') || ref.startsWith('#/$defs/__schema')) return PREFIX + EVERY_JSON_VALUE;
  return ref.replace('#/$defs/', PREFIX);
}
