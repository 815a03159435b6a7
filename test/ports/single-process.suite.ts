/** What a store keeps to, beside `execution-store.suite.ts`, that one process has to itself. */
import { describe, expect, it } from 'vitest';
import type { ExecutionReader, ExecutionStore, HostRecovery } from '../../core/ports/execution-store.ts';
import { ask, claim, edge, newExecution, pending, seed, started, T0 } from './execution-fixtures.ts';
import { type ExecutionStoreSubject, useSubject } from './execution-subject.ts';

export interface SingleProcessSubject extends ExecutionStoreSubject {
  store: ExecutionStore & HostRecovery;
}

export function singleProcessSuite(name: string, open: () => SingleProcessSubject): void {
  describe(`${name} in one process`, () => {
    let store: SingleProcessSubject['store'];
    let reader: ExecutionReader;
    const { taskOf } = useSubject(open, (opened) => ({ store, reader } = opened));

    it.each([
      ['an unknown child', [edge('nobody')]],
      ['more edges than a child waits for', [edge('t1'), edge('t2', { edges: 9 })]],
    ] as const)('fails whole on %s', async (_, resolve) => {
      await started(store, 'e1', [seed(0), pending(1, 1), pending(2, 1)]);
      await claim(store, 'e1', 't0');
      await expect(store.changeTask(ask('e1', 't0', { resolve: [...resolve] }))).rejects.toThrow(/./);
      expect((await store.tasks('e1')).map(({ status }) => status)).toEqual([
        'RUNNING',
        'PENDING',
        'PENDING',
      ]);
      expect(await reader.events('e1', { limit: 10 })).toHaveLength(3);
      expect(await store.changeTask(ask('e1', 't0'))).toMatchObject({ applied: true });
    });

    describe('what a host asks when it starts', () => {
      it('finds executions that have not ended, oldest first', async () => {
        for (const id of ['b', 'a', 'd', 'c']) await started(store, id, []);
        await store.create(newExecution('0'), []);
        await store.change({
          id: 'a',
          expect: { statuses: ['RUNNING'] },
          set: { status: 'SUCCEEDED', endedMs: T0 },
          atMs: T0,
          durability: 'ordered',
        });
        expect((await store.unfinished()).map(({ id }) => id)).toEqual(['b', 'd', 'c', '0']);
      });

      it('finds those that run for another node until that was told of their end', async () => {
        const origin = {
          node: 'hub',
          executionId: 'e0',
          taskId: 'call',
          attempt: 1,
          run: 1,
          precedence: 'routine' as const,
          untilMs: T0 + 9,
        };
        await store.create(newExecution('e1', { origin }), []);
        const found = async () => (await store.unfinished()).map(({ id }) => id);
        const change = { id: 'e1', atMs: T0, durability: 'ordered' } as const;
        const set = { status: 'SUCCEEDED', endedMs: T0 } as const;
        await store.change({ ...change, expect: { statuses: ['QUEUED'] }, set });
        expect(await found()).toEqual(['e1']);
        await store.change({ ...change, expect: { statuses: ['SUCCEEDED'] }, set: { answered: true } });
        expect(await found()).toEqual([]);
      });

      it('puts every RUNNING task back to READY, and tells of it', async () => {
        await started(store, 'e1', [seed(0), seed(1), pending(2, 1)]);
        await started(store, 'e2', [seed(0)]);
        await claim(store, 'e1', 't1');
        await claim(store, 'e2', 't0');
        expect(await store.reclaim(T0 + 8)).toEqual([
          { executionId: 'e1', taskId: 't1' },
          { executionId: 'e2', taskId: 't0' },
        ]);
        expect(await taskOf('t1')).toMatchObject({ status: 'READY', attempt: 1, readyMs: T0 + 8 });
        expect((await reader.events('e1', { limit: 10 })).at(-1)).toEqual({
          executionId: 'e1',
          seq: 4,
          atMs: T0 + 8,
          type: 'task.interrupted',
          taskId: 't1',
          attempt: 1,
        });
        expect(await store.reclaim(T0 + 9)).toEqual([]);
      });
    });
  });
}
