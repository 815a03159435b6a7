import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGraph, type End, ENDS } from '../../../core/dag/graph.ts';
import { layOut, replan } from '../../../core/dag/plan.ts';
import type { Task } from '../../../core/execution/execution.ts';
import type { WorkflowDefinition } from '../../../core/workflow/definition.ts';
import { definitionSchema } from '../../../core/workflow/definition-schema.ts';

const define = (tasks: object[], more: object = {}): WorkflowDefinition =>
  definitionSchema.parse({ name: 'test', tasks: tasks.map((task) => ({ type: 'pass', ...task })), ...more });

const after = (...ids: string[]) => ids.map((task) => ({ task }));
const nothing = { skip: new Set<string>(), outputs: new Map() };

/** Ends tasks one by one as `end` says and gives the order in which they became ready. */
function walk(definition: WorkflowDefinition, end: (id: string) => End): string[] {
  const graph = compileGraph(definition);
  const seeds = new Map(layOut(definition, graph, 5).map((seed) => [seed.taskId, seed]));
  const order: string[] = [];
  const ready = [...seeds.values()].filter(({ status }) => status === 'READY').map(({ taskId }) => taskId);
  while (ready.length > 0) {
    const id = ready.shift()!;
    order.push(id);
    for (const resolution of graph.resolve(graph.indexOf(id)!, end(id))) {
      const child = seeds.get(resolution.taskId)!;
      child.remaining -= resolution.edges;
      child.unmet += resolution.unmet;
      child.triggered += resolution.triggered;
      if (child.remaining === 0) ready.push(child.taskId);
    }
  }
  return order;
}

const dags = fc
  .array(fc.array(fc.nat(30), { maxLength: 5 }), { minLength: 1, maxLength: 30 })
  .map((parents) =>
    parents.map((list, index) => ({
      id: `t${index}`,
      dependsOn:
        index === 0
          ? []
          : [...new Set(list.map((parent) => parent % index))].map((parent) => ({
              task: `t${parent}`,
              on: 'always',
            })),
    })),
  );

describe('compileGraph', () => {
  test('makes each task of any DAG ready exactly once, after its parents', () => {
    fc.assert(
      fc.property(dags, fc.constantFrom('priority', 'sequential'), (tasks, strategy) => {
        const order = walk(define(tasks, { strategy }), () => ENDS.success);
        expect(order.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
        for (const { id, dependsOn } of tasks) {
          for (const { task } of dependsOn) expect(order.indexOf(task)).toBeLessThan(order.indexOf(id));
        }
      }),
    );
  });

  test('runs a sequential workflow in the order written where the DAG allows', () => {
    const tasks = [{ id: 'c', dependsOn: after('a') }, { id: 'b' }, { id: 'a' }];
    expect(walk(define(tasks, { strategy: 'sequential' }), () => ENDS.success)).toEqual(['b', 'a', 'c']);
  });

  test('counts what an end satisfies for each kind of edge', () => {
    const graph = compileGraph(
      define([
        { id: 'a' },
        { id: 'next', dependsOn: after('a') },
        { id: 'alert', triggeredBy: [{ task: 'a', on: 'failure' }] },
        { id: 'cleanup', dependsOn: after('a'), alwaysRun: true },
      ]),
    );
    const seen = (end: End) =>
      Object.fromEntries(graph.resolve(0, end).map((r) => [r.taskId, [r.unmet, r.triggered]]));
    expect(seen(ENDS.success)).toEqual({ next: [0, 0], alert: [0, 0], cleanup: [0, 0] });
    expect(seen(ENDS.failure)).toEqual({ next: [1, 0], alert: [0, 1], cleanup: [0, 0] });
    expect(seen(ENDS.toleratedFailure)).toEqual({ next: [0, 0], alert: [0, 1], cleanup: [0, 0] });
    expect(seen(ENDS.neither)).toEqual({ next: [1, 0], alert: [0, 0], cleanup: [0, 0] });
  });

  test('resolves two edges from one parent at once', () => {
    const task = {
      id: 'b',
      dependsOn: [{ task: 'a', on: 'always' }],
      triggeredBy: [{ task: 'a', on: 'failure' }],
    };
    const graph = compileGraph(define([{ id: 'a' }, task]));
    expect(graph.resolve(0, ENDS.failure)).toEqual([
      { taskId: 'b', edges: 2, unmet: 0, triggered: 1, parents: 1, place: 0 },
    ]);
  });

  test('gives each parent a place of its own among them', () => {
    const join = { id: 'j', dependsOn: after('a', 'b', 'a'), triggeredBy: [{ task: 'c', on: 'success' }] };
    const graph = compileGraph(define([{ id: 'a' }, { id: 'b' }, { id: 'c' }, join]));
    const places = [0, 1, 2].map((parent) => graph.resolve(parent, ENDS.success)[0]!);
    expect(places.map(({ place }) => place)).toEqual([0, 1, 2]);
    expect(places.every(({ parents }) => parents === 3)).toBe(true);
  });
});

describe('replan', () => {
  const definition = define([
    { id: 'a' },
    { id: 'b', dependsOn: after('a') },
    { id: 'c', dependsOn: after('b') },
    { id: 'off', dependsOn: after('a') },
  ]);
  const graph = compileGraph(definition);
  const records = (statuses: Record<string, Task['status']>) =>
    new Map(Object.entries(statuses).map(([taskId, status]) => [taskId, { taskId, status } as Task]));
  const statusesAfter = (before: Record<string, Task['status']>, redrive = nothing) =>
    Object.fromEntries(
      replan(definition, graph, 5, records(before), redrive).map((seed) => [seed.taskId, seed.status]),
    );

  test('runs again what failed and what was skipped for it, and keeps what succeeded', () => {
    expect(statusesAfter({ a: 'SUCCEEDED', b: 'FAILED', c: 'SKIPPED', off: 'SKIPPED' })).toEqual({
      a: 'SUCCEEDED',
      b: 'READY',
      c: 'PENDING',
      off: 'SKIPPED',
    });
  });

  test('passes over a task, whose dependents then run', () => {
    const redrive = { ...nothing, skip: new Set(['b']) };
    expect(
      statusesAfter({ a: 'SUCCEEDED', b: 'FAILED', c: 'SKIPPED', off: 'SUCCEEDED' }, redrive),
    ).toMatchObject({ b: 'SKIPPED', c: 'READY' });
  });

  test('takes a supplied output for success', () => {
    const redrive = { ...nothing, outputs: new Map([['b', 42]]) };
    const seeds = replan(
      definition,
      graph,
      5,
      records({ a: 'SUCCEEDED', b: 'FAILED', c: 'SKIPPED' }),
      redrive,
    );
    expect(seeds.find(({ taskId }) => taskId === 'b')).toMatchObject({ status: 'SUCCEEDED', output: 42 });
    expect(seeds.find(({ taskId }) => taskId === 'c')).toMatchObject({ status: 'READY', unmet: 0 });
  });

  test('tells whose end a task has heard, and after which an execution can not end yet', () => {
    const seeds = replan(
      definition,
      graph,
      5,
      records({ a: 'SUCCEEDED', b: 'FAILED', off: 'SUCCEEDED' }),
      nothing,
    );
    const seedOf = (id: string) => seeds.find(({ taskId }) => taskId === id);
    expect(seedOf('b')).toMatchObject({ parents: 1, heard: [0], inner: true });
    expect(seedOf('c')).toMatchObject({ parents: 1, inner: false });
    // What comes after it stands, so nothing else tells that it has ended.
    const cleanUp = define([{ id: 'a' }, { id: 'b', dependsOn: [{ task: 'a', on: 'always' }] }]);
    const again = replan(
      cleanUp,
      compileGraph(cleanUp),
      5,
      records({ a: 'FAILED', b: 'SUCCEEDED' }),
      nothing,
    );
    expect(again[0]).toMatchObject({ taskId: 'a', status: 'READY', inner: false });
  });

  test('leaves as much to do as a fresh start when nothing succeeded', () => {
    fc.assert(
      fc.property(dags, (tasks) => {
        const fresh = define(tasks);
        const compiled = compileGraph(fresh);
        expect(replan(fresh, compiled, 5, new Map(), nothing)).toEqual(layOut(fresh, compiled, 5));
      }),
    );
  });
});
