import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

export function standalone(open: OpenHost): void {
  describe('tasks on their own', () => {
    const host = useHost(open);
    const submit = async (task: object) => {
      const { status, body } = await host.http.post('/tasks', task);
      expect(status, JSON.stringify(body)).toBe(202);
      return body.id as string;
    };
    const task = async (id: string) => (await host.http.get(`/tasks/${id}`)).body;

    test('runs one and gives its output', async () => {
      const id = await submit({ name: 'one', type: 'pass', input: { n: 1 }, priority: 'high' });
      await host.ended(id);
      expect(await task(id)).toMatchObject({
        id,
        name: 'one',
        type: 'pass',
        status: 'SUCCEEDED',
        output: { n: 1 },
        priority: 8,
      });
    });

    test('waits for the success of the tasks it depends on', async () => {
      const gate = await submit({ type: 'signal' });
      const other = await submit({ type: 'pass' });
      const id = await submit({ type: 'pass', dependencies: [gate, other] });
      await host.ended(other);
      expect(await task(id)).toMatchObject({ status: 'PENDING', dependencies: [gate, other] });
      await host.http.post(`/executions/${gate}/signals/task`);
      await host.ended(id);
      expect((await task(id)).status).toBe('SUCCEEDED');
    });

    test('fails a task whose dependency failed, and says which', async () => {
      const bad = await submit({ type: 'break', input: { permanent: true } });
      const id = await submit({ type: 'pass', dependencies: [bad] });
      await host.ended(id);
      expect(await task(id)).toMatchObject({
        status: 'FAILED',
        failure: { error: 'DependencyFailed', cause: expect.stringContaining(bad) },
      });
    });

    test('may depend on an execution', async () => {
      const execution = await host.begin({ name: 'first-this', tasks: [{ id: 'go', type: 'signal' }] });
      const id = await submit({ type: 'pass', dependencies: [execution] });
      await host.http.post(`/executions/${execution}/signals/go`);
      await host.ended(id);
      expect((await task(id)).status).toBe('SUCCEEDED');
    });

    test('retries as it was told', async () => {
      const id = await submit({ type: 'flaky', input: { until: 2 }, retry: { maxAttempts: 2, delayMs: 1 } });
      await host.ended(id);
      expect(await task(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2, failures: 1 });
    });

    test('refuses unknown dependencies and unknown tasks', async () => {
      expect(await host.http.post('/tasks', { type: 'pass', dependencies: ['nobody'] })).toMatchObject({
        status: 400,
        body: { detail: expect.stringContaining('nobody') },
      });
      expect((await host.http.get('/tasks/nobody')).status).toBe(404);
    });
  });
}
