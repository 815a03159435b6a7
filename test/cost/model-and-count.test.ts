/** The model reads from a history what the meter counts while it is made: machines, states, functions, port calls. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Counts } from '../../core/cost/book.ts';
import { costOf } from '../../core/cost/cost.ts';
import { IN_ONE_PROCESS } from '../../core/cost/settings.ts';
import type { JsonObject } from '../../core/json.ts';
import { type Metered, openMetered } from './metered.ts';

let host: Metered;
beforeEach(async () => {
  host = await openMetered();
});
afterEach(() => host.close());

/** Only on AWS: the API's own function, and what reads the table's stream. */
const AWS_ALONE = ['function.api', 'function.report', 'function.dispatch'];

async function agreed(id: string): Promise<Counts> {
  const counted = host.counted();
  const { counts } = await costOf(await host.history(id), IN_ONE_PROCESS);
  for (const name of AWS_ALONE) {
    expect(counts[name], name).toBeGreaterThan(0);
    delete counts[name];
  }
  expect(counts).toEqual(counted);
  return counted;
}

async function ran(document: JsonObject, variables?: JsonObject): Promise<Counts> {
  const id = await host.start(document, variables);
  await host.ended(id);
  return agreed(id);
}

const task = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'echo',
  input: { x: 1 },
  ...more,
});
const many = (count: number, of: (at: number) => JsonObject): JsonObject[] =>
  Array.from({ length: count }, (_, at) => of(at));

describe('model and count agree', () => {
  test('on a chain, which one machine runs', async () => {
    const counted = await ran({
      name: 'chain',
      tasks: many(10, (at) => task(`t${at}`, at === 0 ? {} : { dependsOn: [`t${at - 1}`] })),
    });
    expect(counted).toMatchObject({ 'machine.task': 1, 'function.route': 10, 'store.changeTask': 20 });
  });

  test('on what expressions read: parents, all tasks, variables, an output of their own', async () => {
    await ran({
      name: 'reads',
      variables: [{ name: 'n', type: 'integer', default: 2 }],
      tasks: [
        task('a', { input: { n: '${n}' } }),
        task('b', { dependsOn: ['a'], input: { n: '${a.output.n}' } }),
        task('c', { dependsOn: ['b'], input: { all: '${tasks}' } }),
        task('d', { dependsOn: ['c'], input: { field: '${all}' }, condition: 'b.output.n = 2' }),
      ],
      output: '${{"a": a.output, "d": d.output}}',
    });
  });

  test('on a fan with a join, a machine a task', async () => {
    const counted = await ran({
      name: 'fan',
      tasks: [
        ...many(60, (at) => task(`t${at}`)),
        task('join', { dependsOn: Array.from({ length: 60 }, (_, at) => `t${at}`) }),
      ],
    });
    expect(counted).toMatchObject({ 'machine.task': 60, 'resolved.children': 60 });
  });

  test('on more roots than ask for their places before a machine starts for them', () =>
    ran({ name: 'wide', tasks: many(520, (at) => task(`t${at}`)) }));

  test('on diamonds', () =>
    ran({
      name: 'diamonds',
      tasks: [0, 1, 2, 3].flatMap((at) => [
        task(`a${at}`, at === 0 ? {} : { dependsOn: [`d${at - 1}`] }),
        task(`b${at}`, { dependsOn: [`a${at}`] }),
        task(`c${at}`, { dependsOn: [`a${at}`] }),
        task(`d${at}`, { dependsOn: [`b${at}`, `c${at}`] }),
      ]),
    }));

  test('on skips and conditions', () =>
    ran({
      name: 'branches',
      tasks: [
        { id: 'which', type: 'condition', condition: '1 = 2' },
        task('yes', { dependsOn: ['which'] }),
        task('after-yes', { dependsOn: ['yes'] }),
        task('no', { dependsOn: [{ task: 'which', on: 'failure' }] }),
        task('unless', { dependsOn: ['no'], condition: 'no.output.x = 2' }),
        task('always', { dependsOn: ['unless', 'yes'], alwaysRun: true }),
      ],
    }));

  test('on retries, from the first failure to the last', async () => {
    const retry = { maxAttempts: 3, delay: '40ms', backoff: 'fixed', jitter: 'none' };
    const counted = await ran({
      name: 'retries',
      toleratedFailures: 1,
      tasks: [
        { id: 'a', type: 'flaky', input: { failures: 2 }, retry },
        { id: 'b', type: 'flaky', input: { failures: 9 }, retry },
        { id: 'c', type: 'flaky', input: { failures: 1 } },
        task('d', { dependsOn: ['a'] }),
      ],
    });
    expect(counted['function.heal']).toBe(2 + 3 + 1);
  });

  test('on waits for a time, within their machine', () =>
    ran({
      name: 'waits',
      tasks: [
        { id: 'w', type: 'wait', input: { ms: 60 } },
        { id: 'now', type: 'wait', input: { ms: 0 } },
        task('a', { dependsOn: ['w', 'now'] }),
      ],
    }));

  test('on tasks one at a time', () =>
    ran({ name: 'sequence', strategy: 'sequential', tasks: many(4, (at) => task(`t${at}`)) }));

  test('on a map, whose items are tasks of a child', async () => {
    const input = {
      items: [1, 2, 3],
      task: { type: 'echo', input: { v: '${item}', by: '${before.output.x}' } },
    };
    const counted = await ran({
      name: 'map',
      tasks: [
        task('before'),
        { id: 'm', type: 'map', dependsOn: ['before'], input },
        task('z', { dependsOn: ['m'] }),
      ],
    });
    expect(counted).toMatchObject({ 'machine.task': 5, 'function.park': 1, 'machine.workflow': 2 });
  });

  test('on parallel branches, and on workflows within workflows', async () => {
    await host.submit({ name: 'inner', tasks: [task('x'), task('y', { dependsOn: ['x'] })] });
    await ran({
      name: 'nested',
      tasks: [
        {
          id: 'p',
          type: 'parallel',
          input: {
            tasks: [
              { id: 'l', type: 'echo' },
              { id: 'r', type: 'echo' },
            ],
          },
        },
        { id: 'w', type: 'workflow', dependsOn: ['p'], input: { workflow: 'inner' } },
      ],
    });
  });

  test('on a child that fails and is redriven by its parent', () =>
    ran({
      name: 'stubborn',
      tasks: [
        {
          id: 'p',
          type: 'parallel',
          retry: { maxAttempts: 2, delay: '40ms', jitter: 'none' },
          input: { tasks: [{ id: 'l', type: 'flaky', input: { failures: 1 } }] },
        },
      ],
    }));

  test('on a standalone task', async () => {
    host.counted();
    const { execution } = await host.operations.submitTask({ type: 'echo', input: 1 });
    await host.ended(execution.id);
    await agreed(execution.id);
  });
});

describe('model and count agree across what clients do', () => {
  const gated = (more: JsonObject = {}) => ({
    name: 'gated',
    tasks: [
      task('a'),
      { id: 'gate', type: 'approval', dependsOn: ['a'], ...more },
      task('z', { dependsOn: ['gate'] }),
    ],
  });

  test('on a signal that a task waits for', async () => {
    const id = await host.start(gated());
    await host.stands(id, 'gate', 'WAITING');
    await host.operations.signal(id, { name: 'gate', payload: { approved: true } });
    await host.ended(id);
    const counted = await agreed(id);
    expect(counted).toMatchObject({ 'machine.task': 2, 'function.park': 1, 'operation.signal': 1 });
  });

  test('on a signal that came before, and on one that says no', async () => {
    const id = await host.start({
      name: 'early',
      toleratedFailures: 1,
      tasks: [
        { id: 'w', type: 'wait', input: { ms: 150 } },
        { id: 'gate', type: 'signal', dependsOn: ['w'] },
        { id: 'veto', type: 'approval' },
      ],
    });
    await host.stands(id, 'veto', 'WAITING');
    await host.operations.signal(id, { name: 'gate', payload: 1 });
    await host.operations.signal(id, { name: 'veto', payload: false });
    await host.ended(id);
    await agreed(id);
  });

  test('on an approval whose time is up', async () => {
    const id = await host.start(gated({ timeout: '1s' }));
    await host.ended(id);
    const counted = await agreed(id);
    expect(counted).toMatchObject({ 'machine.task': 1, 'function.park': 1, 'function.heal': 1 });
  });

  test('on an approval whose time is up after its machine, but for what keeps the time', async () => {
    const id = await host.start(gated({ timeout: '1s' }));
    await host.ended(id);
    const { counts } = await costOf(await host.history(id), { ...IN_ONE_PROCESS, machineAgeMsMax: 500 });
    expect(counts).toMatchObject({ 'machine.task': 2, 'function.remind': 1, 'function.heal': 1 });
  });

  test('on a redrive, which keeps what succeeded', async () => {
    const id = await host.start({
      name: 'redriven',
      tasks: [
        task('a'),
        { id: 'b', type: 'flaky', dependsOn: ['a'], input: { failures: 1 } },
        task('c', { dependsOn: ['b'] }),
      ],
    });
    await host.ended(id);
    await host.operations.redrive(id, {});
    await host.ended(id);
    const counted = await agreed(id);
    expect(counted).toMatchObject({ 'machine.workflow': 2, 'function.run': 4, 'layout.tasks': 6 });
  });

  test('on a redrive that passes tasks over, and gives outputs', async () => {
    const id = await host.start({
      name: 'edited',
      tasks: [
        { id: 'a', type: 'flaky', input: { failures: 9 } },
        { id: 'b', type: 'flaky', input: { failures: 9 } },
        task('c', { dependsOn: ['a', 'b'], input: { n: '${b.output.n}' } }),
      ],
    });
    await host.ended(id);
    await host.operations.redrive(id, { skip: ['a'], outputs: { b: { n: 1 } } });
    await host.ended(id);
    await agreed(id);
  });

  test('on a cancel', async () => {
    const id = await host.start(gated());
    await host.stands(id, 'gate', 'WAITING');
    await host.operations.cancel(id);
    await host.ended(id);
    await agreed(id);
  });

  test('on a pause', async () => {
    const id = await host.start(gated());
    await host.stands(id, 'gate', 'WAITING');
    await host.operations.pause(id);
    await host.operations.signal(id, { name: 'gate', payload: true });
    await host.stands(id, 'z', 'READY');
    await host.operations.resume(id);
    await host.ended(id);
    await agreed(id);
  });
});
