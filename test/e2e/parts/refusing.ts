import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';

const task = (id: string, dependsOn: string[] = []) => ({ id, type: 'pass', dependsOn });

export function refusing(open: OpenHost): void {
  describe('what is refused', () => {
    const host = useHost(open);

    test.each([
      ['a cycle', { tasks: [task('a', ['c']), task('b', ['a']), task('c', ['b'])] }, /a.*b.*c|c.*b.*a/, /./],
      ['an unknown dependency', { tasks: [task('load'), task('next', ['laod'])] }, /laod.*load/, /./],
      ['the same id twice', { tasks: [task('one'), task('one')] }, /one/, /./],
      ['an unknown field', { tasks: [{ ...task('one'), retrys: 3 }] }, /retrys/, /./],
      ['a wrong type', { tasks: [{ ...task('one'), timeoutMs: 'soon' }] }, /timeoutMs|soon/, /./],
      ['no tasks', { tasks: [] }, /tasks/, /./],
      [
        'an unknown backoff',
        { tasks: [{ ...task('one'), retry: { maxAttempts: 2, backoff: 'wild' } }] },
        /backoff/,
        /./,
      ],
      ['an expression that can not be read', { tasks: [{ ...task('one'), input: '${1 +}' }] }, /1 \+/, /./],
      [
        'a name that nothing defines',
        { tasks: [{ ...task('one'), input: '${nobody.output}' }] },
        /nobody/,
        /./,
      ],
    ])('refuses a definition with %s, naming the place and the fix', async (_, definition, message, fix) => {
      const { status, body, headers } = await host.http.post('/workflows', {
        name: 'refused',
        ...definition,
      });
      expect(status, JSON.stringify(body)).toBe(422);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({
        status: 422,
        code: 'InvalidDefinition',
        type: 'urn:holdfast:problem:invalid-definition',
      });
      const texts = body.issues.map(
        (issue: { path: string; message: string }) => `${issue.path} ${issue.message}`,
      );
      expect(texts.join('\n')).toMatch(message);
      expect(body.issues.map((issue: { fix: string }) => issue.fix).join('\n')).toMatch(fix);
      expect(body.issues[0].line).toEqual(expect.any(Number));
      expect((await host.http.get('/workflows/refused')).status).toBe(404);
    });

    test('names line and column in YAML', async () => {
      const yaml = 'name: refused\ntasks:\n  - id: one\n    type: pass\n    dependsOn: [nobody]\n';
      const { status, body } = await host.http.post('/workflows/from-yaml', yaml, {
        contentType: 'application/yaml',
      });
      expect(status).toBe(422);
      expect(body.issues[0]).toMatchObject({ line: 5, column: expect.any(Number) });
    });

    test('refuses JSON that is broken, and says where', async () => {
      const { status, body } = await host.http.post('/workflows', '{"name": "x",\n "tasks": [}');
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(body.issues[0].line).toBe(2);
    });

    test('refuses variables that are missing, unknown or of another type', async () => {
      await host.submit({
        name: 'typed',
        variables: [{ name: 'n', type: 'integer', required: true }],
        tasks: [task('one')],
      });
      for (const variables of [{}, { n: 'two' }, { n: 1, m: 2 }]) {
        const { status, body } = await host.http.post('/workflows/typed/start', { variables });
        expect([status, body.code]).toEqual([400, 'InvalidInput']);
        expect(body.detail).toMatch(/"?[nm]"?/);
        expect(body.fix).not.toBe('');
      }
      expect(await host.http.list('/executions?workflow=typed')).toEqual([]);
    });

    test.each([
      ['GET', '/executions/nobody', undefined, 404, 'NotFound'],
      ['GET', '/workflows/nobody', undefined, 404, 'NotFound'],
      ['POST', '/workflows/nobody/start', {}, 404, 'NotFound'],
      ['POST', '/executions/nobody/cancel', {}, 404, 'NotFound'],
      ['POST', '/executions/nobody/pause', {}, 404, 'NotFound'],
      ['POST', '/executions/nobody/redrive', {}, 404, 'NotFound'],
      ['POST', '/executions/nobody/restart', {}, 404, 'NotFound'],
      ['POST', '/executions/nobody/signals/go', {}, 404, 'NotFound'],
      ['GET', '/executions/nobody/events', undefined, 404, 'NotFound'],
      ['GET', '/nothing/here', undefined, 404, 'NoSuchRoute'],
      ['DELETE', '/workflows', undefined, 405, 'MethodNotAllowed'],
      ['GET', '/executions?limit=0', undefined, 400, 'InvalidRequest'],
      ['GET', '/executions?statuz=RUNNING', undefined, 400, 'InvalidRequest'],
      ['POST', '/tasks', { kind: 'pass' }, 400, 'InvalidRequest'],
    ])('answers %s %s with a problem document', async (method, path, body, status, code) => {
      const answer = await host.http.send(method, path, { body });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer).toMatchObject({
        status,
        body: { status, code, title: expect.any(String), detail: expect.any(String) },
      });
      expect(answer.body.fix).not.toBe('');
    });

    test('refuses a signal to what has ended', async () => {
      const done = await host.run({ name: 'over', tasks: [task('one')] });
      const { status, body } = await host.http.post(`/executions/${done.executionId}/signals/go`);
      expect([status, body.code]).toEqual([409, 'Conflict']);
    });

    test('refuses another content type', async () => {
      const { status } = await host.http.post('/workflows', '<workflow/>', {
        contentType: 'application/xml',
      });
      expect(status).toBe(415);
    });

    test('says how it is', async () => {
      expect((await host.http.get('/health')).body).toMatchObject({ status: 'ok' });
      expect((await host.http.get('/health/ready')).status).toBe(200);
      expect((await host.http.get('/health/live')).status).toBe(200);
      expect((await host.http.get('/openapi.json')).body.openapi).toMatch(/^3\.1/);
      expect((await host.http.get('/metrics')).body).toContain('# TYPE');
    });
  });
}
