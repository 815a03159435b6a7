import { describe, expect, test } from 'vitest';
import type { Execution, ExecutionStatus, Task, TaskStatus } from '../../core/execution/execution.ts';
import { createDispatch, type DispatchRecord, type Startable } from '../../lambdas/dispatch/dispatch.ts';

interface Stored {
  tasks?: Record<string, TaskStatus>;
  executions?: Record<string, Partial<Execution> & { status: ExecutionStatus }>;
  refuses?: (name: string) => boolean;
}

function host({ tasks = {}, executions = {}, refuses = () => false }: Stored) {
  const reads: string[] = [];
  const started: unknown[][] = [];
  const dispatch = createDispatch({
    store: {
      task: async ({ executionId, taskId }) => {
        reads.push(`${executionId}/${taskId}`);
        const status = tasks[`${executionId}/${taskId}`];
        return status && ({ executionId, taskId, status } as Task);
      },
      get: async (id) => {
        reads.push(id);
        const execution = executions[id];
        return execution && ({ id, run: 1, ...execution } as Execution);
      },
    },
    dispatcher: {
      start: async (...call) => {
        if (refuses(call[1])) throw new Error('throttled');
        started.push(call);
      },
    },
    logger: { warn: () => undefined, error: () => undefined },
  });
  return { dispatch, reads, started };
}

let ids = 0;
const record = (shown: Partial<Startable> | undefined): DispatchRecord => ({
  id: String(++ids),
  read: () => shown && { executionId: 'ex', run: 1, isWaiting: true, ...shown },
});

describe('dispatch', () => {
  test('starts a task again that is READY still', async () => {
    const { dispatch, started } = host({ tasks: { 'ex/a': 'READY', 'ex/b': 'RUNNING' } });
    const records = [record({ taskId: 'a', run: 2 }), record({ taskId: 'b' }), record({ taskId: 'gone' })];
    expect(await dispatch([...records, record(undefined)])).toBeUndefined();
    expect(started).toEqual([['task', 'ex/a', { executionId: 'ex', taskId: 'a', run: 2, hops: 0 }]]);
  });

  test('looks at nothing that the same batch shows to be taken up, and at what is READY again', async () => {
    const { dispatch, reads, started } = host({ tasks: { 'ex/again': 'READY' } });
    await dispatch([
      record({ taskId: 'taken' }),
      record({ taskId: 'again' }),
      record({ taskId: 'again', isWaiting: false }),
      record({ taskId: 'taken', isWaiting: false }),
      record({ taskId: 'again' }),
    ]);
    expect(reads).toEqual(['ex/again']);
    expect(started).toHaveLength(1);
  });

  test('starts an execution again that nobody took up, and of that run', async () => {
    const { dispatch, started } = host({
      executions: {
        left: { status: 'QUEUED' },
        waits: { status: 'QUEUED', admitToken: 'token' },
        runs: { status: 'RUNNING' },
        redriven: { status: 'QUEUED', run: 2 },
      },
    });
    const executions = ['left', 'waits', 'runs', 'redriven', 'gone'];
    await dispatch(executions.map((executionId) => record({ executionId })));
    expect(started).toEqual([['workflow', 'left/1', { executionId: 'left', run: 1 }]]);
  });

  test('names the first record that it has to be given again, and starts the others', async () => {
    const { dispatch, started } = host({
      tasks: { 'ex/a': 'READY', 'ex/b': 'READY', 'ex/c': 'READY', 'ex/d': 'READY' },
      refuses: (name) => name === 'ex/b' || name === 'ex/c',
    });
    const records = ['a', 'b', 'c', 'd'].map((taskId) => record({ taskId }));
    expect(await dispatch(records)).toBe(records[1]!.id);
    expect(started.map(([, name]) => name)).toEqual(['ex/a', 'ex/d']);
  });

  test('names a record that can not be read, and leaves those after it for later', async () => {
    const { dispatch, started } = host({ tasks: { 'ex/a': 'READY', 'ex/b': 'READY' } });
    const unreadable: DispatchRecord = {
      id: 'unreadable',
      read: () => {
        throw new SyntaxError('no such key');
      },
    };
    expect(await dispatch([record({ taskId: 'a' }), unreadable, record({ taskId: 'b' })])).toBe('unreadable');
    expect(started.map(([, name]) => name)).toEqual(['ex/a']);
  });
});
