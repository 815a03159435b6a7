import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import type { VariableDefinition } from './definition.ts';
import { type Field, Fields, isJsonObject } from './fields.ts';
import { describe, type Path } from './issues.ts';
import { isOfType } from './variables.ts';

const VARIABLE_FIELDS = {
  name: ['name'],
  type: ['type'],
  description: ['description'],
  required: ['required'],
  default: ['default'],
} as const;

const typeNames: ReadonlyMap<JsonValue, string> = new Map([
  ['int', 'integer'],
  ['float', 'number'],
  ['double', 'number'],
  ['bool', 'boolean'],
  ['str', 'string'],
  ['text', 'string'],
  ['list', 'array'],
  ['map', 'object'],
  ['dict', 'object'],
]);

/**
 * Variables in canonical form, from a list of declarations or from a map of defaults. In a map, an object with a `type`
 * and no field that a declaration lacks is a declaration.
 */
export function readVariables(field: Field, canonical: Path, context: Context): JsonObject[] {
  const { value, path } = field;
  const variables: JsonObject[] = [];
  const add = (source: JsonObject, at: Path, named?: string) => {
    const origin = [...canonical, variables.length];
    context.origins.set(origin, at);
    variables.push(readDeclaration(source, at, origin, named, context));
  };
  if (Array.isArray(value)) {
    value.forEach((entry, index) => {
      const at = [...path, index];
      if (isJsonObject(entry)) add(entry, at);
      else if (typeof entry === 'string') add({ name: entry }, at);
      else
        context.issues.add(
          at,
          `A variable must be an object, not ${describe(entry)}.`,
          'Write {name, type, default}.',
        );
    });
  } else if (isJsonObject(value)) {
    for (const [name, entry] of Object.entries(value))
      add(isDeclaration(entry) ? entry : { default: entry }, [...path, name], name);
  } else {
    context.issues.add(
      path,
      `"${field.key}" must be a list or a map, not ${describe(value)}.`,
      'Write a list of {name, type, default}, or a map of defaults.',
    );
  }
  return variables;
}

function isDeclaration(value: JsonValue): value is JsonObject {
  return (
    isJsonObject(value) &&
    typeof value.type === 'string' &&
    Object.keys(value).every((key) => Object.hasOwn(VARIABLE_FIELDS, key))
  );
}

function readDeclaration(
  source: JsonObject,
  path: Path,
  origin: Path,
  named: string | undefined,
  context: Context,
): JsonObject {
  const fields = new Fields(source, path, VARIABLE_FIELDS, context.issues);
  const variable: JsonObject = named === undefined ? {} : { name: named };
  for (const name of ['name', 'type', 'description', 'required', 'default'] as const) {
    const field = fields.take(name);
    if (!field) continue;
    // `default:` left blank in YAML is no default, unless null is a value of the type.
    if (name === 'default' && field.value === null && (variable.type ?? 'any') !== 'any') continue;
    variable[name] = name === 'type' ? (typeNames.get(field.value) ?? field.value) : field.value;
    context.origins.set([...origin, name], field.path);
  }
  if (variable.name === undefined) context.issues.add(path, 'This variable has no name.', 'Add `name:`.');
  return variable;
}

/** Names declared twice, and defaults that are not of their declared type. */
export function checkVariables(
  variables: readonly VariableDefinition[],
): { path: Path; message: string; fix: string }[] {
  const seen = new Set<string>();
  return variables.flatMap((variable, index) => {
    const issues = [];
    if (seen.has(variable.name))
      issues.push({
        path: ['variables', index, 'name'],
        message: `The variable "${variable.name}" is declared twice.`,
        fix: 'Keep one of the two.',
      });
    seen.add(variable.name);
    if (variable.default !== undefined && !isOfType(variable.type, variable.default))
      issues.push({
        path: ['variables', index, 'default'],
        message: `The default ${describe(variable.default)} of "${variable.name}" is not of type ${variable.type}.`,
        fix: 'Correct the default or the type.',
      });
    return issues;
  });
}
