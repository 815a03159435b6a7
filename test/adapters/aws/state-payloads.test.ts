import { expect, test } from 'vitest';
import type { Shape } from '../../../adapters/aws/shapes.ts';
import {
  completePayload,
  healPayload,
  runRefPayload,
  settlePayload,
  taskCallPayload,
} from '../../../adapters/aws/state-payloads.ts';

const REF = { executionId: 'exe_1', taskId: 'a', run: 1, hops: 0 };

function read<T>(shape: Shape<T>, value: unknown): T {
  const problems: string[] = [];
  const payload = shape(value, '', problems);
  expect(problems).toEqual([]);
  return payload;
}

function problemsOf(shape: Shape<unknown>, value: unknown): string[] {
  const problems: string[] = [];
  shape(value, '', problems);
  return problems;
}

test('what a state is handed is taken, without what it does not know', () => {
  expect(read(runRefPayload, { ...REF, detached: true, action: 'route' })).toEqual({
    ...REF,
    detached: true,
  });
  expect(read(settlePayload, { executionId: 'exe_1', run: 2 })).toEqual({ executionId: 'exe_1', run: 2 });
});

test.each([[null], [false], [0], [''], [[]], [{ deep: { list: [null] } }]])(
  'the input %j is left as it is',
  (input) => {
    const call = { ...REF, attempt: 1, type: 'resize', input };
    expect(read(taskCallPayload, call)).toEqual(call);
    const result = { ok: true, output: input };
    expect(read(completePayload, { ref: { ...REF, attempt: 1 }, result })).toEqual({
      ref: { ...REF, attempt: 1 },
      result,
    });
  },
);

test.each<[string, Shape<unknown>, unknown, string[]]>([
  ['nothing', runRefPayload, undefined, ['it must be an object, not nothing']],
  ['a list', runRefPayload, [1], ['it must be an object, not [1]']],
  [
    'all that is wrong',
    runRefPayload,
    { ...REF, executionId: '', run: 1.5, detached: 'yes' },
    [
      'executionId must be text of 1 to 500 characters, not ""',
      'run must be a whole number from 0, not 1.5',
      'detached must be true or false, not "yes"',
    ],
  ],
  [
    'a claim without its attempt',
    healPayload,
    { ref: REF, failure: { error: 'E', cause: 'c' } },
    ['ref.attempt must be a whole number from 0, not nothing'],
  ],
  [
    'a failure as a success',
    completePayload,
    { ref: { ...REF, attempt: 1 }, result: { ok: false } },
    ['result.ok must be true, not false'],
  ],
  [
    'a number that is none',
    taskCallPayload,
    { ...REF, attempt: 1, type: 'x', timeoutMs: '5' },
    ['timeoutMs must be a number, not "5"'],
  ],
])('refuses %s', (_what, shape, value, problems) => {
  expect(problemsOf(shape, value)).toEqual(problems);
});
