import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

const greet = (text: string) => ({
  name: 'greet',
  variables: [{ name: 'who', type: 'string', required: true }],
  tasks: [{ id: 'hello', type: 'pass', input: { text: `${text} \${who}` } }],
});

export function defining(open: OpenHost): void {
  describe('defining and starting', () => {
    const host = useHost(open);

    test('stores new content as the next version, and the same content once', async () => {
      const first = await host.http.post('/workflows', greet('hello'));
      expect(first.status).toBe(201);
      expect(first.body).toMatchObject({ name: 'greet', version: 1 });
      const same = await host.http.post('/workflows', greet('hello'));
      expect(same.status).toBe(200);
      expect(same.body).toMatchObject({ version: 1, hash: first.body.hash });
      const next = await host.http.post('/workflows', greet('good day'));
      expect(next.status).toBe(201);
      expect(next.body.version).toBe(2);
      const { body } = await host.http.get('/workflows/greet/versions');
      expect(body.items.map(({ version }: { version: number }) => version)).toEqual([1, 2]);
    });

    test('runs the version that was asked for, else the newest', async () => {
      await host.submit(greet('hello'));
      await host.submit(greet('good day'));
      const variables = { who: 'Ada' };
      const old = await host.ended(await host.start('greet', { variables, version: 1 }));
      const newest = await host.ended(await host.start('greet', { variables }));
      expect(old).toMatchObject({ version: 1, output: { text: 'hello Ada' } });
      expect(newest).toMatchObject({ version: 2, output: { text: 'good day Ada' } });
    });

    test('takes YAML', async () => {
      const yaml = 'name: from-yaml\ntasks:\n  - id: one\n    type: pass\n    input: {n: 1}\n';
      const { status } = await host.http.post('/workflows/from-yaml', yaml, {
        contentType: 'application/yaml',
      });
      expect(status).toBe(201);
      expect(await host.ended(await host.start('from-yaml'))).toMatchObject({ output: { n: 1 } });
    });

    test('validates without storing', async () => {
      const definition = { name: 'only-looked-at', tasks: [{ id: 'one', type: 'pass' }] };
      const { status, body } = await host.http.post('/workflows/validate', definition);
      expect(status).toBe(200);
      expect(body).toMatchObject({ valid: true, definition: { name: 'only-looked-at' } });
      expect((await host.http.get('/workflows/only-looked-at')).status).toBe(404);
    });

    test('starts one execution for a key, however often it is sent', async () => {
      await host.submit(greet('hello'));
      const send = (who: string) =>
        host.http.post('/workflows/greet/start', { version: 1, variables: { who } }, { key: 'same' });
      const [first, second] = [await send('Ada'), await send('Ada')];
      expect([first.status, second.status]).toEqual([202, 200]);
      expect(second.body.executionId).toBe(first.body.executionId);
      const other = await send('Grace');
      expect(other.status).toBe(409);
      expect(other.body).toMatchObject({ code: 'Conflict' });
    });

    test('submits one document for a key', async () => {
      const document = (n: number) => ({ name: 'keyed', tasks: [{ id: 'one', type: 'pass', input: { n } }] });
      const send = (n: number) => host.http.post('/workflows', document(n), { key: 'submit once' });
      expect((await send(1)).status).toBe(201);
      expect((await send(1)).status).toBe(200);
      expect((await send(2)).status).toBe(409);
      expect((await host.http.get('/workflows/keyed/versions')).body.items).toHaveLength(1);
    });

    test('runs to the end and gives its output, its counts and its times', async () => {
      const done = await host.run({
        name: 'sums',
        variables: [{ name: 'n', type: 'number', default: 20 }],
        tasks: [
          { id: 'one', type: 'pass', input: { n: '${n}' } },
          {
            id: 'two',
            type: 'transform',
            input: { expression: 'n * 2', data: { n: '${one.output.n}' } },
            dependsOn: ['one'],
          },
        ],
        output: { result: '${two.output}', from: '${n}' },
      });
      expect(done).toMatchObject({
        status: 'SUCCEEDED',
        kind: 'workflow',
        run: 1,
        tasks: { total: 2, succeeded: 2 },
        errors: [],
      });
      expect(done.output).toEqual({ result: 40, from: 20 });
      expect(done.endedMs).toBeGreaterThanOrEqual(done.startedMs as number);
      expect(done.startedMs).toBeGreaterThanOrEqual(done.submittedMs as number);
      expect(new Date(done.endedAt as string).getTime()).toBe(done.endedMs);
    });

    test('starts a stored workflow, or one sent along, in the template form', async () => {
      await host.submit(greet('hello'));
      const { status, body } = await host.http.post('/api/v1/workflows', {
        correlation_id: 'order 7',
        workflow_template: 'greet',
        variables: { who: 'Ada' },
      });
      expect(status).toBe(202);
      await host.ended(body.execution_id as string);
      const { body: after } = await host.http.get(`/api/v1/workflows/${body.execution_id}/status`);
      expect(after).toMatchObject({
        status: 'succeeded',
        correlation_id: 'order 7',
        tasks: { succeeded: 1 },
      });
      const listed = await host.http.list('/executions?correlationId=order%207');
      expect(listed.map(({ executionId }) => executionId)).toEqual([body.execution_id]);
      const sent = { workflow: { name: 'sent-along', tasks: [{ id: 'one', type: 'pass' }] } };
      expect((await host.http.post('/api/v1/workflows', sent)).status).toBe(202);
    });
  });
}
