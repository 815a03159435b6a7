import { expect, test } from 'vitest';
import { mapOf, parallelOf } from '../../../core/execution/child-definition.ts';
import type { Plan } from '../../../core/execution/plans.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { TaskDefinition } from '../../../core/workflow/definition.ts';
import { definitionSchema } from '../../../core/workflow/definition-schema.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';

const plan = { execution: { workflow: 'photos' } } as Plan;

function outer(type: string, input: JsonObject): TaskDefinition {
  return parseWorkflow({ name: 'photos', tasks: [{ id: 'each', type, input }] }).tasks[0]!;
}

function map(items: JsonValue, more: JsonObject = {}) {
  const task = outer('map', { items: '${[]}', task: { id: 'resize', type: 'pass' }, ...more });
  return mapOf(plan, task, { ...(task.input as JsonObject), items });
}

test('a child is a definition as complete as a checked one', () => {
  const children = [
    map([1, 'two', null], { maxConcurrency: 2, toleratedFailures: 1, aggregate: '$sum(outputs)' }),
    map([]),
    parallelOf(
      plan,
      outer('parallel', {
        tasks: [
          { id: 'a', type: 'pass' },
          { type: 'pass', dependsOn: ['a'] },
        ],
      }),
    ),
  ];
  for (const child of children) expect(definitionSchema.parse(child)).toEqual(child);
});

test('a map has a task an item, and one that does nothing where there are none', () => {
  const { name, tasks, maxConcurrency, output } = map(['x', 'y'], { maxConcurrency: 2 });
  expect(tasks.map(({ id, bindings }) => [id, bindings])).toEqual([
    ['resize-0', { item: 'x', index: 0 }],
    ['resize-1', { item: 'y', index: 1 }],
  ]);
  expect([name, maxConcurrency, output]).toEqual(['photos.each', 2, '${outputs}']);
  expect(map([]).tasks.map(({ id, type }) => [id, type])).toEqual([['nothing', 'condition']]);
  expect(map([]).output).toEqual([]);
});

test('refuses what is no list, too many items, and an id without room for their number', () => {
  expect(() => map('x')).toThrow('input.items of each is "x"');
  expect(() => map(Array.from({ length: 10_001 }, () => 1))).toThrow('the limit is 10000');
  const id = 'r'.repeat(199);
  const task = outer('map', { items: [1], task: { id, type: 'pass' } });
  expect(() => mapOf(plan, task, { items: [1] })).toThrow(
    expect.objectContaining({ name: 'InvalidInput', fix: 'Give the task of the map a shorter id.' }),
  );
});
