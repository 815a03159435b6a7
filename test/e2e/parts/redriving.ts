import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

export function redriving(open: OpenHost): void {
  describe('redrive', () => {
    const host = useHost(open);
    const redrive = (id: string, body: object = {}) => host.http.post(`/executions/${id}/redrive`, body);

    /** `first` succeeds; `broken` fails as long as it is of this type; `last` needs both. */
    const definition = (name: string, broken: object = { type: 'break', input: { permanent: true } }) => ({
      name,
      tasks: [
        { id: 'first', type: 'pass', input: { n: 1 } },
        { id: 'broken', dependsOn: ['first'], ...broken },
        { id: 'last', type: 'pass', input: '${broken.output}', dependsOn: ['broken'] },
      ],
    });
    const startsOf = async (id: string, taskId: string) =>
      (await host.http.events(id)).filter((event) => event.type === 'task.started' && event.taskId === taskId)
        .length;

    test('runs again from the failed task; what succeeded stands', async () => {
      const { executionId } = await host.run(definition('plain', { type: 'flaky', input: { until: 2 } }));
      const { status, body } = await redrive(executionId);
      expect([status, body.run]).toEqual([202, 2]);
      const done = await host.ended(executionId, 2);
      expect(done).toMatchObject({ status: 'SUCCEEDED', errors: [], output: { attempt: 2 } });
      expect([await startsOf(executionId, 'first'), await startsOf(executionId, 'broken')]).toEqual([1, 2]);
    });

    test('takes an edited definition', async () => {
      const { executionId } = await host.run(definition('edited'));
      await redrive(executionId, {
        document: definition('edited', { type: 'pass', input: { n: '${first.output.n}' } }),
      });
      expect(await host.ended(executionId, 2)).toMatchObject({ status: 'SUCCEEDED', output: { n: 1 } });
      expect(await startsOf(executionId, 'first')).toBe(1);
    });

    test('adds the tasks that an edited definition brings', async () => {
      const { executionId } = await host.run(definition('added'));
      const { name, tasks } = definition('added', { type: 'pass', input: 7 });
      const document = {
        name,
        tasks: [...tasks, { id: 'new', type: 'pass', input: 'new', dependsOn: ['last'] }],
      };
      await redrive(executionId, { document });
      expect(await host.ended(executionId, 2)).toMatchObject({
        output: 'new',
        tasks: { total: 4, succeeded: 4 },
      });
    });

    test('passes over a task', async () => {
      const { executionId } = await host.run(definition('skipped'));
      await redrive(executionId, { skip: ['broken'] });
      expect(await host.ended(executionId, 2)).toMatchObject({ status: 'SUCCEEDED' });
      expect(await host.statuses(executionId)).toEqual({
        first: 'SUCCEEDED',
        broken: 'SKIPPED',
        last: 'SUCCEEDED',
      });
    });

    test('takes an output in place of a task', async () => {
      const { executionId } = await host.run(definition('supplied'));
      await redrive(executionId, { outputs: { broken: { by: 'hand' } } });
      const done = await host.ended(executionId, 2);
      expect(done).toMatchObject({ status: 'SUCCEEDED', output: { by: 'hand' } });
      expect(await startsOf(executionId, 'broken')).toBe(1);
    });

    test('goes on where a cancelled execution stopped', async () => {
      const id = await host.begin(definition('was-cancelled', { type: 'signal' }));
      await host.taskEvent(id, 'broken', 'task.waiting');
      await host.http.post(`/executions/${id}/cancel`);
      await redrive(id);
      await host.http.post(`/executions/${id}/signals/broken`, { payload: 3 });
      expect(await host.ended(id, 2)).toMatchObject({ status: 'SUCCEEDED', output: { payload: 3 } });
      expect(await startsOf(id, 'first')).toBe(1);
    });

    test('runs a failed child again from where it failed', async () => {
      await host.submit({
        name: 'failing-child',
        tasks: [
          { id: 'fine', type: 'pass' },
          { id: 'flaky', type: 'flaky', input: { until: 2 }, dependsOn: ['fine'] },
        ],
      });
      const { executionId } = await host.run({
        name: 'parent-of-failing',
        tasks: [{ id: 'call', type: 'workflow', input: { workflow: 'failing-child' } }],
      });
      const { childExecutionId } = await host.task(executionId, 'call');
      await redrive(executionId);
      expect(await host.ended(executionId, 2)).toMatchObject({ status: 'SUCCEEDED' });
      expect((await host.task(executionId, 'call')).childExecutionId).toBe(childExecutionId);
      expect(await startsOf(childExecutionId, 'fine')).toBe(1);
    });

    test('runs what was skipped below the failure', async () => {
      const { executionId } = await host.run({
        name: 'branching',
        tasks: [
          { id: 'work', type: 'flaky', input: { until: 2 }, onSuccess: ['next'], onFailure: ['repair'] },
          { id: 'next', type: 'pass' },
          { id: 'repair', type: 'pass' },
        ],
      });
      expect(await host.statuses(executionId)).toEqual({
        work: 'FAILED',
        next: 'SKIPPED',
        repair: 'SUCCEEDED',
      });
      await redrive(executionId);
      expect(await host.ended(executionId, 2)).toMatchObject({ status: 'SUCCEEDED' });
      expect(await host.statuses(executionId)).toMatchObject({ work: 'SUCCEEDED', next: 'SUCCEEDED' });
    });

    test('leaves one that runs already alone, and refuses one that succeeded', async () => {
      const id = await host.begin({ name: 'runs', tasks: [{ id: 'go', type: 'signal' }] });
      expect(await redrive(id)).toMatchObject({ status: 202, body: { run: 1 } });
      expect(await redrive(id, { skip: ['go'] })).toMatchObject({ status: 409 });
      await host.http.post(`/executions/${id}/signals/go`);
      await host.ended(id);
      expect(await redrive(id)).toMatchObject({
        status: 409,
        body: { fix: expect.stringContaining('Restart') },
      });
    });

    test('refuses unknown tasks, tasks that stand, and definitions that are wrong', async () => {
      const { executionId } = await host.run(definition('redrive-refused'));
      expect(await redrive(executionId, { skip: ['brokn'] })).toMatchObject({ status: 400 });
      expect(await redrive(executionId, { outputs: { first: 2 } })).toMatchObject({ status: 400 });
      const tasks = [{ id: 'first', type: 'pass', dependsOn: ['nobody'] }];
      const document = { name: 'redrive-refused', tasks };
      expect(await redrive(executionId, { document })).toMatchObject({
        status: 422,
        body: { code: 'InvalidDefinition' },
      });
      expect((await host.execution(executionId)).status).toBe('FAILED');
    });

    test('asks again for an approval that was refused before the redrive', async () => {
      const id = await host.begin({ name: 'asked-again', tasks: [{ id: 'ok', type: 'approval' }] });
      await host.http.post(`/executions/${id}/signals/ok`, { payload: { approved: false } });
      expect(await host.ended(id)).toMatchObject({ status: 'FAILED', errors: [{ error: 'Rejected' }] });
      await host.http.post(`/executions/${id}/redrive`);
      await host.http.post(`/executions/${id}/signals/ok`, { payload: { approved: true } });
      expect(await host.ended(id, 2)).toMatchObject({ status: 'SUCCEEDED', run: 2 });
    });
  });
}
