/**
 * JSON Schema (draft 2020-12) over ajv, bounded against hostile schemas: patterns match in linear time, `uniqueItems` hashes,
 * and the number of `$ref` steps has a limit, since alternatives over references can branch without end.
 */
import { type ErrorObject, Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { HoldfastError } from '../errors.ts';
import { canonicalJson, isObject, type JsonValue } from '../json.ts';
import { compileLinear, loadLinearRegex } from '../linear-regex.ts';

/** A schema that can't be used: malformed, or beyond a bound. */
export class InvalidSchema extends HoldfastError {
  override readonly name = 'InvalidSchema';
  override readonly kind = 'invalid';
}

/** What doesn't match, in words, at most `PROBLEMS_MAX`; empty when all does. */
export type SchemaCheck = (data: unknown) => string[];

export const SCHEMA_LIMITS = { characters: 262_144, depth: 100, refSteps: 200_000 } as const;
const PROBLEMS_MAX = 10;
/** Keywords whose values are data, not schemas. */
const LITERALS = new Set(['const', 'enum', 'default', 'examples']);
const STEP = 'x-holdfast-step';
const FORMATS = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
  'byte',
] as const;

let refSteps = 0;

/** Errors: `InvalidSchema`. The check it returns throws `InvalidSchema` when the data makes the schema branch beyond its bound. */
export async function compileJsonSchema(schema: object | boolean): Promise<SchemaCheck> {
  const text = JSON.stringify(schema);
  if (text.length > SCHEMA_LIMITS.characters)
    throw new InvalidSchema(
      `the schema has ${text.length} characters; the limit is ${SCHEMA_LIMITS.characters}`,
      'Split it, or check the parts that matter.',
    );
  const hasPatterns = /"pattern(?:Properties)?":/.test(text);
  if (hasPatterns) await loadLinearRegex();
  let validate: ReturnType<Ajv2020['compile']>;
  try {
    validate = createAjv(hasPatterns).compile(counted(JSON.parse(text) as JsonValue, 0) as object | boolean);
  } catch (error) {
    if (error instanceof InvalidSchema) throw error;
    throw new InvalidSchema(
      `the schema can't be used: ${(error as Error).message}`,
      'Write it as JSON Schema draft 2020-12.',
    );
  }
  return (data) => {
    refSteps = 0;
    if (validate(data)) return [];
    return readableErrors(validate.errors ?? [], data);
  };
}

function createAjv(hasPatterns: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
    logger: false,
    // Without any of the schema's own, the only patterns are those of its meta-schema, which `RegExp` may have.
    ...(hasPatterns ? { code: { regExp: linearRegExp } } : {}),
  });
  formats.default(ajv, [...FORMATS]);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: JsonValue[]) =>
      !wanted || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must not have duplicate items' },
  });
  ajv.addKeyword({ keyword: STEP, validate: countStep });
  return ajv;
}

function countStep(): boolean {
  if (++refSteps <= SCHEMA_LIMITS.refSteps) return true;
  throw new InvalidSchema(
    `checking took more than ${SCHEMA_LIMITS.refSteps} steps through "$ref"`,
    'Give the alternatives of "anyOf" and "oneOf" properties that tell them apart, or send less data.',
  );
}

/** Marks each object with a reference, so that following it is counted. */
function counted(schema: JsonValue, depth: number): JsonValue {
  if (depth > SCHEMA_LIMITS.depth)
    throw new InvalidSchema(
      `the schema is nested deeper than ${SCHEMA_LIMITS.depth}`,
      'Move the inner parts to "$defs" and refer to them.',
    );
  if (Array.isArray(schema)) return schema.map((item) => counted(item, depth + 1));
  if (!isObject(schema)) return schema;
  const copy: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === '__proto__')
      throw new InvalidSchema(
        'the schema names a property "__proto__", which is never checked',
        'Leave it out.',
      );
    copy[key] = LITERALS.has(key) ? value : counted(value, depth + 1);
  }
  if (typeof schema.$ref === 'string' || typeof schema.$dynamicRef === 'string') copy[STEP] = true;
  return copy;
}

const linearRegExp = Object.assign(
  (pattern: string): { test(text: string): boolean; toString(): string } => {
    const program = compileLinear(pattern);
    // ajv tells patterns apart by their text.
    return { test: (text) => program.matcher(text).find(), toString: () => pattern };
  },
  { code: 'linearRegExp' },
);

function readableErrors(errors: ErrorObject[], data: unknown): string[] {
  const lines = [
    ...new Set(errors.filter((error) => error.keyword !== 'if').map((error) => readable(error, data))),
  ];
  if (lines.length <= PROBLEMS_MAX) return lines;
  return [...lines.slice(0, PROBLEMS_MAX), `and ${lines.length - PROBLEMS_MAX} more`];
}

function readable(error: ErrorObject, data: unknown): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const place = path.length === 0 ? 'the value' : path.join('.');
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return `${[...path, params.missingProperty].join('.')} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${[...path, params.additionalProperty ?? params.unevaluatedProperty].join('.')} is not known here`;
    case 'enum':
      return `${place} must be one of ${(params.allowedValues as unknown[]).map(show).join(', ')}, not ${show(at(data, path))}`;
    case 'const':
      return `${place} must be ${show(params.allowedValue)}, not ${show(at(data, path))}`;
    case 'type':
      return `${place} must be ${[params.type].flat().join(' or ')}, not ${show(at(data, path))}`;
    default:
      return `${place} ${error.message ?? 'does not match'}`;
  }
}

function at(data: unknown, path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], data);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
