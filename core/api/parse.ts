/** Checks what came against a schema, and says of each mistake what to do instead. */
import * as z from 'zod';
import type { DefinitionIssue } from '../errors.ts';
import { didYouMean } from './nearest.ts';
import { InvalidRequest } from './problem.ts';

const ISSUES_MAX = 50;

/** `value` as `schema` makes it. Throws `InvalidRequest`; `what` names the part: "The body". */
export function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => explain(issue, schema, value));
  throw new InvalidRequest(what, issues.slice(0, ISSUES_MAX));
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, root: unknown): DefinitionIssue[] {
  const path = pathText(issue.path);
  const came = show(at(root, issue.path));
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      message: `There is no field "${key.slice(0, 100)}" here.`,
      fix: didYouMean(key, known),
    }));
  }
  if (at(root, issue.path) === undefined) {
    return [
      { path, message: 'It is missing.', fix: `Add "${String(issue.path.at(-1))}": ${wanted(issue)}.` },
    ];
  }
  if (issue.code === 'invalid_value' && typeof at(root, issue.path) === 'string') {
    const values = issue.values.map(String);
    return [
      {
        path,
        message: `${came} is none of the values there are.`,
        fix: didYouMean(String(at(root, issue.path)), values),
      },
    ];
  }
  return [{ path, message: `${came} came; ${wanted(issue)} is wanted.`, fix: `Give ${wanted(issue)}.` }];
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${/^[aeio]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${unit(issue.origin)} ${issue.inclusive === false ? 'above' : 'of at least'} ${issue.minimum}`;
    case 'too_big':
      return `${unit(issue.origin)} ${issue.inclusive === false ? 'below' : 'of at most'} ${issue.maximum}`;
    case 'invalid_format':
      return issue.pattern === undefined
        ? `a text of the form ${issue.format}`
        : `a text that matches ${issue.pattern}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(wanted))].join(' or ') || 'something else';
    default:
      return issue.message;
  }
}

const unit = (origin: string): string =>
  origin === 'string' ? 'a text with a length' : origin === 'array' ? 'a list with a length' : 'a number';

function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'A list' : 'An object';
  const text = JSON.stringify(value) ?? 'Nothing';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let inner: unknown = unwrap(schema);
  for (const key of path) {
    if (inner instanceof z.ZodObject) inner = unwrap((inner.shape as Record<PropertyKey, unknown>)[key]);
    else if (inner instanceof z.ZodArray) inner = unwrap(inner.element);
    else return [];
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape as object) : [];
}

/** What a field's schema is beneath `optional` and `default`. */
export function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap();
  return inner;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 100)}`))
    .join('')
    .replace(/^\./, '');
}
