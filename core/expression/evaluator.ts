import jsonata from 'jsonata';
import { childrenOf, type Node } from './ast.ts';
import { ExpressionError, ExpressionSyntaxError } from './errors.ts';
import { NotJson, toPlain } from './plain.ts';
import { isLinearRegexLoaded, loadLinearRegex } from '../linear-regex.ts';
import { compileRegex, LinearRegex } from './regex.ts';
import {
  type Ambient,
  ambientName,
  type ExpressionFunction,
  expressionLimits,
  furnish,
  refusalCode,
} from './sandbox.ts';
import { findHabit } from './scan.ts';

export interface Evaluator {
  ast: Node;
  evaluate(input: unknown, bindings: Record<string, unknown>, ambient: Ambient): Promise<unknown>;
}

/**
 * Parses with JSONata under this module's limits. Regular expressions are checked here when `loadLinearRegex` has resolved, and
 * else before the first evaluation, which loads what they need.
 * Errors: `ExpressionSyntaxError` here, `ExpressionError` from `evaluate`.
 */
export function createEvaluator(
  source: string,
  shown: string,
  functions: Readonly<Record<string, ExpressionFunction>>,
): Evaluator {
  const parsed = parse(source, shown);
  const ast = parsed.ast() as Node;
  const patterns: RegExp[] = [];
  inspect(ast, shown, patterns);
  let isChecked = patterns.length === 0;
  if (isLinearRegexLoaded()) checkPatterns();
  furnish(parsed, functions);
  return {
    ast,
    evaluate(input, bindings, ambient) {
      // Taken now: the caller may change its bindings while this waits for its turn.
      const taken = { ...bindings, [ambientName]: ambient };
      return inTurn(async () => {
        if (!isChecked) {
          await loadLinearRegex();
          checkPatterns();
        }
        try {
          return toPlain(await parsed.evaluate(input, taken));
        } catch (error) {
          throw evaluationError(shown, error);
        }
      });
    },
  };

  function checkPatterns(): void {
    for (const pattern of patterns) refuseUnbounded(pattern, shown);
    isChecked = true;
  }
}

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Runs evaluations one after another. They never wait for anything but each other, so nothing is lost by it, and
 * interleaved the time limit of each would count the work of all.
 */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastTurn.then(work);
  lastTurn = result.catch(() => undefined);
  return result;
}

function parse(source: string, shown: string): jsonata.Expression {
  try {
    return jsonata(source, {
      RegexEngine: LinearRegex as unknown as RegExpConstructor,
      timeout: expressionLimits.timeoutMs,
      stack: expressionLimits.stackDepth,
      sequence: expressionLimits.sequenceLength,
    });
  } catch (error) {
    throw syntaxError(source, shown, error);
  }
}

function syntaxError(source: string, shown: string, error: unknown): ExpressionSyntaxError {
  const habit = findHabit(shown);
  if (habit) return new ExpressionSyntaxError(shown, habit.problem, habit.fix, habit.column);
  if (error instanceof RangeError)
    return new ExpressionSyntaxError(shown, 'it is nested too deeply', 'Split it over several expressions.');
  const { message, position, token } = error as { message: string; position?: number; token?: string };
  // JSONata's position is where the token ends; backticks that this module added don't count.
  const start =
    position === undefined
      ? undefined
      : Math.max(1, position - (typeof token === 'string' ? token.length : 1) + 1);
  const column = start === undefined || source !== shown || token === '(end)' ? undefined : start;
  return new ExpressionSyntaxError(
    shown,
    message.replace(/\.$/, ''),
    'See docs.jsonata.org for the syntax: fields are `a.b`, text is in quotes, `and`, `or` and `=` are the operators.',
    column,
  );
}

/** Collects the regular expressions of a tree. Errors: `ExpressionSyntaxError` for what is never safe. */
function inspect(node: Node, shown: string, patterns: RegExp[]): void {
  if (node.type === 'variable' && node.value === 'eval')
    throw new ExpressionSyntaxError(
      shown,
      '`$eval` is not available',
      'Write the expression itself, or parse JSON before it gets here.',
    );
  if (node.type === 'regex' && node.value instanceof RegExp) patterns.push(node.value);
  for (const child of childrenOf(node)) inspect(child, shown, patterns);
}

function refuseUnbounded(pattern: RegExp, shown: string): void {
  try {
    compileRegex(pattern);
  } catch (error) {
    throw new ExpressionSyntaxError(
      shown,
      `the regular expression /${pattern.source}/ can't be matched in linear time (${(error as Error).message})`,
      'Write it without look-around and back-references.',
    );
  }
}

function evaluationError(shown: string, error: unknown): ExpressionError {
  if (error instanceof NotJson)
    return new ExpressionError(shown, error.message, 'Give a value that JSON can hold.');
  if (error instanceof RangeError)
    return new ExpressionError(
      shown,
      'it needs too much stack or memory',
      'Make the expression or its input smaller.',
    );
  const { code, message } = error as { code?: string; message?: string };
  const reason = String(message ?? error).replace(/\.$/, '');
  if (code === refusalCode) return new ExpressionError(shown, reason, 'Leave that function or value out.');
  return new ExpressionError(shown, reason, fixFor(code), code);
}

function fixFor(code: string | undefined): string {
  switch (code) {
    case 'D1011':
    case 'D1012':
    case 'D2014':
    case 'D2015':
      return 'Make it work on less at a time: expressions are for choosing and reshaping, tasks for computing.';
    case 'T1006':
      return 'Check the name of the function.';
    default:
      return 'Check the types of the values that it reads.';
  }
}
