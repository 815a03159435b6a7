/**
 * Checks `data` against a JSON Schema (draft 2020-12), given inline or by name. A name is looked up as `schemas/<name>.json` in the
 * data directory, then among the schemas shipped with Holdfast (`input-schema`). Output: `{valid: true, data}`; what doesn't match
 * fails the task with `ValidationFailed`, unless `failOnInvalid` is false, when it is `{valid: false, problems, data}`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, type JsonValue, isObject } from '../core/json.ts';
import { compileJsonSchema, InvalidSchema, type SchemaCheck } from '../core/json-schema/compile.ts';
import { PermanentFailure } from '../core/task/handler.ts';
import { dataDir } from './lib/host.ts';
import inputRecords from './lib/schemas/input-schema.json' with { type: 'json' };

export interface ValidationInput {
  schema: object | boolean | string;
  data?: JsonValue;
  failOnInvalid?: boolean;
}

export const inputSchema = {
  type: 'object',
  required: ['schema'],
  additionalProperties: false,
  properties: {
    schema: { type: ['object', 'boolean', 'string'] },
    data: { default: {} },
    failOnInvalid: { type: 'boolean', default: true },
  },
};

export class ValidationFailed extends PermanentFailure {
  override readonly name = 'ValidationFailed';
}

/** The schema is unknown, malformed or beyond a bound. */
export class UnusableSchema extends PermanentFailure {
  override readonly name = 'UnusableSchema';
}

/** By name. Imported, so that they are in the bundle of a function, too. */
const SHIPPED: Readonly<Record<string, object>> = { 'input-schema': inputRecords };

const CACHED_MAX = 100;
const checks = new Map<string, SchemaCheck>();

export async function handler(input: ValidationInput): Promise<JsonObject> {
  const { schema, data = {} } = input;
  const problems = await check(typeof schema === 'string' ? await namedSchema(schema) : schema, data);
  if (problems.length === 0) return { valid: true, data };
  if (input.failOnInvalid === false) return { valid: false, problems, data };
  throw new ValidationFailed(
    `The data does not match the schema${typeof schema === 'string' ? ` "${schema}"` : ''}: ${problems.join('; ')}.`,
  );
}

async function check(schema: object | boolean, data: JsonValue): Promise<string[]> {
  try {
    return (await compiled(schema))(data);
  } catch (error) {
    if (error instanceof InvalidSchema)
      throw new UnusableSchema(`${error.message}. ${error.fix}`, { cause: error });
    throw error;
  }
}

async function compiled(schema: object | boolean): Promise<SchemaCheck> {
  const key = JSON.stringify(schema);
  const known = checks.get(key) ?? (await compileJsonSchema(schema));
  checks.delete(key);
  checks.set(key, known);
  if (checks.size > CACHED_MAX) checks.delete(checks.keys().next().value!);
  return known;
}

async function namedSchema(name: string): Promise<object | boolean> {
  if (!/^[\w-][\w.-]{0,199}$/.test(name))
    throw new UnusableSchema(
      `"${name}" is no schema name. Use letters, digits, "_", "-" and "."; or write the schema inline.`,
    );
  const file = `${name}.json`;
  const own = join(dataDir(), 'schemas', file);
  const text = await read(own);
  if (text === undefined && Object.hasOwn(SHIPPED, name)) return SHIPPED[name]!;
  if (text === undefined)
    throw new UnusableSchema(`There is no schema named "${name}". Put it at ${own}, or write it inline.`);
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new UnusableSchema(`The schema "${name}" is not JSON: ${(error as Error).message}. Mend ${own}.`);
  }
  if (typeof schema !== 'boolean' && !isObject(schema))
    throw new UnusableSchema(`The schema "${name}" is neither an object nor true or false. Mend ${own}.`);
  return schema;
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
