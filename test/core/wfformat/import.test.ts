import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { importWfFormat } from '../../../core/wfformat/import.ts';
import type { WorkflowDefinition } from '../../../core/workflow/definition.ts';
import { parseWorkflow } from '../../../core/workflow/parse.ts';

const data = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data');
const isThere = existsSync(join(data, 'wfformat'));
const json = (...path: string[]) => JSON.parse(readFileSync(join(data, ...path), 'utf8')) as JsonObject;

/** The longest way through the waits, in seconds. */
function criticalPathSeconds({ tasks }: WorkflowDefinition): number {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const ends = new Map<string, number>();
  const endOf = (id: string): number => {
    const known = ends.get(id);
    if (known !== undefined) return known;
    const task = byId.get(id)!;
    const start = Math.max(0, ...task.dependsOn.map((edge) => endOf(edge.task)));
    const end = start + (task.input as { ms: number }).ms / 1000;
    ends.set(id, end);
    return end;
  };
  return Math.max(...tasks.map(({ id }) => endOf(id)));
}

const split = (tasks: JsonObject[], runtimes: Record<string, number>): JsonObject => ({
  name: 'small',
  schemaVersion: '1.5',
  workflow: {
    specification: { tasks },
    execution: {
      tasks: Object.entries(runtimes).map(([id, runtimeInSeconds]) => ({ id, runtimeInSeconds })),
    },
  },
});

describe('WfFormat 1.5', () => {
  it('becomes waits of the recorded runtime, scaled, with the edges that either end names', () => {
    const document = split(
      [
        { id: 'a', name: 'a', children: ['b'], parents: [] },
        { id: 'b', name: 'b', children: [], parents: [] },
        { id: 'c', name: 'c', children: [], parents: ['a', 'b'] },
      ],
      { a: 1.5, b: 0.0011, c: 2 },
    );
    const workflow = parseWorkflow(importWfFormat(document, { timeScale: 0.1 }));
    expect(
      workflow.tasks.map(({ id, type, input, dependsOn }) => [
        id,
        type,
        input,
        dependsOn.map((edge) => edge.task),
      ]),
    ).toEqual([
      ['a', 'wait', { ms: 150 }, []],
      ['b', 'wait', { ms: 0.11 }, ['a']],
      ['c', 'wait', { ms: 200 }, ['a', 'b']],
    ]);
    expect(workflow.metadata).toEqual({ wfformat: { schemaVersion: '1.5', timeScale: 0.1 } });
  });

  it('maps ids that are not valid, without a clash', () => {
    const document = split(
      [
        { id: 'a b', parents: [] },
        { id: 'a/b', parents: ['a b'] },
        { id: 'a_b', parents: ['a/b'] },
      ],
      { 'a b': 1, 'a/b': 1, a_b: 1 },
    );
    const { tasks } = parseWorkflow(importWfFormat(document));
    expect(tasks.map(({ id, name, dependsOn }) => [id, name, dependsOn[0]?.task])).toEqual([
      ['a_b-2', 'a b', undefined],
      ['a_b-3', 'a/b', 'a_b-2'],
      ['a_b', undefined, 'a_b-3'],
    ]);
  });
});

describe('WfFormat 1.4', () => {
  it('has everything in one list, with edges by name', () => {
    const tasks: JsonValue = [
      { name: 'split', id: '1', runtimeInSeconds: 1, parents: [], children: ['join'] },
      { name: 'join', id: '2', runtime: 2, parents: ['split'], children: [] },
    ];
    const workflow = parseWorkflow(
      importWfFormat({ name: 'old', schemaVersion: '1.4', workflow: { tasks } }),
    );
    expect(
      workflow.tasks.map(({ id, name, dependsOn }) => [id, name, dependsOn.map((edge) => edge.task)]),
    ).toEqual([
      ['1', 'split', []],
      ['2', 'join', ['1']],
    ]);
  });
});

describe('refuses', () => {
  const refuses = (document: JsonValue, message: string) =>
    expect(() => importWfFormat(document)).toThrow(message);

  it('what is not WfFormat, saying what is missing', () => {
    refuses([], 'it has no object "workflow"');
    refuses({ workflow: { specification: {} } }, 'workflow.specification.tasks: There are no tasks here');
    refuses(split([{ id: 'a' }], {}), 'The task "a" has no recorded runtime');
    refuses(split([{ id: 'a', parents: ['z'] }], { a: 1 }), 'The task "a" names "z", which is not there');
    refuses(split([{ id: 'a' }, { id: 'a' }], { a: 1 }), 'The id "a" is given twice');
    expect(() => importWfFormat(split([{ id: 'a' }], { a: 1 }), { timeScale: -1 })).toThrow(
      'The time scale -1',
    );
  });
});

describe.skipIf(!isThere)('recorded workflows (needs ../shared/data)', () => {
  it.each(isThere ? readdirSync(join(data, 'wfformat')) : [])(
    '%s has its tasks and its critical path',
    (file) => {
      const expected = json('wfcommons', file) as { tasks: JsonValue[]; criticalPathSeconds: number };
      const workflow = parseWorkflow(importWfFormat(json('wfformat', file)));
      expect(workflow.tasks).toHaveLength(expected.tasks.length);
      expect(criticalPathSeconds(workflow)).toBeCloseTo(expected.criticalPathSeconds, 3);
    },
  );
});
