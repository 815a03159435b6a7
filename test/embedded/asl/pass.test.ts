import { describe, expect, it } from 'vitest';
import { outputOf, runStates } from './support.ts';

const pass = (Output?: unknown, input: unknown = {}) =>
  outputOf(
    { Type: 'Pass', ...(Output === undefined ? {} : { Output: Output as string }), End: true },
    input as string,
  );

describe('a Pass state', () => {
  it('passes its input through', async () => {
    expect(await pass(undefined, [1, { a: null }])).toEqual([1, { a: null }]);
  });

  it('evaluates expressions anywhere in its Output', async () => {
    const output = { a: ['{% $states.input.n %}', 'text', 1, null, true], b: { c: '{% $states.input %}' } };
    expect(await pass(output, { n: [1] })).toEqual({ a: [[1], 'text', 1, null, true], b: { c: { n: [1] } } });
  });

  it('takes strings without both delimiters as they are', async () => {
    for (const text of [' {% 1 %}', '{% 1 %} ', '{% 1', '1 %}', '{%}', ''])
      expect(await pass(text), text).toBe(text);
  });

  it('leaves out undefined fields within an expression', async () => {
    expect(await pass("{% {'a': $states.input.none, 'b': 1} %}")).toEqual({ b: 1 });
  });

  it('evaluates Assign against the variables it was entered with', async () => {
    const { result } = await runStates({
      A: { Type: 'Pass', Assign: { x: 5 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: 42, old: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Succeed', Output: ['{% $states.input %}', '{% $x %}', '{% $old %}'] },
    });
    expect(result.output).toEqual([5, 42, 5]);
  });

  it('fails for a variable that nobody assigned', async () => {
    await expect(pass('{% $nobody %}')).rejects.toThrow(
      "The JSONata expression '$nobody' specified for the field 'Output'",
    );
  });

  it('reads the context object', async () => {
    const output = await outputOf(
      { Type: 'Pass', Output: '{% $states.context %}', End: true },
      { a: 1 },
      { context: { Execution: { Id: 'arn:x', Name: 'n' }, StateMachine: { Id: 'arn:m', Name: 'm' } } },
    );
    expect(output).toEqual({
      Execution: {
        Id: 'arn:x',
        Input: { a: 1 },
        Name: 'n',
        RoleArn: 'arn:aws:iam::123456789012:role/state-machine',
        StartTime: '2026-11-21T08:00:00.000Z',
        RedriveCount: 0,
      },
      StateMachine: { Id: 'arn:m', Name: 'm' },
      State: { EnteredTime: '2026-11-21T08:00:00.000Z', Name: 'S', RetryCount: 0 },
    });
  });
});

describe('the functions of Step Functions', () => {
  it.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ["$hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
    ["$hash('', 'MD5')", 'd41d8cd98f00b204e9800998ecf8427e'],
    ['$parse(\'{"a": [1, null]}\')', { a: [1, null] }],
    ['$random() = 0.5', true],
    ['$random(42) = $random(42)', true],
    ['$random(1) = $random(2)', false],
    ['$random(42)', 0.7275636800328681],
    ['$uuid()', '80808080-8080-4080-8080-808080808080'],
    ['$millis()', Date.UTC(2026, 10, 21, 8)],
    ['$now()', '2026-11-21T08:00:00.000Z'],
  ])('%s gives %j', async (source, value) => {
    expect(await pass(`{% ${source} %}`)).toEqual(value);
  });

  it.each(["$hash('a', 'CRC')", '$partition([1], 0)', "$parse('{')", '$range(1, 5, 0)', '1 / 0', '$sum'])(
    '%s fails',
    async (source) => {
      await expect(pass(`{% ${source} %}`)).rejects.toThrow('States.QueryEvaluationError');
    },
  );
});
