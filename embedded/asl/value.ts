import {
  compileExpression,
  type Expression,
  ExpressionError,
  ExpressionSyntaxError,
} from '../../core/expression/index.ts';
import type { JsonValue } from '../../core/json.ts';
import { loadLinearRegex } from '../../core/linear-regex.ts';
import type { Checker, Fields } from './checker.ts';
import type { Frame } from './frame.ts';
import { stepFunctionsFunctions } from './functions.ts';
import type { MaybePromise } from './types.ts';

// Machine files are checked whole, their regular expressions too, when they are loaded.
await loadLinearRegex();

/** A JSON value of a definition, its `{% %}` strings compiled. */
export interface Value {
  /** Without expressions: the same every time. */
  isConstant: boolean;
  /** Errors: `StateFailure` States.QueryEvaluationError, thrown or rejected. */
  evaluate(frame: Frame): MaybePromise<JsonValue>;
}

/** The parts of `$states` that only some fields can read. */
export type Reads = 'result' | 'errorOutput';

/** Compiles a field; `reads` is what its expressions may use of `$states` beyond input and context. */
export function compileField(fields: Fields, name: string, reads: readonly Reads[] = []): Value | undefined {
  const value = fields.get(name);
  return value === undefined ? undefined : compileValue(value, name, fields.at(name), fields.checker, reads);
}

export function compileValue(
  value: JsonValue,
  field: string,
  path: string,
  checker: Checker,
  reads: readonly Reads[],
): Value {
  if (typeof value === 'string') return compileText(value, field, path, checker, reads);
  if (typeof value !== 'object' || value === null) return constant(value);
  if (Array.isArray(value)) {
    const parts = value.map((item, index) =>
      compileValue(item, `${field}[${index}]`, `${path}[${index}]`, checker, reads),
    );
    return parts.every((part) => part.isConstant) ? constant(value) : collect(parts, (values) => values);
  }
  const keys = Object.keys(value);
  if (keys.includes('__proto__'))
    checker.add(path, 'it has the key `__proto__`', 'Give the key another name.');
  const parts = keys.map((key) =>
    compileValue(value[key]!, `${field}/${key}`, `${path}.${key}`, checker, reads),
  );
  if (parts.every((part) => part.isConstant)) return constant(value);
  return collect(parts, (values) => {
    const result: { [key: string]: JsonValue } = {};
    for (let index = 0; index < keys.length; index++) result[keys[index]!] = values[index]!;
    return result;
  });
}

export function constant(value: JsonValue): Value {
  return { isConstant: true, evaluate: () => value };
}

function compileText(
  text: string,
  field: string,
  path: string,
  checker: Checker,
  reads: readonly Reads[],
): Value {
  const source = expressionOf(text);
  const expression = source === undefined ? undefined : parse(source, path, checker, reads);
  if (source === undefined || expression === undefined) return constant(text);
  const defined = (value: unknown, frame: Frame): JsonValue => {
    if (value === undefined) throw nothing(frame, source, field);
    return value as JsonValue;
  };
  return {
    isConstant: false,
    evaluate(frame) {
      try {
        const value = frame.evaluate(expression);
        if (!(value instanceof Promise)) return defined(value, frame);
        return value.then(
          (late) => defined(late, frame),
          (error) => {
            throw evaluationFailure(frame, source, field, error);
          },
        );
      } catch (error) {
        throw evaluationFailure(frame, source, field, error);
      }
    },
  };
}

/** What stands between `{%` and `%}`; undefined for any other string. */
export function expressionOf(text: string): string | undefined {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4
    ? text.slice(2, -2).trim()
    : undefined;
}

function parse(
  source: string,
  path: string,
  checker: Checker,
  reads: readonly Reads[],
): Expression | undefined {
  try {
    const expression = compileExpression(source, { functions: stepFunctionsFunctions });
    checkReads(expression, path, checker, reads);
    return expression;
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    const parsing = source.includes('$eval') ? ' Step Functions has `$parse` for JSON text.' : '';
    checker.add(path, error.message, `${error.fix}${parsing}`);
    return undefined;
  }
}

/** The service refuses these when the machine is created, or they could never give a value. */
function checkReads(expression: Expression, path: string, checker: Checker, reads: readonly Reads[]): void {
  const { source, names } = expression;
  const [name] = names;
  if (name === '*')
    checker.add(path, '`$` has no value at the top of an expression', 'Write `$states.input`.');
  else if (name !== undefined)
    checker.add(
      path,
      `${name} has no value at the top of an expression`,
      `Write \`$states.input.${name}\` or \`$${name}\`.`,
    );
  for (const part of ['result', 'errorOutput'] as const) {
    if (!reads.includes(part) && new RegExp(`\\$states\\s*\\.\\s*${part}\\b`).test(withoutText(source)))
      checker.add(
        path,
        `\`$states.${part}\` has no value here`,
        part === 'result'
          ? 'Read it in the Output or Assign of a Task, Parallel or Map.'
          : 'Read it in the Output or Assign of a Catch.',
      );
  }
  const newer = /\?\?|\?\s*:/.exec(withoutText(source));
  if (newer)
    checker.add(
      path,
      `\`${newer[0]}\` is newer than the JSONata of Step Functions (2.0.6)`,
      'Write `$exists(a) ? a : b`.',
    );
}

function withoutText(source: string): string {
  return source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\*[\s\S]*?\*\//g, '""');
}

/** Evaluates the parts, at once where none is asynchronous. */
function collect(parts: readonly Value[], combine: (values: JsonValue[]) => JsonValue): Value {
  return {
    isConstant: false,
    evaluate(frame) {
      const values: MaybePromise<JsonValue>[] = [];
      let late = false;
      try {
        for (const part of parts) {
          const value = part.evaluate(frame);
          late ||= value instanceof Promise;
          values.push(value);
        }
      } catch (error) {
        ignoreAll(values);
        throw error;
      }
      return late ? Promise.all(values.map(settled)).then(combine) : combine(values as JsonValue[]);
    },
  };
}

async function settled(value: MaybePromise<JsonValue>): Promise<JsonValue> {
  return value;
}

/** Marks promises as seen to, where another failure has been reported already. */
export function ignoreAll(values: readonly unknown[]): void {
  for (const value of values) if (value instanceof Promise) value.catch(() => undefined);
}

function nothing(frame: Frame, source: string, field: string): Error {
  return frame.failure(
    'States.QueryEvaluationError',
    `The JSONata expression '${source}' specified for the field '${field}' returned nothing (undefined).`,
  );
}

function evaluationFailure(frame: Frame, source: string, field: string, error: unknown): unknown {
  if (!(error instanceof ExpressionError)) return error;
  const reason = error.code === undefined ? error.reason : `${error.code}: ${error.reason}`;
  return frame.failure(
    'States.QueryEvaluationError',
    `The JSONata expression '${source}' specified for the field '${field}' threw an error during evaluation. ${reason}`,
  );
}
