import { describe, expect, it } from 'vitest';
import { InvalidDefinition } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { loadStateMachine } from '../../../embedded/asl/index.ts';
import { definition, issuesOf, task } from './support.ts';

const one = (state: JsonObject) => issuesOf(definition({ S: state }));
const pass = (fields: JsonObject) => one({ Type: 'Pass', ...fields, End: true });

describe('loading', () => {
  it('accepts comments, JSON text and JSONata state by state', () => {
    const text = JSON.stringify({
      Comment: 'all of it',
      Version: '1.0',
      StartAt: 'S',
      TimeoutSeconds: 60,
      States: { S: { Type: 'Pass', Comment: 'one', QueryLanguage: 'JSONata', End: true } },
    });
    expect(issuesOf(text)).toEqual([]);
  });

  it('tells the path and the fix of everything that is wrong', () => {
    const given = definition({
      S: { ...task, Retry: [{ ErrorEquals: ['E'], MaxAttempts: -1 }], Nxt: 'T', End: true },
    });
    expect(() => loadStateMachine(given)).toThrow(InvalidDefinition);
    expect(issuesOf(given)).toEqual([
      "States.S.Nxt: Nxt isn't a field here",
      'States.S.Retry[0].MaxAttempts: MaxAttempts is -1',
    ]);
    expect(() => loadStateMachine(given)).toThrow('fix: Write a whole number from 0');
  });

  it.each([
    ['{', '(definition)'],
    ['[]', '(definition)'],
    [{}, 'StartAt'],
    [definition({ S: { Type: 'Succeed' } }, 'Missing'), 'StartAt'],
    [definition({}, 'S'), 'States'],
    [definition({ S: { Type: 'Succeed' } }, 'S', { QueryLanguage: 'JSONPath' }), 'QueryLanguage'],
    [{ StartAt: 'S', States: { S: { Type: 'Pass', End: true } } }, 'States.S'],
    [definition({ S: { Type: 'Succeed' } }, 'S', { Extra: 1 }), 'Extra'],
    [definition({ S: { Type: 'Succeed' } }, 'S', { TimeoutSeconds: 0 }), 'TimeoutSeconds'],
    [definition({ S: { Type: 'Nap' } }), 'States.S.Type'],
    [definition({ S: { Type: 'toString' } }), 'States.S.Type'],
    [definition({ S: 'text' }), 'States.S'],
    [definition({ S: { Type: 'Pass' } }), 'States.S'],
    [definition({ S: { Type: 'Pass', Next: 'S', End: true } }), 'States.S.End'],
    [definition({ S: { Type: 'Pass', Next: 'T' } }), 'States.S'],
    [definition({ S: { Type: 'Succeed' }, T: { Type: 'Succeed' } }), 'States.T'],
    [definition({ ['S'.repeat(81)]: { Type: 'Succeed' } }), `States.${'S'.repeat(81)}`],
    [
      definition({
        S: { Type: 'Parallel', Branches: [{ StartAt: 'S', States: { S: { Type: 'Succeed' } } }], End: true },
      }),
      'States.S.Branches[0].States.S',
    ],
  ])('refuses %j at %s', (given, path) => {
    expect(issuesOf(given).map((issue) => issue.slice(0, issue.indexOf(': ')))).toContain(path);
  });

  it.each(['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'ResultSelector', 'Result'])(
    'refuses %s of the JSONPath dialect',
    (field) => {
      expect(pass({ [field]: '$' })).toEqual([
        `States.S.${field}: ${field} belongs to the JSONPath dialect, which isn't supported`,
      ]);
    },
  );

  it.each([
    ['{% 1 + %}', "doesn't parse"],
    ['{% $states.input.a == 1 %}', '`==` is JavaScript'],
    ['{% $eval("1") %}', '`$eval` is not available'],
    ['{% $ %}', '`$` has no value'],
    ['{% $$.a %}', 'a has no value'],
    ['{% total > 1 %}', 'total has no value'],
    ['{% $states.result.a %}', '`$states.result` has no value here'],
    ['{% $states.errorOutput %}', '`$states.errorOutput` has no value here'],
    ["{% $states.input.a ?? 'x' %}", 'is newer than the JSONata of Step Functions'],
  ])('refuses the expression %s', (Output, message) => {
    const issues = pass({ Output });
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain('States.S.Output: ');
    expect(issues[0]).toContain(message);
  });

  it('takes names and $ within an expression', () => {
    for (const Output of [
      '{% $states.input.orders[total > 10].id %}',
      '{% $states.input.orders[$.total > 10] %}',
      '{% $map($states.input.orders, function($o) { $o.total }) %}',
      '{% $states.input.orders^(>total).id %}',
      '{% $states.input.orders{kind: $sum(total)} %}',
      "{% $states.input ~> |$|{'a': b}| %}",
      "{% $states.input.text & ' $states.result ?? total' %}",
      "{% $exists($states.input.a) ? $states.input.a : 'none' %}",
    ])
      expect(pass({ Output }), Output).toEqual([]);
  });

  it.each([
    [{ states: 1 }, 'states is reserved'],
    [{ 'a-b': 1 }, 'a-b is not a variable name'],
    [['x'], 'it is not an object'],
  ])('refuses to assign %j', (Assign, message) => {
    expect(pass({ Assign })[0]).toContain(message);
  });

  it.each([
    [{ Resource: undefined }, 'Resource is missing'],
    [{ Resource: 'arn:aws:states:eu-west-1:1:activity:a' }, 'activities are not supported'],
    [{ Resource: '{% $x %}' }, 'Resource has to be constant'],
    [{ TimeoutSeconds: 0 }, 'TimeoutSeconds is 0'],
    [{ TimeoutSeconds: 5, HeartbeatSeconds: 5 }, 'it is 5'],
    [{ TimeoutSecondsPath: '$.t' }, 'JSONPath'],
    [{ Retry: [] }, 'Retry is []'],
    [{ Retry: [{ ErrorEquals: [] }] }, 'ErrorEquals is []'],
    [{ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }, 'States.ALL stands with others'],
    [{ Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }, 'BackoffRate is 0.5'],
    [{ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] }, 'it is 5'],
    [{ Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }] }, 'JitterStrategy is "HALF"'],
    [{ Catch: [{ ErrorEquals: ['E'] }] }, 'Next is missing'],
    [{ Catch: [{ ErrorEquals: ['E'], Next: 'None' }] }, "it leads to None, which doesn't exist"],
    [{ Catch: [{ ErrorEquals: ['E'], Next: 'S', ResultPath: '$' }] }, 'JSONPath'],
  ])('refuses a Task with %j', (fields, message) => {
    const state = JSON.parse(JSON.stringify({ ...task, ...fields, End: true })) as JsonObject;
    expect(one(state).join('\n')).toContain(message);
  });
});
