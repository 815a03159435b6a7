import type { JsonObject, JsonValue } from '../../json.ts';
import type { Context } from '../context.ts';
import { isJsonObject } from '../fields.ts';
import type { Path } from '../issues.ts';

export interface Unwrapped {
  /** The workflow's fields, its own and those of what wraps it. */
  source: JsonObject;
  /** Where each field was written. */
  placed: Map<string, Path>;
  isWrapped: boolean;
}

const maxWrappers = 3;

/**
 * Takes the workflow out of `workflow:` or `definition:`. The outer document names it: an inner id or name that differs is
 * kept in the metadata. Inner variables that only pass an outer one on (`limit: ${limit}`) are the outer declaration.
 */
export function unwrap(document: JsonObject, context: Context): Unwrapped {
  let unwrapped: Unwrapped = {
    source: document,
    placed: new Map(Object.keys(document).map((key) => [key, [key]])),
    isWrapped: false,
  };
  for (let wrapper = 0; wrapper < maxWrappers; wrapper++) {
    const key = (['workflow', 'definition'] as const).find((name) => isJsonObject(unwrapped.source[name]));
    if (key === undefined) break;
    unwrapped = merge(unwrapped, key, context);
  }
  return unwrapped;
}

function merge(outer: Unwrapped, wrapper: string, context: Context): Unwrapped {
  const { [wrapper]: wrapped, ...source } = outer.source;
  const inner = wrapped as JsonObject;
  const at = outer.placed.get(wrapper)!;
  const placed = new Map([...outer.placed].filter(([key]) => key !== wrapper));
  const aside: JsonObject = {};
  for (const [key, value] of Object.entries(inner)) {
    const path = [...at, key];
    if (!(key in source) || source[key] === null) {
      source[key] = key === 'variables' ? passedOn(value, undefined, path, context) : value;
      placed.set(key, path);
    } else if (key === 'variables') {
      source.variables = passedOn(value, source.variables, path, context);
    } else if (key === 'id' || key === 'name') {
      if (value !== source[key]) aside[key === 'id' ? 'workflowId' : 'workflowName'] = value;
    } else if (key === 'metadata' && isJsonObject(value) && isJsonObject(source.metadata)) {
      source.metadata = { ...value, ...source.metadata };
    } else if (JSON.stringify(value) !== JSON.stringify(source[key])) {
      context.issues.add(
        path,
        `"${key}" differs from the one outside "${wrapper}".`,
        'Keep one of the two.',
        { key: true },
      );
    }
  }
  if (Object.keys(aside).length > 0 && (source.metadata === undefined || isJsonObject(source.metadata)))
    source.metadata = { ...aside, ...(source.metadata as JsonObject | undefined) };
  return { source, placed, isWrapped: outer.isWrapped || wrapper === 'workflow' };
}

/** The outer declarations, and those inner variables that are more than a reference to one. */
function passedOn(inner: JsonValue, outer: JsonValue | undefined, path: Path, context: Context): JsonValue {
  if (!isJsonObject(inner)) {
    if (outer !== undefined)
      context.issues.add(path, 'There are variables inside and outside.', 'Declare them once, outside.', {
        key: true,
      });
    return outer ?? inner;
  }
  const declared = new Set(declaredNames(outer));
  const own: JsonObject = {};
  for (const [name, value] of Object.entries(inner)) {
    const reference = typeof value === 'string' ? /^\$\{\s*([^{}]+?)\s*\}$/.exec(value)?.[1] : undefined;
    const at = [...path, name];
    if (reference === undefined && !declared.has(name)) own[name] = value;
    else if (reference === undefined)
      context.issues.add(at, `The variable "${name}" is declared outside as well.`, 'Keep one of the two.');
    else if (!declared.has(reference))
      context.issues.add(
        at,
        `"${name}" refers to "${reference}", which is not declared.`,
        `Declare "${reference}" in the outer \`variables\`.`,
      );
    else if (reference !== name)
      context.issues.add(
        at,
        `"${name}" is another name for the variable "${reference}".`,
        `Use \${${reference}} in the tasks and remove "${name}".`,
      );
  }
  return combine(outer, own);
}

function combine(outer: JsonValue | undefined, own: JsonObject): JsonValue {
  if (outer === undefined) return own;
  if (isJsonObject(outer)) return { ...outer, ...own };
  if (!Array.isArray(outer)) return outer;
  return [...outer, ...Object.entries(own).map(([name, value]) => ({ name, default: value }))];
}

function declaredNames(outer: JsonValue | undefined): string[] {
  if (isJsonObject(outer)) return Object.keys(outer);
  if (!Array.isArray(outer)) return [];
  return outer.flatMap((entry) =>
    typeof entry === 'string'
      ? [entry]
      : isJsonObject(entry) && typeof entry.name === 'string'
        ? [entry.name]
        : [],
  );
}
