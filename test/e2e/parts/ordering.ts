import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

const pass = (id: string, dependsOn: unknown[] = [], more = {}) => ({ id, type: 'pass', dependsOn, ...more });
const breaks = (id: string, more = {}) => ({ id, type: 'break', input: { permanent: true }, ...more });

export function ordering(open: OpenHost): void {
  describe('order and branches', () => {
    const host = useHost(open);

    test('starts a task when its own parents are done, whatever else still runs', async () => {
      const id = await host.begin({
        name: 'no-levels',
        tasks: [
          { id: 'slow', type: 'signal' },
          pass('quick'),
          pass('after-quick', ['quick']),
          pass('both', ['slow', 'after-quick']),
        ],
      });
      await host.taskEvent(id, 'after-quick', 'task.succeeded');
      expect(await host.statuses(id)).toEqual({
        slow: 'WAITING',
        quick: 'SUCCEEDED',
        'after-quick': 'SUCCEEDED',
        both: 'PENDING',
      });
      await host.http.post(`/executions/${id}/signals/slow`);
      expect(await host.ended(id)).toMatchObject({ status: 'SUCCEEDED', tasks: { succeeded: 4 } });
    });

    test('runs what waits for a success after one, and skips what waits for a failure', async () => {
      const done = await host.run({
        name: 'went-well',
        tasks: [
          pass('work', [], { onSuccess: ['celebrate'], onFailure: ['repair'] }),
          pass('celebrate'),
          pass('repair'),
        ],
      });
      expect(done.status).toBe('SUCCEEDED');
      expect(await host.statuses(done.executionId)).toMatchObject({
        celebrate: 'SUCCEEDED',
        repair: 'SKIPPED',
      });
    });

    test('runs what waits for a failure after one, and still fails as the task was critical', async () => {
      const done = await host.run({
        name: 'went-wrong',
        tasks: [
          breaks('work', { onSuccess: ['celebrate'], onFailure: ['repair'] }),
          pass('celebrate'),
          pass('repair'),
        ],
      });
      expect(done).toMatchObject({ status: 'FAILED', errors: [{ error: 'Broken', taskId: 'work' }] });
      expect(await host.statuses(done.executionId)).toMatchObject({
        celebrate: 'SKIPPED',
        repair: 'SUCCEEDED',
      });
    });

    test('runs what always runs, after a failure and after a skip', async () => {
      const done = await host.run({
        name: 'always',
        tasks: [
          breaks('work'),
          pass('next', ['work']),
          pass('clean-up', ['next'], { alwaysRun: true }),
          pass('report', [{ task: 'work', on: 'always' }]),
        ],
      });
      expect(done.status).toBe('FAILED');
      expect(await host.statuses(done.executionId)).toEqual({
        work: 'FAILED',
        next: 'SKIPPED',
        'clean-up': 'SUCCEEDED',
        report: 'SUCCEEDED',
      });
    });

    test('lets a skip satisfy neither success nor failure, all the way down', async () => {
      const done = await host.run({
        name: 'skips',
        tasks: [
          pass('never', [], { condition: 'false' }),
          pass('wants-success', ['never']),
          pass('wants-failure', [{ task: 'never', on: 'failure' }]),
          pass('below', ['wants-success']),
        ],
      });
      expect(done).toMatchObject({ status: 'SUCCEEDED', tasks: { skipped: 4 } });
      expect((await host.task(done.executionId, 'never')).reason).toContain('false');
      expect((await host.task(done.executionId, 'below')).reason).toContain('wants-success');
    });

    test('runs independent branches to their end though another fails', async () => {
      const done = await host.run({
        name: 'independent',
        tasks: [breaks('bad'), { id: 'slow', type: 'wait', input: { ms: 80 } }, pass('after-slow', ['slow'])],
      });
      expect(done.status).toBe('FAILED');
      expect(await host.statuses(done.executionId)).toMatchObject({
        bad: 'FAILED',
        'after-slow': 'SUCCEEDED',
      });
    });

    test('runs a task that several may trigger once, after all of them have ended', async () => {
      const done = await host.run({
        name: 'triggers',
        tasks: [
          pass('left'),
          breaks('right', { critical: false }),
          pass('any', [], { triggeredBy: ['left', { task: 'right', on: 'failure' }] }),
        ],
      });
      expect(done.status).toBe('SUCCEEDED');
      const starts = (await host.http.events(done.executionId)).filter(
        ({ type, taskId }) => type === 'task.started' && taskId === 'any',
      );
      expect(starts).toHaveLength(1);
    });

    test('runs one task after another in the sequential strategy', async () => {
      const done = await host.run({
        name: 'sequential',
        strategy: 'sequential',
        tasks: ['a', 'b', 'c', 'd'].map((id) => ({ id, type: 'hold', input: { ms: 5 } })),
      });
      const order = (await host.http.events(done.executionId))
        .filter(({ taskId }) => taskId !== undefined)
        .map(({ type, taskId }) => `${type} ${taskId}`);
      expect(order).toEqual(
        ['a', 'b', 'c', 'd'].flatMap((id) => [`task.started ${id}`, `task.succeeded ${id}`]),
      );
    });

    test('runs a wide fan and its join', async () => {
      const ids = Array.from({ length: 300 }, (_, at) => `t${at}`);
      const done = await host.run({
        name: 'wide',
        tasks: [pass('first'), ...ids.map((id) => pass(id, ['first'])), pass('join', ids)],
      });
      expect(done).toMatchObject({ status: 'SUCCEEDED', tasks: { total: 302, succeeded: 302 } });
    });
  });
}
