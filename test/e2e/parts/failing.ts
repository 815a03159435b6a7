import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

export function failing(open: OpenHost): void {
  describe('failures, retries and limits of time', () => {
    const host = useHost(open);

    test('goes on without a task that is not critical', async () => {
      const done = await host.run({
        name: 'tolerated',
        tasks: [
          { id: 'optional', type: 'break', input: { permanent: true }, on_error: 'continue' },
          { id: 'after', type: 'pass', input: { saw: '${optional.status}' }, dependsOn: ['optional'] },
        ],
      });
      expect(done).toMatchObject({ status: 'SUCCEEDED', errors: [], output: { saw: 'FAILED' } });
      expect(await host.task(done.executionId, 'optional')).toMatchObject({
        status: 'FAILED',
        failure: { error: 'Broken', cause: 'it broke' },
      });
    });

    test('retries with the backoff it was given', async () => {
      const retry = { maxAttempts: 4, backoff: 'exponential', delayMs: 20, jitter: 'none' };
      const done = await host.run({
        name: 'retried',
        tasks: [{ id: 'flaky', type: 'flaky', input: { until: 4 }, retry }],
      });
      expect(done).toMatchObject({ status: 'SUCCEEDED', output: { attempt: 4 } });
      const failures = (await host.http.events(done.executionId)).filter(
        ({ type }) => type === 'task.attempt-failed',
      );
      expect(failures.map(({ data }) => [data.error, data.healing, data.delayMs])).toEqual([
        ['NotYet', 'retry', 20],
        ['NotYet', 'retry', 40],
        ['NotYet', 'retry', 80],
      ]);
    });

    test('fails when the attempts are used up, and names the last error', async () => {
      const retry = { maxAttempts: 2, delayMs: 1 };
      const done = await host.run({ name: 'used-up', tasks: [{ id: 'bad', type: 'break', retry }] });
      expect(done).toMatchObject({
        status: 'FAILED',
        errors: [{ error: 'Broken', cause: 'it broke', taskId: 'bad', attempt: 2 }],
      });
    });

    test('retries only the errors that are named, and none that is permanent', async () => {
      const attempts = async (name: string, input: object) => {
        const retry = { maxAttempts: 3, delayMs: 1, retryOn: ['Busy'] };
        const done = await host.run({ name, tasks: [{ id: 'bad', type: 'break', input, retry }] });
        return done.errors[0].attempt as number;
      };
      expect(await attempts('named', { error: 'Busy' })).toBe(3);
      expect(await attempts('not-named', { error: 'Odd' })).toBe(1);
      expect(await attempts('permanent', { error: 'Busy', permanent: true })).toBe(1);
    });

    test('resumes from the last checkpoint', async () => {
      const retry = { maxAttempts: 2, delayMs: 1 };
      const done = await host.run({
        name: 'resumes',
        tasks: [{ id: 'count', type: 'steps', input: { to: 6 }, retry }],
      });
      expect(done.output).toEqual({ resumedFrom: 3, attempt: 2 });
      const failed = (await host.http.events(done.executionId)).find(
        ({ type }) => type === 'task.attempt-failed',
      );
      expect(failed.data.healing).toBe('checkpoint-resume');
    });

    test('ends an attempt whose time is up', async () => {
      const done = await host.run({
        name: 'task-timeout',
        tasks: [{ id: 'long', type: 'hold', input: { ms: 60_000 }, timeoutMs: 50 }],
      });
      expect(done).toMatchObject({ status: 'FAILED', errors: [{ error: 'TaskTimeout', taskId: 'long' }] });
    });

    test('ends an attempt that gives no sign of life, and lets one that does work on', async () => {
      const beat = (name: string, everyMs: number) =>
        host.run({
          name,
          tasks: [{ id: 'beat', type: 'beat', input: { ms: 600, everyMs }, heartbeatMs: 200 }],
        });
      expect(await beat('silent', 600)).toMatchObject({
        status: 'FAILED',
        errors: [{ error: 'HeartbeatTimeout' }],
      });
      expect(await beat('lively', 20)).toMatchObject({ status: 'SUCCEEDED', output: { done: 600 } });
    });

    test('fails a workflow whose time is up, and stops what runs', async () => {
      const id = await host.begin({
        name: 'workflow-timeout',
        timeoutMs: 300,
        tasks: [
          { id: 'long', type: 'hold', input: { ms: 60_000 } },
          { id: 'wait', type: 'wait', input: { seconds: 60 } },
          {
            id: 'child',
            type: 'parallel',
            input: { tasks: [{ id: 'inner', type: 'hold', input: { ms: 60_000 } }] },
          },
          { id: 'after', type: 'pass', dependsOn: ['long'] },
        ],
      });
      const done = await host.ended(id);
      expect(done).toMatchObject({
        status: 'FAILED',
        errors: [{ error: 'WorkflowTimeout' }],
        tasks: { cancelled: 4 },
      });
      const { childExecutionId } = await host.task(id, 'child');
      expect(await host.ended(childExecutionId)).toMatchObject({ status: 'CANCELLED' });
      expect(await host.places()).toEqual({});
    });

    test('fails a task that waits for a signal or a child longer than its time limit, and cancels the child', async () => {
      const inner = { type: 'wait', input: { seconds: 60 } };
      const done = await host.run({
        name: 'limited-waits',
        tasks: [
          { id: 'signal', type: 'signal', timeout: '1s' },
          { id: 'child', type: 'parallel', timeout: '1s', input: { tasks: [inner] } },
          { id: 'wait', type: 'wait', timeout: '1s', input: { seconds: 60 } },
        ],
      });
      expect(done.status).toBe('FAILED');
      expect(done.errors.map(({ error }: { error: string }) => error)).toEqual(Array(3).fill('TaskTimeout'));
      const { childExecutionId } = await host.task(done.executionId, 'child');
      expect(await host.ended(childExecutionId)).toMatchObject({ status: 'CANCELLED' });
    });

    test('fails a task whose expression can not be evaluated, and says which', async () => {
      const done = await host.run({
        name: 'bad-expression',
        tasks: [
          { id: 'source', type: 'pass', input: { text: 'abc' } },
          { id: 'sum', type: 'pass', input: { n: '${source.output.text + 1}' }, dependsOn: ['source'] },
        ],
      });
      expect(done).toMatchObject({ status: 'FAILED', errors: [{ taskId: 'sum', error: 'ExpressionError' }] });
      expect(done.errors[0].cause).toContain('source.output.text + 1');
    });

    test('passes payloads above 200 KiB from task to task', async () => {
      const done = await host.run({
        name: 'large',
        tasks: [
          { id: 'make', type: 'text', input: { sizeBytes: 700_000 } },
          { id: 'first', type: 'measure', input: { text: '${make.output.text}' }, dependsOn: ['make'] },
          { id: 'second', type: 'measure', input: { text: '${first.output.text}' }, dependsOn: ['first'] },
        ],
        output: { length: '${second.output.length}', text: '${make.output.text}' },
      });
      expect(done.status, JSON.stringify(done.errors)).toBe('SUCCEEDED');
      expect(done.output.length).toBe(700_000);
      const task = await host.task(done.executionId, 'first');
      expect(task.outputRef).toMatch(/^sha256:/);
      expect(task.output.text).toHaveLength(700_000);
    });
  });
}
