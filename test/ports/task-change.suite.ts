/** What every `ExecutionStore` keeps to when a task changes. */
import { describe, expect, it } from 'vitest';
import type { ExecutionReader, ExecutionStore } from '../../core/ports/execution-store.ts';
import { ask, claim, edge, event, pending, seed, started, T0 } from './execution-fixtures.ts';
import { type OpenSubject, useSubject } from './execution-subject.ts';

export function taskChangeSuite(name: string, open: OpenSubject): void {
  describe(`${name} as an ExecutionStore: changeTask`, () => {
    let store: ExecutionStore;
    let reader: ExecutionReader;
    const { taskOf, eventsOf, seqs } = useSubject(open, (opened) => ({ store, reader } = opened));

    it('sets fields and clears those given as undefined', async () => {
      await started(store, 'e1', [seed(0)]);
      const failure = { error: 'Timeout', cause: 'late', attempt: 1 };
      const fields = { failures: 2, reason: 'why', failure, dueMs: T0 + 50, childId: 'e9' };
      await store.changeTask(
        ask('e1', 't0', { from: ['READY'], attempt: 0, set: { status: 'WAITING', ...fields } }),
      );
      expect(await taskOf('t0')).toMatchObject({ status: 'WAITING', ...fields });
      await store.changeTask(
        ask('e1', 't0', { from: ['WAITING'], attempt: 0, set: { dueMs: undefined, childId: undefined } }),
      );
      const task = await taskOf('t0');
      expect(task).toMatchObject({ status: 'WAITING', reason: 'why' });
      expect(task!.dueMs ?? task!.childId).toBeUndefined();
    });

    it('keeps outputs of any size and shape', async () => {
      const outputs = [null, false, 0, '', [], { deep: [{ ü: '\u2028"' }] }, 'x'.repeat(300_000)];
      await started(
        store,
        'e1',
        outputs.map((_, index) => seed(index)),
      );
      for (const [index, output] of outputs.entries()) {
        await claim(store, 'e1', `t${index}`);
        await store.changeTask(ask('e1', `t${index}`, { set: { status: 'SUCCEEDED', output } }));
      }
      for (const [index, output] of outputs.entries()) {
        expect((await taskOf(`t${index}`))!.output).toEqual(output);
        expect((await reader.task({ executionId: 'e1', taskId: `t${index}` }))!.output).toEqual(output);
      }
    });

    it.each([
      ['another status', { from: ['WAITING'] }],
      ['another attempt', { attempt: 2 }],
      ['another number of failures', { failures: 1 }],
      ['an execution in another status', { executionStatuses: ['PAUSED'] }],
    ] as const)('refuses %s, changes nothing and says what stands', async (_, wrong) => {
      await started(store, 'e1', [seed(0), pending(1, 1)]);
      await claim(store, 'e1', 't0');
      const change = ask('e1', 't0', {
        ...wrong,
        resolve: [edge('t1')],
        events: [event('task.succeeded', { taskId: 't0' })],
      });
      const refused = await store.changeTask(change);
      expect(refused).toMatchObject({
        applied: false,
        task: { status: 'RUNNING', attempt: 1 },
        executionStatus: 'RUNNING',
      });
      expect(await taskOf('t1')).toMatchObject({ status: 'PENDING', remaining: 1 });
      expect(await seqs()).toHaveLength(3);
    });

    it('takes a failure once, where it is said how many came before', async () => {
      await started(store, 'e1', [seed(0)]);
      await claim(store, 'e1', 't0');
      const set = { status: 'WAITING', failures: 1, dueMs: T0 + 50 } as const;
      const failed = ask('e1', 't0', { from: ['RUNNING', 'WAITING'], failures: 0, set });
      expect(await store.changeTask(failed)).toMatchObject({ applied: true });
      expect(await store.changeTask(failed)).toMatchObject({ applied: false, task: set });
    });

    it('refuses a task or execution that is not there', async () => {
      await started(store, 'e1', [seed(0)]);
      expect(await store.changeTask(ask('e1', 'nobody'))).toMatchObject({
        applied: false,
        executionStatus: 'RUNNING',
      });
      expect(await store.changeTask(ask('nobody', 't0'))).toMatchObject({ applied: false });
    });

    it('lets one of many that race for a claim win', async () => {
      await started(store, 'e1', [seed(0)]);
      const claims = await Promise.all(Array.from({ length: 30 }, () => claim(store, 'e1', 't0')));
      expect(claims.filter(({ applied }) => applied)).toHaveLength(1);
      expect(await taskOf('t0')).toMatchObject({ status: 'RUNNING', attempt: 1 });
      expect(await seqs()).toHaveLength(3);
    });

    it('makes a child READY with its last parent, and returns it then only', async () => {
      await started(store, 'e1', [seed(0), seed(1), pending(2, 3)]);
      for (const taskId of ['t0', 't1']) await claim(store, 'e1', taskId);
      const first = await store.changeTask(
        ask('e1', 't0', { resolve: [edge('t2', { unmet: 1, edges: 2 })], atMs: T0 + 3 }),
      );
      expect(first).toMatchObject({ applied: true, ready: [], ended: false });
      expect(await taskOf('t2')).toMatchObject({ status: 'PENDING', remaining: 1, unmet: 1, triggered: 0 });
      const last = await store.changeTask(
        ask('e1', 't1', { resolve: [edge('t2', { triggered: 1 })], atMs: T0 + 4 }),
      );
      expect(last).toMatchObject({
        applied: true,
        ready: [{ taskId: 't2', status: 'READY', unmet: 1, triggered: 1, readyMs: T0 + 4 }],
      });
    });

    it('leaves a child alone that no longer waits', async () => {
      await started(store, 'e1', [seed(0), seed(1, { status: 'SUCCEEDED' })]);
      await claim(store, 'e1', 't0');
      expect(await store.changeTask(ask('e1', 't0', { resolve: [edge('t1')] }))).toMatchObject({
        applied: true,
        ready: [],
      });
      expect(await taskOf('t1')).toMatchObject({ status: 'SUCCEEDED', remaining: 0 });
    });

    it('says when no task is open any more, with the token of whoever waits for it', async () => {
      await started(store, 'e1', [seed(0), seed(1)]);
      for (const taskId of ['t0', 't1']) await claim(store, 'e1', taskId);
      const first = await store.changeTask(ask('e1', 't0', { set: { status: 'FAILED' } }));
      expect(first).toMatchObject({ ended: false });
      expect(await store.allEnded('e1')).toBe(false);
      expect(first).not.toHaveProperty('token', 'token-e1');
      expect(await store.changeTask(ask('e1', 't1'))).toMatchObject({ ended: true, token: 'token-e1' });
      expect(await reader.get('e1')).toMatchObject({ open: 0, total: 2 });
      expect(await store.allEnded('e1')).toBe(true);
    });

    it('answers a repeated end as the first', async () => {
      await started(store, 'e1', [seed(0), pending(1, 1), pending(2, 2)]);
      await claim(store, 'e1', 't0');
      const end = ask('e1', 't0', {
        resolve: [edge('t1'), edge('t2')],
        events: [event('task.succeeded', { taskId: 't0' })],
      });
      const first = await store.changeTask(end);
      expect(first).toMatchObject({ applied: true, ready: [{ taskId: 't1' }], ended: false });
      expect(await store.changeTask(end)).toEqual(first);
      expect(await taskOf('t2')).toMatchObject({ status: 'PENDING', remaining: 1 });
      expect(await seqs()).toHaveLength(4);
      await claim(store, 'e1', 't1');
      expect(await store.changeTask(end)).toMatchObject({ applied: true, ready: [] });
      expect(await store.changeTask({ ...end, set: { status: 'FAILED' } })).toMatchObject({
        applied: false,
      });
    });

    it.each([
      ['an unknown child', edge('nobody')],
      ['more edges than a child waits for', edge('t1', { edges: 9 })],
    ] as const)('fails on %s', async (_, wrong) => {
      await started(store, 'e1', [seed(0), pending(1, 1)]);
      await claim(store, 'e1', 't0');
      await expect(store.changeTask(ask('e1', 't0', { resolve: [wrong] }))).rejects.toThrow(/./);
      expect(await taskOf('t1')).toMatchObject({ status: 'PENDING', remaining: 1 });
    });

    it.each([
      ['an output that JSON can not hold', { set: { status: 'SUCCEEDED', output: 1n as never } }],
      [
        'an event that JSON can not hold',
        { events: [event('task.succeeded', { data: { n: 1n } as never })] },
      ],
    ] as const)('fails whole on %s', async (_, wrong) => {
      await started(store, 'e1', [seed(0), pending(1, 1), pending(2, 1)]);
      await claim(store, 'e1', 't0');
      await expect(store.changeTask(ask('e1', 't0', wrong as never))).rejects.toThrow(/./);
      expect((await store.tasks('e1')).map(({ status }) => status)).toEqual([
        'RUNNING',
        'PENDING',
        'PENDING',
      ]);
      expect(await seqs()).toHaveLength(3);
      expect(await store.changeTask(ask('e1', 't0'))).toMatchObject({ applied: true });
    });

    it('numbers events without gaps, each with its change, whoever races', async () => {
      await started(
        store,
        'e1',
        Array.from({ length: 40 }, (_, index) => seed(index)),
      );
      await Promise.all(Array.from({ length: 80 }, (_, at) => claim(store, 'e1', `t${at % 40}`)));
      const events = await eventsOf();
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 42 }, (_, at) => at + 1));
      expect(new Set(events.map(({ taskId }) => taskId)).size).toBe(41);
    });

    it('hands out copies', async () => {
      await started(store, 'e1', [seed(0)]);
      const mine = (await taskOf('t0'))!;
      mine.status = 'FAILED';
      (await store.tasks('e1'))[0]!.attempt = 99;
      expect(await taskOf('t0')).toMatchObject({ status: 'READY', attempt: 0 });
    });

    it('makes ordered writes durable with the next durable one', async () => {
      await started(store, 'e1', [seed(0), seed(1)]);
      await store.changeTask(
        ask('e1', 't0', {
          from: ['READY'],
          attempt: 0,
          set: { status: 'RUNNING', attempt: 1 },
          events: [event('task.started')],
          durability: 'ordered',
        }),
      );
      expect(await taskOf('t0')).toMatchObject({ status: 'RUNNING' });
      await claim(store, 'e1', 't1');
      expect(await reader.task({ executionId: 'e1', taskId: 't0' })).toMatchObject({ status: 'RUNNING' });
      expect(await seqs()).toHaveLength(4);
    });
  });
}
