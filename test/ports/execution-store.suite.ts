/** What every `ExecutionStore` keeps to. */
import { describe, expect, it } from 'vitest';
import type { ExecutionReader, ExecutionStore, TaskUpdate } from '../../core/ports/execution-store.ts';
import { ask, claim, event, newExecution, pending, seed, started, T0 } from './execution-fixtures.ts';
import { type OpenSubject, useSubject } from './execution-subject.ts';
import { taskChangeSuite } from './task-change.suite.ts';

export function executionStoreSuite(name: string, open: OpenSubject): void {
  describe(`${name} as an ExecutionStore`, () => {
    let store: ExecutionStore;
    let reader: ExecutionReader;
    const { taskOf, seqs } = useSubject(open, (opened) => ({ store, reader } = opened));

    describe('create', () => {
      it('stores a QUEUED execution of run 1 without tasks', async () => {
        const { created, execution } = await store.create(
          newExecution('e1', { variables: { a: [1, { b: null }] }, priority: 7.5, after: ['e0'] }),
          [event('execution.submitted')],
        );
        expect(created).toBe(true);
        expect(execution).toEqual({
          ...newExecution('e1', { variables: { a: [1, { b: null }] }, priority: 7.5, after: ['e0'] }),
          status: 'QUEUED',
          run: 1,
          errors: [],
          total: 0,
        });
        expect(await store.get('e1')).toEqual(execution);
        expect(await seqs()).toEqual(['1 execution.submitted']);
      });

      it('returns the one that has the id, and writes nothing', async () => {
        const first = await store.create(newExecution('e1'), [event('execution.submitted')]);
        const again = await store.create(newExecution('e1', { workflow: 'other' }), [
          event('execution.submitted'),
        ]);
        expect(again).toEqual({ created: false, execution: first.execution });
        expect(await seqs()).toHaveLength(1);
      });

      it('lets one of many that race for an id win', async () => {
        const made = await Promise.all(
          Array.from({ length: 20 }, (_, at) => store.create(newExecution('e1', { workflow: `w${at}` }), [])),
        );
        expect(made.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(made.map(({ execution }) => execution.workflow)).size).toBe(1);
      });

      it('keeps the parent of a child', async () => {
        const parent = { executionId: 'e0', taskId: 'call', attempt: 2 };
        await store.create(newExecution('e1', { kind: 'child', parent }), []);
        expect(await store.get('e1')).toMatchObject({ kind: 'child', parent });
      });

      it('keeps whom an execution runs for on another node, and that it was told', async () => {
        const origin = {
          node: 'hub',
          executionId: 'e0',
          taskId: 'call',
          attempt: 2,
          run: 1,
          precedence: 'flash' as const,
          untilMs: T0 + 9,
        };
        await store.create(newExecution('e1', { kind: 'task', origin }), []);
        const set = { answered: true };
        const change = { id: 'e1', set, atMs: T0, durability: 'durable' } as const;
        expect((await store.get('e1'))!.answered).toBeUndefined();
        await store.change({ ...change, expect: { statuses: ['QUEUED'] } });
        expect(await store.get('e1')).toMatchObject({ origin, answered: true });
        expect(await reader.get('e1')).toMatchObject({ origin, answered: true });
      });

      it('refuses variables that JSON can not hold, and stores nothing', async () => {
        const loop: Record<string, unknown> = {};
        loop.self = loop;
        await expect(
          store.create(newExecution('e1', { variables: loop as never }), []),
        ).rejects.toMatchObject({
          name: 'InvalidInput',
        });
        expect(await store.get('e1')).toBeUndefined();
      });
    });

    describe('change', () => {
      it('sets fields, and clears those given as undefined', async () => {
        await started(store, 'e1', [seed(0)]);
        const set = { output: { sum: 3 }, errors: [{ error: 'Late', cause: 'slow' }], endedMs: T0 + 9 };
        const { applied, execution } = await store.change({
          id: 'e1',
          expect: { statuses: ['RUNNING'], run: 1 },
          set: { ...set, status: 'FAILED', token: undefined },
          atMs: T0 + 9,
          durability: 'durable',
        });
        expect(applied).toBe(true);
        expect(execution).toMatchObject({ ...set, status: 'FAILED', startedMs: T0 + 1 });
        expect(execution!.token).toBeUndefined();
        expect(await store.get('e1')).toEqual(execution);
      });

      it('refuses another status or run, and says what stands', async () => {
        await started(store, 'e1', []);
        const change = { id: 'e1', set: { status: 'PAUSED' }, atMs: T0, durability: 'durable' } as const;
        const paused = await store.change({ ...change, expect: { statuses: ['QUEUED'] } });
        expect(paused).toMatchObject({ applied: false, execution: { status: 'RUNNING' } });
        const rerun = await store.change({ ...change, expect: { statuses: ['RUNNING'], run: 2 } });
        expect(rerun).toMatchObject({ applied: false, execution: { status: 'RUNNING', run: 1 } });
        expect(await store.change({ ...change, id: 'e2', expect: { statuses: ['QUEUED'] } })).toEqual({
          applied: false,
        });
        expect(await seqs()).toHaveLength(2);
      });

      it('lays tasks out in index order and counts them', async () => {
        await started(store, 'e1', [pending(1, 2), seed(0), seed(2, { status: 'SKIPPED', reason: 'no' })]);
        const tasks = await store.tasks('e1');
        expect(tasks.map(({ taskId, status }) => `${taskId} ${status}`)).toEqual([
          't0 READY',
          't1 PENDING',
          't2 SKIPPED',
        ]);
        expect(tasks[0]).toMatchObject({ attempt: 0, failures: 0, readyMs: T0 + 1, type: 'noop' });
        expect(tasks[1]).toMatchObject({ remaining: 2, readyMs: undefined });
        expect(await reader.get('e1')).toMatchObject({ total: 3, open: 2 });
      });

      it('keeps the fence of a task that is laid out again, and nothing else of it', async () => {
        await started(store, 'e1', [seed(0)]);
        await claim(store, 'e1', 't0');
        await store.changeTask(
          ask('e1', 't0', {
            set: {
              status: 'FAILED',
              failures: 1,
              failure: { error: 'E', cause: 'c' },
              output: 1,
              endedMs: T0 + 3,
            },
          }),
        );
        await relay([seed(0, { priority: 9 })]);
        const task = await taskOf('t0');
        expect(task).toMatchObject({ status: 'READY', attempt: 1, failures: 0, priority: 9 });
        expect(task!.failure ?? task!.output ?? task!.endedMs ?? task!.startedMs).toBeUndefined();
        expect(await store.changeTask(ask('e1', 't0'))).toMatchObject({ applied: false });
      });

      it('keeps what a task came to that is laid out at an end, at another place too', async () => {
        const output = { big: 'x'.repeat(5000) };
        await started(store, 'e1', [seed(0), seed(1)]);
        await claim(store, 'e1', 't0');
        await store.changeTask(ask('e1', 't0', { set: { status: 'SUCCEEDED', output, endedMs: T0 + 3 } }));
        const kept = { status: 'SUCCEEDED', output, startedMs: T0 + 2, endedMs: T0 + 3, attempt: 1 };
        await relay([seed(0, { status: 'SUCCEEDED' }), seed(1)]);
        expect(await taskOf('t0')).toMatchObject(kept);
        await relay([seed(0, { taskId: 't1' }), seed(1, { taskId: 't0', status: 'SUCCEEDED' })]);
        expect(await taskOf('t0')).toMatchObject({ ...kept, index: 1 });
        expect((await store.tasks('e1')).map(({ taskId }) => taskId)).toEqual(['t1', 't0']);
        expect(await reader.get('e1')).toMatchObject({ total: 2, open: 1 });
      });

      it('takes the output that a seed brings instead', async () => {
        await started(store, 'e1', [seed(0)]);
        await claim(store, 'e1', 't0');
        await store.changeTask(ask('e1', 't0', { set: { status: 'FAILED', output: 'bad' } }));
        await relay([seed(0, { status: 'SUCCEEDED', output: 'given' })]);
        expect(await taskOf('t0')).toMatchObject({ status: 'SUCCEEDED', output: 'given' });
        await relay([seed(0, { status: 'SUCCEEDED', outputRef: 'sha256:00' })]);
        expect(await taskOf('t0')).toMatchObject({ outputRef: 'sha256:00' });
        expect((await taskOf('t0'))!.output).toBeUndefined();
      });

      it('removes tasks that a layout leaves out, yet still fences their attempts when they come back', async () => {
        await started(store, 'e1', [seed(0), seed(1)]);
        await claim(store, 'e1', 't1');
        await relay([seed(0)]);
        expect(await taskOf('t1')).toBeUndefined();
        expect(await reader.get('e1')).toMatchObject({ total: 1, open: 1 });
        await relay([seed(0), seed(1)]);
        expect((await taskOf('t1'))!.attempt).toBeGreaterThanOrEqual(1);
      });

      it('refuses two tasks of one id or place, and changes nothing', async () => {
        await started(store, 'e1', [seed(0)]);
        for (const seeds of [
          [seed(0), seed(0, { taskId: 'x' })],
          [seed(0), seed(1, { taskId: 't0' })],
        ]) {
          await expect(relay(seeds)).rejects.toMatchObject({ name: 'InvalidInput' });
        }
        expect(await store.tasks('e1')).toHaveLength(1);
        expect(await store.get('e1')).toMatchObject({ status: 'RUNNING', run: 1 });
      });

      it('cancels what is open and leaves what has ended', async () => {
        await started(store, 'e1', [seed(0), pending(1, 1), seed(2, { status: 'SUCCEEDED' })]);
        const { execution } = await store.change({
          id: 'e1',
          expect: { statuses: ['RUNNING'] },
          set: { status: 'CANCELLED' },
          cancelOpen: 'by request',
          atMs: T0 + 5,
          durability: 'durable',
        });
        expect(execution).toMatchObject({ total: 3 });
        expect(await store.allEnded('e1')).toBe(true);
        expect(await taskOf('t0')).toMatchObject({
          status: 'CANCELLED',
          reason: 'by request',
          endedMs: T0 + 5,
        });
        expect(await taskOf('t1')).toMatchObject({ status: 'CANCELLED' });
        expect(await taskOf('t2')).toMatchObject({ status: 'SUCCEEDED' });
      });

      const relay = (seeds: ReturnType<typeof seed>[]) =>
        store.change({
          id: 'e1',
          expect: { statuses: ['RUNNING'] },
          set: { run: 2 },
          seeds,
          atMs: T0 + 7,
          durability: 'durable',
        });
    });

    describe('what is looked for', () => {
      it('finds tasks that are parked for a type', async () => {
        await started(store, 'e1', [seed(0, { type: 'resize' }), seed(1, { type: 'resize' }), seed(2)]);
        for (const taskId of ['t1', 't2']) {
          await store.changeTask(
            ask('e1', taskId, {
              from: ['READY'],
              attempt: 0,
              set: { status: 'PARKED' },
              durability: 'ordered',
            }),
          );
        }
        expect(await store.parked('resize')).toEqual([{ executionId: 'e1', taskId: 't1' }]);
        await store.changeTask(ask('e1', 't1', { from: ['PARKED'], attempt: 0, set: { status: 'READY' } }));
        expect(await store.parked('resize')).toEqual([]);
      });

      it('finds tasks that are parked because no node can run them, and keeps where others run', async () => {
        await started(store, 'e1', [seed(0), seed(1), seed(2)]);
        const change = (taskId: string, set: TaskUpdate) =>
          store.changeTask(ask('e1', taskId, { from: ['READY', 'PARKED'], attempt: 0, set }));
        await change('t0', { status: 'PARKED' });
        await change('t1', { status: 'PARKED', unplaced: true });
        await change('t2', { status: 'WAITING', nodeId: 'edge-1', childId: 'wk_1' });
        expect(await store.unplaced()).toEqual([{ executionId: 'e1', taskId: 't1' }]);
        expect(await taskOf('t2')).toMatchObject({ nodeId: 'edge-1', childId: 'wk_1' });
        expect(await reader.task({ executionId: 'e1', taskId: 't2' })).toMatchObject({ nodeId: 'edge-1' });
        await change('t1', { status: 'READY', unplaced: undefined });
        expect(await store.unplaced()).toEqual([]);
        expect((await taskOf('t1'))!.unplaced).toBeUndefined();
      });

      it('finds QUEUED executions that come after another', async () => {
        await store.create(newExecution('e2', { after: ['e1', 'e0'] }), []);
        await store.create(newExecution('e3', { after: ['e1'] }), []);
        await store.create(newExecution('e4', { after: ['e2'] }), []);
        await started(store, 'e1', []);
        expect(await store.dependents('e1')).toEqual(['e2', 'e3']);
        await store.change({
          id: 'e2',
          expect: { statuses: ['QUEUED'] },
          set: { status: 'RUNNING' },
          atMs: T0,
          durability: 'ordered',
        });
        expect(await store.dependents('e1')).toEqual(['e3']);
      });

      it('filters tasks by status', async () => {
        await started(store, 'e1', [pending(0, 1), seed(1), pending(2, 1), seed(3, { status: 'SKIPPED' })]);
        const found = await store.tasks('e1', ['PENDING', 'SKIPPED']);
        expect(found.map(({ taskId }) => taskId)).toEqual(['t0', 't2', 't3']);
        expect(await store.tasks('nobody')).toEqual([]);
      });
    });

    describe('checkpoints', () => {
      it('keeps the newest of the attempt that runs', async () => {
        await started(store, 'e1', [seed(0)]);
        await claim(store, 'e1', 't0');
        const ref = { executionId: 'e1', taskId: 't0', attempt: 1 };
        expect(await store.checkpoint(ref)).toBeUndefined();
        expect(await store.saveCheckpoint(ref, { done: [1, 2] })).toBe(true);
        expect(await store.saveCheckpoint(ref, { done: [1, 2, 3] })).toBe(true);
        expect(await store.checkpoint(ref)).toEqual({ done: [1, 2, 3] });
      });

      it('outlives its attempt, and refuses a save by it once another has begun', async () => {
        await started(store, 'e1', [seed(0)]);
        await claim(store, 'e1', 't0');
        await store.saveCheckpoint({ executionId: 'e1', taskId: 't0', attempt: 1 }, 'one');
        const interrupted = { status: 'READY', interruptions: 1 } as const;
        await store.changeTask(ask('e1', 't0', { set: interrupted, atMs: T0 + 3 }));
        expect(await store.saveCheckpoint({ executionId: 'e1', taskId: 't0', attempt: 1 }, 'x')).toBe(false);
        await claim(store, 'e1', 't0', 1);
        expect(await store.saveCheckpoint({ executionId: 'e1', taskId: 't0', attempt: 1 }, 'x')).toBe(false);
        expect(await store.checkpoint({ executionId: 'e1', taskId: 't0' })).toBe('one');
        expect(await store.saveCheckpoint({ executionId: 'e1', taskId: 't0', attempt: 2 }, 'two')).toBe(true);
        expect(await store.checkpoint({ executionId: 'e1', taskId: 't0' })).toBe('two');
        expect(await store.saveCheckpoint({ executionId: 'nobody', taskId: 't0', attempt: 2 }, 0)).toBe(
          false,
        );
      });
    });

    describe('signals', () => {
      const signal = (id: string, payload: string, name = 'go') => ({ id, name, payload, atMs: T0 });

      it('gives the newest of a name, and keeps an id once', async () => {
        await started(store, 'e1', []);
        const received = event('signal.received', { data: { name: 'go' } });
        expect(await store.signal('e1', 'go')).toBeUndefined();
        expect(await store.putSignal('e1', signal('s2', 'first'), received)).toBe(true);
        expect(await store.putSignal('e1', signal('s1', 'second'), received)).toBe(true);
        expect(await store.putSignal('e1', signal('s2', 'again'), received)).toBe(false);
        expect(await store.signal('e1', 'go')).toEqual(signal('s1', 'second'));
        expect(await store.signal('e1', 'stop')).toBeUndefined();
        expect(await seqs()).toHaveLength(4);
      });

      it('refuses one for an execution that is not there', async () => {
        await expect(
          store.putSignal('nobody', signal('s1', 'x'), event('signal.received')),
        ).rejects.toMatchObject({
          name: 'NotFound',
        });
      });
    });
  });
  taskChangeSuite(name, open);
}
