import jsonata from 'jsonata';
import { childrenOf, type Node } from './ast.ts';
import { ExpressionError, ExpressionSyntaxError } from './errors.ts';
import { NotJson, toPlain } from './plain.ts';
import { compileRegex, LinearRegex } from './regex.ts';
import { findHabit } from './scan.ts';

/** What an expression may ask for that its input doesn't decide. Absent: the function that needs it is refused. */
export interface Ambient {
  /** Epoch milliseconds, for `$now()` and `$millis()`. */
  now?: () => number;
  /** Uniform in [0, 1), for `$random()` and `$shuffle()`. */
  random?: () => number;
}

/** A function that expressions call as `$name(...)`. `signature` is JSONata's, such as `<s-n?:s>`. */
export interface ExpressionFunction {
  call: (args: unknown[], ambient: Ambient) => unknown;
  signature?: string;
}

export const expressionLimits = {
  sourceLength: 16_384,
  timeoutMs: 500,
  stackDepth: 1_000,
  sequenceLength: 262_144,
  stringLength: 1_048_576,
  padWidth: 10_000,
} as const;

export interface Evaluator {
  ast: Node;
  evaluate(input: unknown, bindings: Record<string, unknown>, ambient: Ambient): Promise<unknown>;
}

/** A name that no expression can write. */
const ambientName = ' ambient';
const evaluateExit = Symbol.for('jsonata.__evaluate_exit');

interface Focus {
  environment: { lookup(name: string): unknown };
}
type Native = (this: unknown, ...args: unknown[]) => unknown;

async function native(name: string): Promise<Native> {
  return ((await jsonata(`$${name}`).evaluate(undefined)) as { implementation: Native }).implementation;
}
const [nativePad, nativeToMillis, nativeFromMillis] = await Promise.all([
  native('pad'),
  native('toMillis'),
  native('fromMillis'),
]);

function ambientOf(focus: Focus): Ambient {
  return focus.environment.lookup(ambientName) as Ambient;
}

function nowOf(focus: Focus, name: string): number {
  const { now } = ambientOf(focus);
  if (now === undefined) throw refusal(`\`$${name}\` needs the time, which isn't given here`);
  return now();
}

function randomOf(focus: Focus, name: string): () => number {
  const { random } = ambientOf(focus);
  if (random === undefined) throw refusal(`\`$${name}\` needs random numbers, which aren't given here`);
  return random;
}

function refusal(message: string): { code: string; message: string } {
  return { code: 'HOLDFAST', message };
}

const overrides: ReadonlyArray<
  [name: string, implementation: (this: Focus, ...args: never[]) => unknown, signature: string]
> = [
  [
    'eval',
    () => {
      throw refusal('`$eval` is not available');
    },
    '<sx?:x>',
  ],
  [
    'pad',
    function (text: string, width: number, fill?: string) {
      if (Math.abs(width) > expressionLimits.padWidth)
        throw refusal(
          `\`$pad\` was asked for a width of ${width}; the limit is ${expressionLimits.padWidth}`,
        );
      return nativePad.call(this, text, width, fill);
    },
    '<s-ns?:s>',
  ],
  [
    'now',
    function (picture?: string, timezone?: string) {
      return nativeFromMillis.call(this, nowOf(this, 'now()'), picture, timezone);
    },
    '<s?s?:s>',
  ],
  [
    'millis',
    function () {
      return nowOf(this, 'millis()');
    },
    '<:n>',
  ],
  [
    'random',
    function () {
      return randomOf(this, 'random()')();
    },
    '<:n>',
  ],
  [
    'shuffle',
    function (items: unknown[] | undefined) {
      return items && shuffled(items, randomOf(this, 'shuffle()'));
    },
    '<a:a>',
  ],
  [
    'toMillis',
    function (text: string, picture?: string) {
      // A picture without a date takes today's.
      const environment = {
        get timestamp() {
          return new Date(focus.now());
        },
      };
      const focus = { now: () => nowOf(this, 'toMillis()') };
      return nativeToMillis.call({ environment }, text, picture);
    },
    '<s-s?:n>',
  ],
];

function shuffled(items: unknown[], random: () => number): unknown[] {
  const result = Array.from(items);
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}

function limitString(_node: unknown, _input: unknown, _environment: unknown, result: unknown): void {
  if (typeof result === 'string' && result.length > expressionLimits.stringLength)
    throw refusal(`it made a string of more than ${expressionLimits.stringLength} characters`);
}

/**
 * Parses with JSONata under this module's limits.
 * Errors: `ExpressionSyntaxError` here, `ExpressionError` from `evaluate`.
 */
export function createEvaluator(
  source: string,
  shown: string,
  functions: Readonly<Record<string, ExpressionFunction>>,
): Evaluator {
  const parsed = parse(source, shown);
  const ast = parsed.ast() as Node;
  refuseUnsafe(ast, shown);
  for (const [name, implementation, signature] of overrides)
    parsed.registerFunction(name, implementation as never, signature);
  for (const [name, { call, signature }] of Object.entries(functions)) {
    const implementation = function (this: Focus, ...args: unknown[]) {
      return call(args, ambientOf(this));
    };
    parsed.registerFunction(name, implementation as never, signature);
  }
  parsed.assign(evaluateExit as never, limitString);
  return {
    ast,
    async evaluate(input, bindings, ambient) {
      try {
        return toPlain(await parsed.evaluate(input, { ...bindings, [ambientName]: ambient }));
      } catch (error) {
        throw evaluationError(shown, error);
      }
    },
  };
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

function refuseUnsafe(node: Node, shown: string): void {
  if (node.type === 'variable' && node.value === 'eval')
    throw new ExpressionSyntaxError(
      shown,
      '`$eval` is not available',
      'Write the expression itself, or parse JSON before it gets here.',
    );
  if (node.type === 'regex' && node.value instanceof RegExp) {
    try {
      compileRegex(node.value);
    } catch (error) {
      throw new ExpressionSyntaxError(
        shown,
        `the regular expression /${node.value.source}/ can't be matched in linear time (${(error as Error).message})`,
        'Write it without look-around and back-references.',
      );
    }
  }
  for (const child of childrenOf(node)) refuseUnsafe(child, shown);
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
  if (code === 'HOLDFAST') return new ExpressionError(shown, reason, 'Leave that function or value out.');
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
