import { describe, expect, it } from 'vitest';
import { validateGraph } from '../../../core/dag/validate.ts';
import type { TaskDefinition } from '../../../core/workflow/definition.ts';
import { taskSchema } from '../../../core/workflow/definition-schema.ts';

const task = (id: string, parents: string[] = [], rest: object = {}): TaskDefinition =>
  taskSchema.parse({ id, type: 'pass', dependsOn: parents.map((parent) => ({ task: parent })), ...rest });
const messages = (...tasks: TaskDefinition[]) => validateGraph({ tasks }).map(({ message }) => message);

describe('cycles', () => {
  it('are printed in the order of waiting, each once', () => {
    expect(
      messages(task('a', ['b']), task('b', ['a']), task('c', ['d']), task('d', ['e']), task('e', ['c'])),
    ).toEqual([
      'These tasks wait for each other: a -> b -> a.',
      'These tasks wait for each other: c -> e -> d -> c.',
    ]);
  });

  it('leave out the tasks that only lead in or out', () => {
    expect(messages(task('in'), task('a', ['in', 'b']), task('b', ['a']), task('out', ['b']))).toEqual([
      'These tasks wait for each other: a -> b -> a.',
    ]);
  });

  it('are shortened in the message where they are long', () => {
    const count = 20_000;
    const tasks = Array.from({ length: count }, (_, index) =>
      task(`t${index}`, [`t${(index + count - 1) % count}`]),
    );
    const [message] = messages(...tasks);
    expect(message).toMatch(
      /^These tasks wait for each other: t0 -> t1 -> .* -> \(19980 more\) -> .* -> t19999 -> t0\.$/,
    );
    expect(message!.length).toBeLessThan(500);
  });

  it('are not seen where there are none, in a chain as long as can be', () => {
    const tasks = Array.from({ length: 20_000 }, (_, index) =>
      task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]),
    );
    expect(messages(...tasks.reverse())).toEqual([]);
  });
});

describe('dependencies', () => {
  it('must exist, and not be the task itself', () => {
    expect(messages(task('collect'), task('b', ['colect', 'b']))).toEqual([
      'There is no task "colect". Did you mean "collect"?',
      'The task "b" depends on itself.',
    ]);
  });

  it('must be of distinct ids', () => {
    expect(messages(task('a'), task('b'), task('a'))).toEqual([
      'The id "a" is already that of task 1 of the list.',
    ]);
  });
});

describe('unreachable tasks', () => {
  const both = {
    dependsOn: [
      { task: 'a', on: 'success' },
      { task: 'a', on: 'failure' },
    ],
  };

  it('are those that need both outcomes of one task', () => {
    expect(messages(task('a'), task('b', [], both))).toEqual([
      'The task "b" can never run: it needs both the success and the failure of "a".',
    ]);
    const set = { triggeredBy: [{ task: 'a', on: 'failure' }] };
    expect(messages(task('a'), task('b', ['a'], set))).toEqual([
      'The task "b" can never run: it needs both the success and the failure of "a".',
    ]);
  });

  it('are those that need the failure of a wait for a fixed time', () => {
    const wait = task('a', [], { type: 'wait', input: { ms: 1 } });
    expect(messages(wait, task('b', [], { dependsOn: [{ task: 'a', on: 'failure' }] }))).toEqual([
      'The task "b" can never run: "a" only waits and can\'t fail.',
    ]);
  });

  it('are not those of which it is only likely', () => {
    const failure = { dependsOn: [{ task: 'a', on: 'failure' }] };
    expect(messages(task('a', [], { critical: false }), task('b', [], both))).toEqual([]);
    expect(messages(task('a'), task('b', [], { ...both, alwaysRun: true }))).toEqual([]);
    expect(
      messages(
        task('a'),
        task('c'),
        task('b', ['a'], {
          triggeredBy: [
            { task: 'a', on: 'failure' },
            { task: 'c', on: 'success' },
          ],
        }),
      ),
    ).toEqual([]);
    expect(messages(task('a', [], { type: 'wait', input: { ms: '${x}' } }), task('b', [], failure))).toEqual(
      [],
    );
    expect(
      messages(task('a', [], { type: 'wait', input: { ms: 5 }, timeoutMs: 1 }), task('b', [], failure)),
    ).toEqual([]);
  });
});
