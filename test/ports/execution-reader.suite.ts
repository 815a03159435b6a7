/** What every `ExecutionReader` keeps to. */
import { describe, expect, it } from 'vitest';
import type { HoldfastEvent } from '../../core/event/event.ts';
import type { ExecutionReader, ExecutionStore } from '../../core/ports/execution-store.ts';
import { ask, claim, event, newExecution, pending, seed, started, T0 } from './execution-fixtures.ts';
import { type OpenSubject, useSubject } from './execution-subject.ts';

export function executionReaderSuite(name: string, open: OpenSubject): void {
  describe(`${name} as an ExecutionReader`, () => {
    let store: ExecutionStore;
    let reader: ExecutionReader;
    const { settled } = useSubject(open, (opened) => ({ store, reader } = opened));

    const idsOf = async (filter: Partial<Parameters<ExecutionReader['list']>[0]>) =>
      (await reader.list({ limit: 100, ...filter })).map(({ id }) => id);

    it('shows the same execution and tasks as the store', async () => {
      await started(store, 'e1', [seed(0), pending(1, 1)]);
      await claim(store, 'e1', 't0');
      const failure = { error: 'E', cause: 'c', taskId: 't0', attempt: 1 };
      const set = { status: 'FAILED', failure, reason: 'r', failures: 1, endedMs: T0 + 4 } as const;
      await store.changeTask(ask('e1', 't0', { set }));
      expect(await reader.get('e1')).toEqual({ ...(await store.get('e1')), open: 1 });
      expect(await reader.tasks('e1', { limit: 10 })).toEqual(await store.tasks('e1'));
      expect(await reader.task({ executionId: 'e1', taskId: 't0' })).toMatchObject(set);
    });

    it('knows nothing of what is not there', async () => {
      expect(await reader.get('nobody')).toBeUndefined();
      expect(await reader.task({ executionId: 'nobody', taskId: 't0' })).toBeUndefined();
      expect(await reader.tasks('nobody', { limit: 10 })).toEqual([]);
      expect(await reader.events('nobody', { limit: 10 })).toEqual([]);
      expect(Object.values(await reader.counts('nobody')).every((count) => count === 0)).toBe(true);
    });

    it('lists the newest first, page by page', async () => {
      for (const id of ['c', 'a', 'e', 'b', 'd']) await store.create(newExecution(id), []);
      expect(await idsOf({ limit: 2 })).toEqual(['d', 'b']);
      expect(await idsOf({ limit: 2, beforeId: 'b' })).toEqual(['e', 'a']);
      expect(await idsOf({ limit: 2, beforeId: 'a' })).toEqual(['c']);
      expect(await idsOf({ limit: 2, beforeId: 'c' })).toEqual([]);
    });

    it('filters by everything it says it filters by', async () => {
      await started(store, 'e1', []);
      await store.create(newExecution('e2', { workflow: 'other', correlationId: 'case-7' }), []);
      await store.create(newExecution('e3', { kind: 'task' }), []);
      const parent = { executionId: 'e1', taskId: 't', attempt: 1 };
      await store.create(newExecution('e4', { kind: 'child', parent }), []);
      expect(await idsOf({ workflow: 'other' })).toEqual(['e2']);
      expect(await idsOf({ statuses: ['RUNNING'] })).toEqual(['e1']);
      expect(await idsOf({ statuses: ['RUNNING', 'QUEUED'], limit: 3 })).toEqual(['e4', 'e3', 'e2']);
      expect(await idsOf({ statuses: ['QUEUED'], beforeId: 'e4', limit: 1 })).toEqual(['e3']);
      expect(await idsOf({ statuses: [] })).toEqual([]);
      expect(await idsOf({ kind: 'task' })).toEqual(['e3']);
      expect(await idsOf({ parentId: 'e1' })).toEqual(['e4']);
      expect(await idsOf({ correlationId: 'case-7' })).toEqual(['e2']);
      expect(await idsOf({ correlationId: 'case-7', workflow: 'trip' })).toEqual([]);
    });

    it('pages tasks by place, filtered by status and type', async () => {
      await started(store, 'e1', [
        ...[0, 1, 2].map((index) => seed(index, { type: index === 1 ? 'resize' : 'noop' })),
        ...[3, 4].map((index) => pending(index, 1)),
      ]);
      const idsIn = async (filter: object) =>
        (await reader.tasks('e1', { limit: 100, ...filter })).map(({ taskId }) => taskId);
      expect(await idsIn({ limit: 2 })).toEqual(['t0', 't1']);
      expect(await idsIn({ limit: 2, afterIndex: 1 })).toEqual(['t2', 't3']);
      expect(await idsIn({ statuses: ['PENDING'] })).toEqual(['t3', 't4']);
      expect(await idsIn({ type: 'resize' })).toEqual(['t1']);
      expect(await idsIn({ type: 'noop', statuses: ['READY'], afterIndex: 0 })).toEqual(['t2']);
    });

    it('counts tasks by status, of one execution and of all', async () => {
      await started(store, 'e1', [seed(0), seed(1), pending(2, 1)]);
      await started(store, 'e2', [seed(0)]);
      await claim(store, 'e1', 't0');
      await store.changeTask(ask('e1', 't0'));
      expect(await reader.counts('e1')).toMatchObject({ SUCCEEDED: 1, READY: 1, PENDING: 1, RUNNING: 0 });
      await settled();
      const totals = await reader.totals();
      expect(totals.tasks).toMatchObject({ SUCCEEDED: 1, READY: 2, PENDING: 1, RUNNING: 0 });
      expect(totals.executions).toMatchObject({ RUNNING: 2, QUEUED: 0 });
    });

    it('pages events by number, filtered by type', async () => {
      await started(store, 'e1', [seed(0), seed(1)]);
      for (const taskId of ['t0', 't1']) await claim(store, 'e1', taskId);
      await settled();
      const numbers = async (filter: object) =>
        (await reader.events('e1', { limit: 100, ...filter })).map(({ seq }) => seq);
      expect(await numbers({})).toEqual([1, 2, 3, 4]);
      expect(await numbers({ limit: 2 })).toEqual([1, 2]);
      expect(await numbers({ afterSeq: 1, limit: 2 })).toEqual([2, 3]);
      expect(await numbers({ afterSeq: 3 })).toEqual([4]);
      expect(await numbers({ types: ['task.started'] })).toEqual([3, 4]);
      expect(await numbers({ types: ['task.started'], limit: 1, afterSeq: 3 })).toEqual([4]);
      expect(await numbers({ limit: 0 })).toEqual([]);
    });

    it('feeds every event once, in order within its execution, whatever the page', async () => {
      const ids = ['e1', 'e2', 'e3'];
      await Promise.all(
        ids.map((id) =>
          store.create(
            newExecution(id),
            Array.from({ length: 300 }, () => event('execution.submitted')),
          ),
        ),
      );
      for (const id of ids) await started(store, `${id}-more`, []);
      await settled();
      for (const limit of [1000, 100, 7]) {
        const seen: HoldfastEvent[] = [];
        for (let cursor = 0; ; ) {
          const page = await reader.feed(cursor, limit);
          expect(page.events.length).toBeLessThanOrEqual(limit);
          if (page.events.length === 0) {
            expect(page.cursor).toBe(cursor);
            break;
          }
          seen.push(...page.events);
          ({ cursor } = page);
        }
        expect(seen).toHaveLength(906);
        for (const id of ids) {
          const own = seen.filter(({ executionId }) => executionId === id).map(({ seq }) => seq);
          expect(own).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
        }
      }
    });
  });
}
