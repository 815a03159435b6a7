import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { InvalidDefinition } from '../../../core/errors.ts';
import { DEFINITION_LIMITS } from '../../../core/workflow/definition.ts';
import { normaliseTask, parseWorkflow } from '../../../core/workflow/parse.ts';
import { issuesOf, refusal, yamlTasks } from './refusal.ts';

const task = (fields: JsonObject) => refusal({ name: 'x', tasks: [{ id: 'a', type: 'pass', ...fields }] });

describe('refuses with line and column', () => {
  it('an unknown field, with the nearest known one', () => {
    expect(refusal(yamlTasks('  - id: a', '    type: pass', '    dependson: []'))).toBe(
      '5:5 tasks[0].dependson: There is no field "dependson" here. Did you mean "dependsOn"?',
    );
    expect(refusal('{"name": "x",\n "taks": [],\n "tasks": [{"id": "a", "type": "pass"}]}')).toBe(
      '2:2 taks: There is no field "taks" here. Did you mean "tasks"?',
    );
  });

  it('an unknown dependency, with the nearest task', () => {
    expect(
      refusal(
        yamlTasks('  - {id: collect, type: pass}', '  - id: b', '    type: pass', '    needs: [colect]'),
      ),
    ).toBe('6:13 tasks[1].needs[0]: There is no task "colect". Did you mean "collect"?');
    const jobs =
      'workflow:\n  name: x\n  jobs:\n    - id: a\n      type: pass\n      on_success: bb\n    - {id: b, type: pass}';
    expect(refusal(jobs)).toBe('6:19 workflow.jobs[0].on_success: There is no task "bb". Did you mean "b"?');
  });

  it('a cycle, printing it', () => {
    const lines = ['a', 'b', 'c'].map(
      (id, at) => `  - {id: ${id}, type: pass, dependsOn: [${['c', 'a', 'b'][at]}]}`,
    );
    expect(refusal(yamlTasks(...lines))).toBe(
      '3:37 tasks[0].dependsOn[0]: These tasks wait for each other: a -> b -> c -> a.',
    );
  });

  it('a cycle through on_success, at the edge that closes it', () => {
    const text = yamlTasks(
      '  - {id: a, type: pass, on_success: b}',
      '  - {id: b, type: pass, on_success: a}',
    );
    expect(refusal(text)).toBe('4:37 tasks[1].on_success: These tasks wait for each other: a -> b -> a.');
  });

  it('a repeated id, and a task that depends on itself', () => {
    expect(refusal(yamlTasks('  - {id: a, type: pass}', '  - {id: a, type: pass}'))).toBe(
      '4:10 tasks[1].id: The id "a" is already that of task 1 of the list.',
    );
    expect(refusal(yamlTasks('  - {id: a, type: pass, needs: a}'))).toBe(
      '3:32 tasks[0].needs: The task "a" depends on itself.',
    );
  });

  it('a wrong type, value and size', () => {
    expect(refusal(yamlTasks('  - id: a', '    type: pass', '    critical: maybe'))).toBe(
      '5:15 tasks[0].critical: "critical" must be true or false, not "maybe".',
    );
    expect(refusal('name: x\nstrategy: random\ntasks: [{id: a, type: pass}]')).toContain(
      '2:11 strategy: "strategy" can\'t be "random".',
    );
    expect(refusal('name: x\nmaxConcurrency: 0\ntasks: [{id: a, type: pass}]')).toBe(
      '2:17 maxConcurrency: "maxConcurrency" is too small, not 0.',
    );
  });

  it('an expression that does not parse', () => {
    const text = yamlTasks('  - id: a', '    type: pass', '    input:', '      n: "${1 +}"');
    expect(refusal(text)).toMatch(/^6:10 tasks\[0\]\.input\.n: The expression `1 \+` doesn't parse: /);
    expect(task({ condition: 'a == 1' })).toContain('`==` is JavaScript');
  });

  it('several problems at once, in the order of the document', () => {
    const issues = issuesOf(
      yamlTasks('  - {id: a, typ: pass}', '  - {id: b, type: pass, priority: urgent, dependsOn: [c]}'),
    );
    expect(issues.map(({ line, path }) => [line, path])).toEqual([
      [3, 'tasks[0].typ'],
      [4, 'tasks[1].priority'],
      [4, 'tasks[1].dependsOn[0]'],
    ]);
    expect(issues.every(({ fix }) => fix.length > 0)).toBe(true);
  });

  it('with the name of the source in the message', () => {
    expect(() => parseWorkflow('name: x\ntasks: 1', { source: 'a.yaml' })).toThrow(
      'a.yaml:2:8  tasks: This must be a list of tasks, not 1.\n    fix: Write a list: one `- id: ...` for each task.',
    );
  });
});

describe('refuses text that', () => {
  it('is not strict JSON, at the place', () => {
    expect(refusal('{\n "name": "x",\n}', { format: 'json' })).toMatch(
      /^3:1 \(document\): This is not JSON: /,
    );
    expect(refusal("{'name': 1}", { format: 'json' })).toMatch(/^1:2 /);
    expect(refusal('{"name": "x" // no\n}', { format: 'json' })).toMatch(/^1:14 /);
    expect(refusal('{"name": "x"', { format: 'json' })).toMatch(/^1:13 /);
    expect(refusal('name: x', { format: 'json' })).toMatch(/^1:\d /);
  });

  it('is not YAML', () => {
    expect(refusal('name: x\ntasks: [{id: a, type: pass]')).toMatch(
      /^2:\d+ \(document\): This is not valid YAML: /,
    );
    expect(refusal('name: x\n\ttasks: 1')).toMatch(/^2:/);
  });

  it('repeats a key, in JSON and in YAML', () => {
    expect(refusal('{"name": "x",\n"name": "y", "tasks": []}')).toBe(
      '2:1 name: The key "name" is given twice.',
    );
    expect(refusal('name: x\nname: y\ntasks: []')).toBe('2:1 name: The key "name" is given twice.');
  });

  it('uses anchors, aliases, tags or several documents', () => {
    expect(refusal('name: &n x\ntasks: []')).toBe('1:10 name: The anchor &n is not supported.');
    expect(issuesOf('a: &a [x]\nb: *a').map(({ message }) => message)).toEqual([
      'The anchor &a is not supported.',
      'The alias *a is not supported.',
    ]);
    expect(refusal('name: !secret x')).toMatch(/^1:7 .*tag/i);
    expect(refusal('name: x\n---\nname: y')).toContain('There are 2 documents in one text.');
    expect(refusal('name: .nan\n')).toBe("1:7 name: JSON can't hold NaN.");
    expect(refusal('? [a]\n: 1')).toContain('A key must be plain text.');
    expect(refusal('%YAML 1.1\n---\nname: x')).toContain('`%YAML 1.1` is not supported.');
  });

  it('is an alias bomb, at once', () => {
    const bomb = [
      'a: &a [x, x, x, x]',
      ...'bcdefghij'
        .split('')
        .map((key, at) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[at]}`).join(', ')}]`),
    ];
    expect(issuesOf(bomb.join('\n')).length).toBeGreaterThan(0);
  });

  it('has keys that reach a prototype, in text and in objects', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(refusal(`{"name": "x", "${key}": {}, "tasks": [{"id": "a", "type": "pass"}]}`)).toContain(
        `The key "${key}" is not allowed.`,
      );
      expect(refusal(`name: x\n${key}: {}\ntasks: [{id: a, type: pass}]`)).toContain(
        `2:1 ${key}: The key "${key}" is not allowed.`,
      );
    }
    expect(
      refusal(
        JSON.parse('{"name": "x", "__proto__": 1, "tasks": [{"id": "a", "type": "pass"}]}') as JsonObject,
      ),
    ).toContain('__proto__');
  });

  it('is empty, no object, or a list', () => {
    expect(refusal('')).toContain('The document is empty.');
    expect(refusal('# nothing')).toContain('The document is empty.');
    expect(refusal('42')).toBe('1:1 (document): A workflow must be an object, not 42.');
    expect(refusal('- id: a')).toBe('1:1 (document): A list of tasks is not a workflow.');
  });

  it('is too large or too deep', () => {
    expect(refusal(`name: ${'x'.repeat(DEFINITION_LIMITS.sizeBytes)}`)).toContain('bytes; the limit is');
    expect(refusal(`name: ${'x'.repeat(DEFINITION_LIMITS.yamlSizeBytes)}`)).toContain(
      'the limit for YAML is',
    );
    for (const depth of [DEFINITION_LIMITS.depth + 1, 300, 900, 100_000]) {
      expect(refusal('['.repeat(depth) + ']'.repeat(depth))).toContain('nested deeper than');
      expect(refusal(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)).toContain('nested deeper than');
    }
    expect(refusal(`${'- '.repeat(50_000)}x`)).toContain('nested deeper than');
    expect(refusal(Array.from({ length: 900 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'))).toContain(
      'nested deeper than',
    );
  });
});

describe('refuses objects that', () => {
  it('hold what JSON does not', () => {
    const issue = (value: unknown) =>
      refusal({ name: 'x', metadata: { value: value as JsonValue }, tasks: [{ id: 'a', type: 'pass' }] });
    expect(issue(new Date(0))).toBe("metadata.value: JSON can't hold a Date.");
    expect(issue(Number.NaN)).toBe("metadata.value: JSON can't hold NaN.");
    expect(issue(() => 1)).toBe("metadata.value: JSON can't hold a function.");
  });

  it('contain themselves', () => {
    const loop: JsonObject = {};
    loop.loop = loop;
    expect(refusal(loop)).toContain('nested deeper than');
  });

  it('share one part so often that the whole is too large', () => {
    let value: JsonValue = 'x'.repeat(100);
    for (let depth = 0; depth < 30; depth++) value = [value, value, value, value];
    expect(refusal({ name: 'x', metadata: { value } })).toContain('is larger than');
  });
});

describe('refuses a workflow', () => {
  const tasks = [{ id: 'a', type: 'pass' }];

  it('without a name, without tasks, with two lists of tasks', () => {
    expect(refusal({ tasks })).toBe('(document): The workflow has no name.');
    expect(refusal({ name: '!!!', tasks })).toBe('name: No name can be made from "!!!".');
    expect(refusal({ name: 'x' })).toBe('(document): The workflow has no tasks.');
    expect(refusal({ name: 'x', tasks: [] })).toBe('tasks: There are no tasks.');
    expect(refusal({ name: 'x', tasks, steps: tasks })).toBe('steps: "steps" and "tasks" both list tasks.');
  });

  it('that says one thing twice', () => {
    expect(refusal({ name: 'x', label: '1', version: '2', tasks })).toBe(
      'version: "version" and "label" say the same.',
    );
    expect(task({ input: {}, config: {} })).toBe('tasks[0].config: "config" and "input" say the same.');
    expect(refusal({ name: 'x', owner: 'me', workflow: { owner: 'you', tasks } })).toBe(
      'workflow.owner: "owner" differs from the one outside "workflow".',
    );
  });

  it('whose variables are wrong', () => {
    const variables = (list: JsonValue) => refusal({ name: 'x', variables: list, tasks });
    expect(variables([{ type: 'string' }])).toContain('This variable has no name.');
    expect(variables([{ name: 'n' }, { name: 'n' }])).toBe(
      'variables[1].name: The variable "n" is declared twice.',
    );
    expect(variables([{ name: 'n', type: 'integer', default: 1.5 }])).toBe(
      'variables[0].default: The default 1.5 of "n" is not of type integer.',
    );
    expect(variables([{ name: 'n', type: 'date' }])).toContain('"type" can\'t be "date".');
    expect(variables([{ name: 'n', requird: true }])).toContain('Did you mean "required"?');
    expect(variables(3)).toBe('variables: "variables" must be a list or a map, not 3.');
    const inner = { variables: { a: '${b}' }, tasks };
    expect(refusal({ name: 'x', variables: ['b'], workflow: inner })).toContain(
      'is another name for the variable "b"',
    );
    expect(refusal({ name: 'x', workflow: inner })).toContain('refers to "b", which is not declared');
  });

  it('that has too many tasks', () => {
    const many = Array.from({ length: DEFINITION_LIMITS.tasks + 1 }, (_, id) => ({
      id: `t${id}`,
      type: 'pass',
    }));
    expect(refusal({ name: 'x', tasks: many })).toBe('tasks: There are 20001 tasks; the limit is 20000.');
  });
});

describe('refuses a task', () => {
  it('without id and name, or with an id that is none', () => {
    expect(refusal({ name: 'x', tasks: [{ type: 'pass' }] })).toBe(
      'tasks[0]: This task has neither an id nor a name.',
    );
    expect(refusal({ name: 'x', tasks: [{ id: 'a b', type: 'pass' }] })).toBe(
      'tasks[0].id: "id" can\'t be "a b".',
    );
    expect(refusal({ name: 'x', tasks: ['a'] })).toBe('tasks[0]: A task must be an object, not "a".');
  });

  it('with durations, priorities or retries that mean nothing', () => {
    expect(task({ timeout: 'soon' })).toBe('tasks[0].timeout: "timeout" must be a duration, not "soon".');
    expect(task({ timeout: -1 })).toContain('must be a duration');
    expect(task({ timeout: 0 })).toContain('the time would be up at once');
    expect(task({ priority: 'hihg' })).toBe(
      'tasks[0].priority: There is no priority "hihg". Did you mean "high"?',
    );
    expect(task({ retry: 3 })).toContain("doesn't say whether the first try counts");
    expect(task({ retry: { maxRetries: 1, attempts: 2 } })).toContain('both say how often to try');
    expect(task({ retry: { backoffMultiplier: 3 } })).toContain('A backoff multiplier of 3 is not supported');
    expect(task({ retry: { maxDelayMs: 10, delayMs: 20 } })).toContain('less than the first delay');
    expect(task({ retry: { backof: 'fixed' } })).toContain('Did you mean "backoff"?');
    expect(task({ on_error: 'ignore' })).toContain('"on_error" can\'t be "ignore"');
    expect(task({ on_error: 'continue', critical: true })).toContain('both say what a failure means');
  });

  it('whose dependency has no such outcome', () => {
    const tasks = [
      { id: 'a', type: 'pass' },
      { id: 'b', type: 'pass', dependsOn: [{ task: 'a', on: 'sucess' }] },
    ];
    expect(refusal({ name: 'x', tasks })).toContain('"on" can\'t be "sucess". Did you mean "success"?');
  });

  it('that runs a container image', () => {
    expect(task({ type: 'exec', input: { image: 'python:3.9-slim', command: ['python'] } })).toContain(
      'tasks[0].input.image: An exec task runs a process on this host, not a container',
    );
  });

  it('of an engine type whose input it can not use', () => {
    const input = (type: string, value: JsonValue) => task({ type, input: value });
    expect(input('wait', {})).toContain('needs one of ms, seconds and until; 0 are given');
    expect(input('wait', { ms: 1, seconds: 1 })).toContain('2 are given');
    expect(input('wait', { ms: '5' })).toContain('must be a number from 0');
    expect(input('wait', { until: 'tomorrow' })).toContain('must be a time');
    expect(input('wait', { second: 1, ms: 1 })).toContain('Did you mean "seconds"?');
    expect(input('wait', [])).toContain('must be an object');
    expect(input('signal', { name: '' })).toContain('must be fixed text');
    expect(input('approval', { nam: 'x' })).toContain('Did you mean "name"?');
    expect(input('workflow', {})).toContain('must say which workflow');
    expect(input('workflow', { workflow: 'y', version: 0 })).toContain('whole number from 1');
    expect(input('parallel', {})).toContain('must list its tasks');
    expect(input('parallel', { tasks: [] })).toContain('There are no tasks');
    expect(input('parallel', { tasks: [{ type: 'pass', needs: 'b' }] })).toContain('There is no task "b"');
    expect(input('map', { task: { type: 'pass' } })).toContain('what to go over');
    expect(input('map', { items: [1] })).toContain('what to run for each item');
    expect(input('map', { items: 'abc', task: { type: 'pass' } })).toContain('must be a list');
    expect(input('map', { items: [1], task: { type: 'pass', retry: { attempts: 0 } } })).toContain(
      'tasks[0].input.task.retry.attempts',
    );
    expect(input('map', { items: [1], task: { type: 'pass' }, maxConcurrency: 0 })).toContain(
      'whole number from 1',
    );
    expect(task({ type: 'condition' })).toContain('must ask something');
    expect(task({ type: 'condition', condition: 'true', input: { a: 1 } })).toContain('takes no input');
    expect(task({ action: 'go' })).toContain('"action" has no meaning for type "pass"');
  });
});

describe('a standalone task', () => {
  it('gets an id and its defaults', () => {
    expect(
      normaliseTask({ name: 'High Priority Analysis', priority: 5, payload: { dataset: 'customers' } }),
    ).toMatchObject({
      id: 'high-priority-analysis',
      type: 'high-priority-analysis',
      priority: 5,
      input: { dataset: 'customers' },
      critical: true,
    });
    expect(normaliseTask({ type: 'http' }).id).toBe('http');
    expect(normaliseTask({ type: 'http' }, 2).id).toBe('http-3');
  });

  it('refuses neighbours and unknown fields', () => {
    expect(() => normaliseTask({ type: 'pass', dependsOn: ['b'] })).toThrow(InvalidDefinition);
    expect(() => normaliseTask({ type: 'pass', tpye: 'x' })).toThrow('Did you mean "type"?');
  });
});
