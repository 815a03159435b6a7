import { Recent } from '../recent.ts';
import { ExpressionError, ExpressionSyntaxError, quote } from './errors.ts';
import { createEvaluator, type Evaluator } from './evaluator.ts';
import { type Ambient, type ExpressionFunction, expressionLimits } from './sandbox.ts';
import { compileFast, type FastReader, notFast, pathReader, plainPathParts } from './fast-path.ts';
import { builtinNames } from './builtins.ts';
import { freeNames } from './names.ts';
import { splitText } from './places.ts';
import { quoteNames } from './scan.ts';

export interface ExpressionOptions {
  /** Identifiers that may not be valid JSONata names, such as `load-data`; written bare, they are quoted. */
  names?: readonly string[];
  /** Functions beyond JSONata's own, by name without `$`. Pass the same object each time: it is part of the cache's key. */
  functions?: Readonly<Record<string, ExpressionFunction>>;
}

export interface Expression {
  source: string;
  /** Root fields that it reads; `*` where it can read any. */
  names: string[];
  /** Variables that it reads, without `$`; functions are not among them. */
  variables: string[];
  /**
   * The value, or undefined for nothing; a promise of it except for plain paths, literals and comparisons of them.
   * Errors: `ExpressionError`, thrown or rejected.
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>, ambient?: Ambient): unknown;
}

const maxCached = 1_000;
const noFunctions: Readonly<Record<string, ExpressionFunction>> = {};
const noBindings: Record<string, unknown> = {};
const noAmbient: Ambient = {};
const caches = new WeakMap<object, Recent<string, Expression>>();
const nameSets = new WeakMap<readonly string[], ReadonlySet<string>>();

/**
 * Compiles a JSONata expression, once for equal sources.
 * Errors: `ExpressionSyntaxError`.
 */
export function compileExpression(source: string, options: ExpressionOptions = {}): Expression {
  if (source.length > expressionLimits.sourceLength)
    throw new ExpressionSyntaxError(
      source,
      `it has ${source.length} characters; the limit is ${expressionLimits.sourceLength}`,
      'Move the work into a task.',
    );
  const functions = options.functions ?? noFunctions;
  const quoted = options.names ? quoteNames(source, nameSet(options.names)) : source;
  const cache = cacheFor(functions);
  const expression = cache.get(quoted) ?? cache.set(quoted, createExpression(quoted, source, functions));
  return expression.source === source ? expression : { ...expression, source };
}

/**
 * A condition that must give true or false: bare (`n > 1`), in `${...}` or with `${...}` in it (`${n} > 1`).
 * Errors: `ExpressionSyntaxError`; from `evaluate`, `ExpressionError` saying what came instead.
 */
export function compileCondition(
  source: string,
  options: ExpressionOptions = {},
): Omit<Expression, 'evaluate'> & {
  evaluate(input: unknown, bindings?: Record<string, unknown>, ambient?: Ambient): boolean | Promise<boolean>;
} {
  const expression = compileExpression(withoutPlaces(source), options);
  const check = (value: unknown): boolean => {
    if (typeof value === 'boolean') return value;
    throw new ExpressionError(
      expression.source,
      notBoolean(value, expression),
      'Make it a comparison, such as `count > 0`.',
    );
  };
  return {
    ...expression,
    evaluate(input, bindings, ambient) {
      const value = expression.evaluate(input, bindings, ambient);
      return value instanceof Promise ? value.then(check) : check(value);
    },
  };
}

function withoutPlaces(source: string): string {
  const pieces = splitText(source.trim());
  const [only] = pieces;
  if (pieces.length === 1 && only && 'expression' in only) return only.expression.trim();
  return pieces.map((piece) => ('text' in piece ? piece.text : `(${piece.expression})`)).join('');
}

function notBoolean(value: unknown, expression: Expression): string {
  if (value !== undefined) {
    const shown = JSON.stringify(value);
    return `it must give true or false and gave ${shown.length > 100 ? `${shown.slice(0, 100)}…` : shown}`;
  }
  const names = expression.names.filter((name) => name !== '*').map(quote);
  const question =
    names.length === 0
      ? ''
      : `: is ${names.join(' or ')} a variable, a task or a field of a parent's output?`;
  return `it must give true or false and gave undefined${question}`;
}

function nameSet(names: readonly string[]): ReadonlySet<string> {
  let set = nameSets.get(names);
  if (set === undefined) nameSets.set(names, (set = new Set(names)));
  return set;
}

function cacheFor(functions: object): Recent<string, Expression> {
  let cache = caches.get(functions);
  if (cache === undefined) caches.set(functions, (cache = new Recent(maxCached)));
  return cache;
}

function createExpression(
  quoted: string,
  source: string,
  functions: Readonly<Record<string, ExpressionFunction>>,
): Expression {
  const isFunction = (name: string) => builtinNames.has(name) || Object.hasOwn(functions, name);
  const plain = plainPathParts(quoted);
  if (plain && !(plain.variable && isFunction(plain.parts[0]!))) {
    const root = plain.parts[0]!;
    let evaluator: Evaluator | undefined;
    return {
      source,
      names: plain.variable ? [] : [root],
      variables: plain.variable ? [root] : [],
      evaluate: withFallback(
        pathReader(plain.variable, plain.parts),
        () => (evaluator ??= createEvaluator(quoted, source, functions)),
      ),
    };
  }
  const evaluator = createEvaluator(quoted, source, functions);
  const { fields, variables } = freeNames(evaluator.ast);
  const fast = compileFast(evaluator.ast, isFunction);
  return {
    source,
    names: fields,
    variables: variables.filter((name) => !isFunction(name)),
    evaluate: fast
      ? withFallback(fast, () => evaluator)
      : (input, bindings = noBindings, ambient = noAmbient) => evaluator.evaluate(input, bindings, ambient),
  };
}

function withFallback(fast: FastReader, evaluator: () => Evaluator): Expression['evaluate'] {
  return (input, bindings = noBindings, ambient = noAmbient) => {
    const value = fast(input, bindings);
    return value === notFast ? evaluator().evaluate(input, bindings, ambient) : value;
  };
}
