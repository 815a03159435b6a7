import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import {
  compileCondition,
  compileExpression,
  ExpressionError,
  ExpressionSyntaxError,
  expressionLimits,
} from '../../../core/expression/index.ts';
import { loadLinearRegex } from '../../../core/linear-regex.ts';

const evaluate = async (source: string, input: unknown = {}, bindings = {}, ambient = {}) =>
  compileExpression(source).evaluate(input, bindings, ambient);
const syntaxError = (source: string, options = {}) => {
  try {
    compileExpression(source, options);
  } catch (error) {
    return error as ExpressionSyntaxError;
  }
  throw new Error(`${source} parsed`);
};

describe('an expression', () => {
  it('is evaluated at once for plain paths, literals and comparisons', () => {
    const input = { a: { b: 3 }, list: [1], text: 'x' };
    const cases: [string, unknown][] = [
      ['a.b', 3],
      ['a.missing.c', undefined],
      ['list', [1]],
      ['$', input],
      ['$$.a.b', 3],
      ['$x.y', 'bound'],
      ['a.b > 2', true],
      ['a.b > 2 and text = "x"', true],
      ['missing = 1 or text', true],
      ['missing != 1', false],
      ['"a.b"', 'a.b'],
      ['null', null],
    ];
    for (const [source, value] of cases)
      expect(compileExpression(source).evaluate(input, { x: { y: 'bound' } }), source).toEqual(value);
  });

  it('maps over arrays on the path as JSONata does', async () => {
    expect(await evaluate('a.b', { a: [{ b: 1 }, { b: 2 }] })).toEqual([1, 2]);
    expect(await evaluate('a.b', { a: [{ b: 1 }] })).toBe(1);
  });

  it('gives plain JSON that can be cloned and compared', async () => {
    const result = await evaluate('{"ids": items.id, "first": items[0]}', { items: [{ id: 1 }, { id: 2 }] });
    expect(result).toStrictEqual({ ids: [1, 2], first: { id: 1 } });
    expect(structuredClone(result)).toStrictEqual(result);
  });

  it('is compiled once for equal sources', () => {
    expect(compileExpression('a + b')).toBe(compileExpression('a + b'));
  });

  it('tells the fields and variables that it reads', () => {
    const reads = (source: string) => {
      const { names, variables } = compileExpression(source);
      return [names, variables];
    };
    expect(reads('a.b')).toEqual([['a'], []]);
    expect(reads('accuracy > 0.85 and train.output.ok')).toEqual([['accuracy', 'train'], []]);
    expect(reads('$states.input.x')).toEqual([[], ['states']]);
    expect(reads('items[price > limit].name')).toEqual([['items'], []]);
    expect(reads('$map(items, function($i) { $i.x + total })')).toEqual([['items', 'total'], []]);
    expect(reads('($n := count; $n + $m)')).toEqual([['count'], ['m']]);
    expect(reads('$$.a.b')).toEqual([['a'], []]);
    expect(reads('$count($)')).toEqual([['*'], []]);
    expect(reads('order.(price * quantity)')).toEqual([['order'], []]);
    expect(reads('{"x": a, "y": b.c}')).toEqual([['a', 'b'], []]);
  });

  it('takes known names that JSONata would read as subtraction', async () => {
    const names = ['load-data', 'step-2', 'plain'];
    const input = { 'load-data': { rows: 3 }, 'step-2': 5, plain: 1, 'load-data-x': 9 };
    const run = (source: string) => compileExpression(source, { names }).evaluate(input);
    expect(await run('load-data.rows')).toBe(3);
    expect(await run('load-data.rows - plain + step-2')).toBe(7);
    expect(await run('"load-data" & $string(step-2)')).toBe('load-data5');
    expect(await run('`load-data`.rows')).toBe(3);
    expect(compileExpression('load-data.rows > 2', { names }).names).toEqual(['load-data']);
  });
});

describe('a wrong expression', () => {
  it.each([
    ['a == 1', '`=`', 3],
    ['a === 1', '`=`', 3],
    ['a !== 1', '`!=`', 3],
    ['a && b', '`and`', 3],
    ['a || b', '`or`', 3],
    ['!a', '`$not(x)`', 1],
    ["x = '==' && y", '`and`', 10],
  ])('fails for %s with what JSONata writes instead', (source, fix, column) => {
    const error = syntaxError(source);
    expect(error).toBeInstanceOf(ExpressionSyntaxError);
    expect(error.fix).toContain(fix);
    expect(error.column).toBe(column);
    expect(error.message).toContain(`column ${column}`);
  });

  it('fails with the column of the token', () => {
    expect(syntaxError('a b').column).toBe(3);
    expect(syntaxError('[1, 2').message).toContain('before end of expression');
  });

  it('refuses sources that are too long or nested too deeply', () => {
    expect(syntaxError(`a${' '.repeat(expressionLimits.sourceLength)}`).message).toContain('16384');
    expect(syntaxError(`${'('.repeat(8000)}1${')'.repeat(8000)}`).message).toContain('nested too deeply');
  });

  it('refuses regular expressions that need backtracking', async () => {
    await loadLinearRegex();
    expect(syntaxError('$match(a, /(?=x)/)').message).toContain('linear time');
  });
});

describe('the sandbox', () => {
  it('matches catastrophic patterns in linear time', async () => {
    expect(await evaluate('$contains(text, /^(a+)+$/)', { text: `${'a'.repeat(50_000)}!` })).toBe(false);
    expect(await evaluate('$match(text, /(\\w)(\\d)?/).groups', { text: 'ab1' })).toEqual([
      'a',
      null,
      'b',
      '1',
    ]);
    expect(await evaluate('$replace("a1b22", /\\d+/, "#")')).toBe('a#b#');
    expect(await evaluate('$split("a, b ,c", /\\s*,\\s*/)')).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['$pad("x", 100000000)', 'width'],
    ['[1..10000000]', 'sequence'],
    ['($f := function($n) { $f($n + 1) }; $f(0))', 'timeout'],
    ['($f := function($n) { 1 + $f($n + 1) }; $f(0))', 'tack'],
    ['$reduce([1..100], function($a, $b) { $a & $a }, "0123456789")', 'string of more than'],
    ['$eval("1")', '$eval'],
    ['$now()', 'time'],
    ['$millis()', 'time'],
    ['$random()', 'random numbers'],
    ['$shuffle([1,2])', 'random numbers'],
    ['$sum', 'function'],
    ['1 / 0', 'Infinity'],
    ['$nothing(1)', 'non-function'],
    ['"a" + 1', 'left side'],
  ])('fails %s with a reason', async (source, reason) => {
    await expect(evaluate(source)).rejects.toThrow(reason);
  });

  it('limits each of many evaluations at once by its own work', async () => {
    const expression = compileExpression('$sum(items.($sqrt(n) + $power(n, 2)))');
    const items = Array.from({ length: 50 }, (_, n) => ({ n }));
    const sums = await Promise.all(
      Array.from({ length: 600 }, () => expression.evaluate({ items }) as Promise<number>),
    );
    expect(new Set(sums).size).toBe(1);
  });

  it('evaluates against the bindings of its call', async () => {
    const bindings = { x: [1] };
    const expression = compileExpression('$sum($x)');
    const first = expression.evaluate({}, bindings);
    bindings.x = [2];
    expect([await first, await expression.evaluate({}, bindings)]).toEqual([1, 2]);
  });

  it('takes time and randomness only from its caller', async () => {
    const ambient = { now: () => 1_700_000_000_000, random: () => 0.25 };
    expect(await evaluate('$now()', {}, {}, ambient)).toBe('2023-11-14T22:13:20.000Z');
    expect(await evaluate('$millis()', {}, {}, ambient)).toBe(1_700_000_000_000);
    expect(await evaluate('$random()', {}, {}, ambient)).toBe(0.25);
    expect(await evaluate('$toMillis("08:30", "[H01]:[m01]")', {}, {}, ambient)).toBe(
      Date.UTC(2023, 10, 14, 8, 30),
    );
    expect(await evaluate('$fromMillis(0, "[Y0001]")')).toBe('1970');
  });

  it('never reaches a prototype', async () => {
    for (const source of [
      '__proto__',
      'a.__proto__.b',
      'constructor',
      'a.constructor.name',
      'a.prototype',
      '$x.__proto__',
    ])
      expect(await evaluate(source, { a: {} }, { x: {} }), source).toBeUndefined();
    await expect(evaluate('{"__proto__": {"polluted": 1}}')).rejects.toThrow('__proto__');
    await expect(
      evaluate('$merge([{}, a])', { a: JSON.parse('{"__proto__": {"polluted": 1}}') }),
    ).rejects.toThrow('__proto__');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('a condition', () => {
  it('may be bare or in ${...}', async () => {
    expect(await compileCondition('accuracy > 0.85').evaluate({ accuracy: 0.9 })).toBe(true);
    expect(await compileCondition('${accuracy > 0.85}').evaluate({ accuracy: 0.8 })).toBe(false);
    expect(await compileCondition('${a.b} > 0.85 and ${c}').evaluate({ a: { b: 0.9 }, c: true })).toBe(true);
  });

  it('fails where it gives no boolean, asking what the name is', async () => {
    expect(() => compileCondition('accuracy > 0.85').evaluate({})).toThrow(ExpressionError);
    await expect(compileCondition('$sum(scores)').evaluate({})).rejects.toThrow('is `scores` a variable');
  });

  it('fails saying what came instead', async () => {
    const condition = compileCondition('accuracy');
    expect(() => condition.evaluate({ accuracy: 3 })).toThrow('gave 3');
    expect(() => condition.evaluate({})).toThrow('is `accuracy` a variable, a task');
  });
});

describe('the fast path', () => {
  const leaf = fc.oneof(
    fc.constantFrom('', 'x', 'y'),
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { maxKeys: 3 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;
  const path = fc
    .tuple(
      fc.constantFrom('', '$', '$$', '$v', '$w'),
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
    )
    .map(([root, steps]) => [root, ...steps].filter((part) => part !== '').join('.'))
    .filter((source) => source !== '');
  const operand = fc.oneof(path, fc.constantFrom('0', '1', '-1', '"x"', '""', 'true', 'false', 'null'));
  const comparison = fc
    .tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand)
    .map((parts) => parts.join(' '));
  const expression = fc.oneof(
    operand,
    comparison,
    fc
      .tuple(fc.oneof(operand, comparison), fc.constantFrom('and', 'or'), fc.oneof(operand, comparison))
      .map((p) => p.join(' ')),
  );
  const withoutUndefined = (input: unknown) =>
    input === undefined ? undefined : JSON.parse(JSON.stringify(input));
  const outcome = async (run: () => unknown) => {
    try {
      const result = await run();
      return result === undefined ? 'nothing' : JSON.stringify(result);
    } catch {
      return 'error';
    }
  };

  it('gives what JSONata gives', async () => {
    await fc.assert(
      fc.asyncProperty(expression, value, value, async (source, rawInput, rawBound) => {
        const [input, bound] = [withoutUndefined(rawInput), withoutUndefined(rawBound)];
        const ours = await outcome(() => compileExpression(source).evaluate(input, { v: bound }));
        expect(ours).toBe(await outcome(() => jsonata(source).evaluate(input, { v: bound })));
      }),
      { numRuns: 3000 },
    );
  });
});
