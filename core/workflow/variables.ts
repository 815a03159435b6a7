import { InvalidInput } from '../errors.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { VariableDefinition, WorkflowDefinition } from './definition.ts';
import { nearest } from './names.ts';

/**
 * The variables of an execution: what was given, checked, and defaults for the rest. A workflow that declares none takes any.
 * Errors: `InvalidInput` naming every variable that is missing, unknown or of the wrong type.
 */
export function resolveVariables(
  { name: workflow, variables: declared }: WorkflowDefinition,
  given: JsonObject = {},
): JsonObject {
  if (declared.length === 0) return given;
  const problems = [
    ...unknown(declared, given),
    ...declared.flatMap((variable) => problem(variable, given[variable.name]) ?? []),
  ];
  if (problems.length > 0) {
    throw new InvalidInput(
      `variables of ${workflow}: ${problems.join('; ')}`,
      `It takes ${declared.map(signature).join(', ')}.`,
    );
  }
  const resolved: JsonObject = {};
  for (const { name, default: fallback } of declared) {
    const value = given[name] ?? fallback;
    if (value !== undefined) resolved[name] = value;
  }
  return resolved;
}

function unknown(declared: readonly VariableDefinition[], given: JsonObject): string[] {
  const names = declared.map(({ name }) => name);
  return Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearest(name, names);
      return near !== undefined ? `"${name}" is unknown, did you mean "${near}"?` : `"${name}" is unknown`;
    });
}

function problem(variable: VariableDefinition, value: JsonValue | undefined): string | undefined {
  if (value === undefined) {
    const missing = variable.required && variable.default === undefined;
    return missing ? `"${variable.name}" is required and missing` : undefined;
  }
  return isOfType(variable.type, value)
    ? undefined
    : `"${variable.name}" takes ${variable.type} and got ${JSON.stringify(value).slice(0, 100)}`;
}

export function isOfType(type: VariableDefinition['type'], value: JsonValue): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

const signature = ({ name, type, required, default: fallback }: VariableDefinition): string =>
  `${name} (${type}${required && fallback === undefined ? ', required' : fallback === undefined ? '' : `, ${JSON.stringify(fallback)}`})`;
