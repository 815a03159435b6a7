import jsonata from 'jsonata';

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

/** A name that no expression can write. */
export const ambientName = ' ambient';
/** JSONata calls what is bound to this after each node. */
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

/** The code of the refusals that are this module's and not JSONata's. */
export const refusalCode = 'HOLDFAST';

function refusal(message: string): { code: string; message: string } {
  return { code: refusalCode, message };
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

/** Replaces what isn't safe or not deterministic, and adds functions of the caller's. */
export function furnish(
  expression: jsonata.Expression,
  functions: Readonly<Record<string, ExpressionFunction>>,
): void {
  for (const [name, implementation, signature] of overrides)
    expression.registerFunction(name, implementation as never, signature);
  for (const [name, { call, signature }] of Object.entries(functions)) {
    const implementation = function (this: Focus, ...args: unknown[]) {
      return call(args, ambientOf(this));
    };
    expression.registerFunction(name, implementation as never, signature);
  }
  expression.assign(evaluateExit as never, limitString);
}
