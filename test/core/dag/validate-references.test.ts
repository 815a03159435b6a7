import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';
import { refusal } from '../workflow/refusal.ts';

const workflow = (input: JsonValue, rest: JsonObject = {}, document: JsonObject = {}): JsonObject => ({
  name: 'x',
  variables: { limit: 5, 'data-set': 'a' },
  ...document,
  tasks: [
    { id: 'load-data', type: 'pass' },
    { id: 'other', type: 'pass' },
    { id: 'middle', type: 'pass', dependsOn: 'load-data' },
    { id: 'use', type: 'pass', dependsOn: 'middle', input, ...rest },
    { id: 'root', type: 'pass' },
  ],
});
const accepts = (document: JsonObject) => expect(parseWorkflow(document).tasks).toHaveLength(5);

describe('an expression may read', () => {
  it.each([
    ['a variable', '${limit + 1}'],
    ['a variable with a hyphen', 'is ${data-set}!'],
    ['a direct parent', '${middle.output}'],
    ['a task further up, with a hyphen', '${load-data.output.rows}'],
    ['a task under a root', '${tasks.middle.output} ${results.`load-data`.output}'],
    ['the variables and the execution', '${variables.limit} ${vars.limit} ${execution.id}'],
    ['a field of a parent that nobody can know now', '${rows}'],
    ['names that it defines itself', '${($x := limit; $map([1, 2], function($v) { $v + $x }))}'],
    ['nothing, where `${` is escaped', '$${nothing}'],
  ])('%s', (_, input) => accepts(workflow({ deep: [input] })));

  it('what is above a task that its condition guards', () =>
    accepts(workflow({}, { condition: 'middle.output.n > limit' })));

  it('a task that sets it off', () => {
    const tasks = [
      { id: 'a', type: 'pass', on_failure: 'b' },
      { id: 'b', type: 'pass', input: '${a.error.cause}' },
    ];
    expect(parseWorkflow({ name: 'x', tasks }).tasks).toHaveLength(2);
  });
});

describe('refuses an expression that reads', () => {
  it('a task that may not have ended', () => {
    expect(refusal(workflow({ n: '${other.output}' }))).toBe(
      'tasks[3].input.n: `other.output` reads the task "other", which may not have ended.',
    );
    expect(refusal(workflow({}, { condition: 'tasks.other.output > 1' }))).toContain(
      'reads the task "other"',
    );
    expect(refusal(workflow({ n: '${use.output}' }))).toContain('reads the task "use"');
  });

  it('a name that is nothing, in a task without parents', () => {
    const document = workflow({});
    (document.tasks as JsonObject[])[4]!.input = { n: '${limitt}' };
    expect(refusal(document)).toBe(
      'tasks[4].input.n: `limitt` reads "limitt", which is neither a variable nor a task. Did you mean "limit"?',
    );
  });

  it('a task that is not there, under a root', () => {
    expect(refusal(workflow({ n: '${tasks.midle.output}' }))).toBe(
      'tasks[3].input.n: `tasks.midle.output` reads the task "midle", which is not there. Did you mean "middle"?',
    );
  });

  it('unknown names in the output of the workflow', () => {
    accepts(workflow({}, {}, { output: '${other.output} ${outputs} ${limit}' }));
    expect(refusal(workflow({}, {}, { output: { n: '${rows}' } }))).toContain(
      'output.n: `rows` reads "rows"',
    );
  });

  it('item outside a map', () => {
    expect(refusal({ name: 'x', tasks: [{ id: 'a', type: 'pass', input: '${item}' }] })).toContain(
      'reads "item"',
    );
  });
});

describe('within map and parallel', () => {
  const map = (task: JsonObject, rest: JsonObject = {}) => ({
    name: 'x',
    variables: { limit: 5 },
    tasks: [
      { id: 'above', type: 'pass' },
      { id: 'beside', type: 'pass' },
      { id: 'm', type: 'map', dependsOn: 'above', input: { items: [1], task, ...rest } },
    ],
  });

  it('an expression reads item, index, variables and what ended before the task', () => {
    const input = '${item} ${index} ${limit} ${above.output} ${field}';
    expect(parseWorkflow(map({ type: 'pass', input })).tasks).toHaveLength(3);
    expect(parseWorkflow(map({ type: 'pass' }, { aggregate: '$sum(outputs.n) + limit' })).tasks).toHaveLength(
      3,
    );
  });

  it('it does not read what may not have ended', () => {
    expect(refusal(map({ type: 'pass', input: '${beside.output}' }))).toBe(
      'tasks[2].input.task.input: `beside.output` reads the task "beside", which may not have ended.',
    );
    const nested = {
      type: 'parallel',
      input: { tasks: [{ type: 'pass', input: '${item} ${beside.output}' }] },
    };
    expect(refusal(map(nested))).toContain('tasks[2].input.task.input.tasks[0].input: `beside.output` reads');
  });

  it('tasks are the inner ones', () => {
    const inner = (input: string) => ({
      name: 'x',
      tasks: [
        { id: 'above', type: 'pass' },
        {
          id: 'p',
          type: 'parallel',
          dependsOn: 'above',
          input: {
            tasks: [
              { id: 'a', type: 'pass' },
              { id: 'b', type: 'pass', dependsOn: 'a', input },
            ],
          },
        },
      ],
    });
    expect(parseWorkflow(inner('${tasks.a.output} ${a.output} ${above.output}')).tasks).toHaveLength(2);
    expect(refusal(inner('${tasks.above.output}'))).toContain('reads the task "above", which is not there');
    expect(refusal(inner('${b.output}'))).toContain('reads the task "b", which may not have ended');
  });

  it('syntax is checked as everywhere', () => {
    expect(refusal(map({ type: 'pass', input: '${item +}' }))).toContain(
      'tasks[2].input.task.input: The expression',
    );
    expect(refusal(map({ type: 'pass' }, { aggregate: '$sum(' }))).toContain(
      'tasks[2].input.aggregate: The expression',
    );
  });
});

it('reads far above are checked together, for as many tasks as there can be', () => {
  const tasks = Array.from({ length: 20_000 }, (_, index) => ({
    id: `t${index}`,
    type: 'pass',
    ...(index > 0 && { dependsOn: `t${index - 1}` }),
    ...(index > 1 && { input: `\${t${index - 2}.output}` }),
  }));
  expect(parseWorkflow({ name: 'x', tasks }).tasks).toHaveLength(20_000);
  tasks[10]!.input = '${t19999.output}';
  expect(refusal({ name: 'x', tasks })).toContain('reads the task "t19999", which may not have ended');
});
