import type { JsonValue } from '../../core/json.ts';
import { describe, type Fields } from './checker.ts';
import type { Frame } from './frame.ts';
import type { MaybePromise } from './types.ts';
import { compileValue, expressionOf } from './value.ts';

/** The kinds of value that a field of a fixed type can want. */
export interface Kind<T> {
  /** As in "Expected 'number'". */
  expected: 'number' | 'string' | 'boolean';
  is(value: JsonValue): value is T & JsonValue;
  /** What is wrong with a value of the expected type that isn't one of this kind. */
  invalid(field: string, value: JsonValue): string;
  /** What a literal has to be, for the fix. */
  fix: string;
}

export interface TypedValue<T> {
  evaluate(frame: Frame): MaybePromise<T>;
}

/** Compiles a field whose value, literal or evaluated, has to be of a kind. `field` names it in causes. */
export function compileTyped<T>(
  fields: Fields,
  name: string,
  kind: Kind<T>,
  field = name,
): TypedValue<T> | undefined {
  const literal = fields.get(name);
  if (literal === undefined) return undefined;
  if (typeof literal !== 'string' || expressionOf(literal) === undefined) {
    if (!kind.is(literal)) fields.issue(name, `${name} is ${describe(literal)}`, kind.fix);
    return { evaluate: () => literal as T };
  }
  const source = expressionOf(literal)!;
  const value = compileValue(literal, field, fields.at(name), fields.checker, []);
  const check = (result: JsonValue, frame: Frame): T => {
    if (kind.is(result)) return result;
    const detail =
      typeName(result) === kind.expected
        ? kind.invalid(field, result)
        : `The JSONata expression '${source}' specified for the field '${field}' returned ${unexpectedType(kind.expected, result)}`;
    throw frame.failure('States.QueryEvaluationError', detail);
  };
  return {
    evaluate(frame) {
      const result = value.evaluate(frame);
      return result instanceof Promise ? result.then((late) => check(late, frame)) : check(result, frame);
    },
  };
}

/** The end of the service's sentence on a value of the wrong type. */
export function unexpectedType(expected: string, value: JsonValue): string {
  return `an unexpected result type. Expected '${expected}', but was '${typeName(value)}' for value: ${JSON.stringify(value)}`;
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

export function integerKind(min: number, max: number): Kind<number> {
  return {
    expected: 'number',
    is: (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    invalid: (field, value) =>
      Number.isInteger(value)
        ? `${field} must be between ${min} and ${max} but was: ${JSON.stringify(value)}`
        : `The ${field} field cannot be parsed as an integer: ${JSON.stringify(value)}`,
    fix: `Write a whole number from ${min} to ${max}, or an expression in {% %}.`,
  };
}

export const textKind: Kind<string> = {
  expected: 'string',
  is: (value): value is string => typeof value === 'string',
  invalid: (field) => `${field} is not a string`,
  fix: 'Write a string, or an expression in {% %}.',
};

export const booleanKind: Kind<boolean> = {
  expected: 'boolean',
  is: (value): value is boolean => typeof value === 'boolean',
  invalid: (field) => `${field} is not a boolean`,
  fix: 'Write true, false or an expression in {% %}.',
};
