import { describe, expect, test } from 'vitest';
import { openApi } from './opened-api.ts';

const { call, ended, until, run } = await openApi();

describe('executions', () => {
  test('starts, runs and shows an execution', async () => {
    const started = await call('POST', '/workflows/greet/start', {
      body: { variables: { who: 'me' }, priority: 'high', correlationId: 'c-1' },
    });
    expect(started.status).toBe(202);
    const id = started.body.executionId as string;
    expect(started.headers.get('location')).toBe(`/executions/${id}`);
    await ended(id);

    const { body } = await call('GET', `/executions/${id}`);
    expect(body).toMatchObject({
      status: 'SUCCEEDED',
      priority: 8,
      correlationId: 'c-1',
      output: { text: 'bye' },
    });
    expect(body.tasks).toMatchObject({ total: 2, succeeded: 2, failed: 0 });
    expect(body.makespanMs).toBe(body.endedMs - body.startedMs);
    expect(Date.parse(body.endedAt)).toBe(body.endedMs);
    const task = await call('GET', `/executions/${id}/tasks/hello`);
    expect(task.body.output).toEqual({ text: 'hello me' });
    expect(JSON.stringify(body)).not.toContain('requestHash');
  });

  test('starts once for one Idempotency-Key, and refuses the key for another request', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await call('POST', '/workflows/greet/start', {
      headers,
      body: { variables: { who: 'a' } },
    });
    const again = await call('POST', '/workflows/greet/start', {
      headers,
      body: { variables: { who: 'a' } },
    });
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body.executionId).toBe(first.body.executionId);
    const other = await call('POST', '/workflows/greet/start', {
      headers,
      body: { variables: { who: 'b' } },
    });
    expect([other.status, other.body.code]).toEqual([409, 'Conflict']);
  });

  test('lists by filter, newest first, page by page', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { body } = await call('POST', '/workflows/greet/start', { body: { correlationId: 'listed' } });
      ids.unshift(body.executionId);
      await ended(body.executionId);
    }
    const first = await call(
      'GET',
      '/executions?correlationId=listed&workflow=greet&kind=workflow&status=SUCCEEDED&limit=2',
    );
    const rest = await call(
      'GET',
      `/executions?correlationId=listed&limit=2&cursor=${first.body.nextCursor}`,
    );
    const listed = [...first.body.items, ...rest.body.items].map(
      (item: { executionId: string }) => item.executionId,
    );
    expect(listed).toEqual(ids);
    expect(rest.body.nextCursor).toBeUndefined();
    expect((await call('GET', '/executions?correlationId=listed&status=FAILED,RUNNING')).body.items).toEqual(
      [],
    );
  });

  test('lists tasks by status and type, page by page', async () => {
    const { body } = await call('POST', '/workflows/greet/start');
    await ended(body.executionId);
    const path = `/executions/${body.executionId}/tasks`;
    const first = await call('GET', `${path}?limit=1&status=SUCCEEDED&type=echo`);
    expect(first.body.items.map((task: { taskId: string }) => task.taskId)).toEqual(['hello']);
    const second = await call('GET', `${path}?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((task: { taskId: string }) => task.taskId)).toEqual(['bye']);
    expect((await call('GET', `${path}?status=FAILED`)).body.items).toEqual([]);
    expect((await call('GET', `${path}/none`)).status).toBe(404);
  });

  test('shows an output that is kept by reference', async () => {
    const id = await run({ name: 'large', tasks: [{ id: 'a', type: 'large' }] });
    await ended(id);
    const { body } = await call('GET', `/executions/${id}/tasks/a`);
    expect(body.outputRef).toMatch(/^sha256:/);
    expect(body.output).toHaveLength(300 * 1024);
  });

  test('says why a task is parked, and cancels', async () => {
    const id = await run({ name: 'parks', tasks: [{ id: 'a', type: 'nobody-offers-this' }] });
    await until(id, 'task.parked');
    const { body } = await call('GET', `/executions/${id}`);
    expect(body.parked).toEqual([{ taskId: 'a', type: 'nobody-offers-this', reason: expect.any(String) }]);
    const cancelled = await call('POST', `/executions/${id}/cancel`, { body: { reason: 'no use' } });
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'CANCELLED']);
    expect((await call('POST', `/executions/${id}/cancel`)).status).toBe(200);
  });

  test('pauses and resumes', async () => {
    const id = await run({ name: 'waits', tasks: [{ id: 'w', type: 'signal', input: { name: 'go' } }] });
    await until(id, 'task.waiting');
    expect((await call('POST', `/executions/${id}/pause`)).body.status).toBe('PAUSED');
    expect((await call('POST', `/executions/${id}/resume`)).body.status).toBe('RUNNING');
    expect((await call('POST', `/executions/${id}/pause`, { body: { why: 1 } })).status).toBe(400);
    const signal = { body: { id: 's1', payload: { yes: true } } };
    expect((await call('POST', `/executions/${id}/signals/go`, signal)).status).toBe(202);
    await ended(id);
    expect((await call('GET', `/executions/${id}`)).body.status).toBe('SUCCEEDED');
  });

  test('takes a signal of one id once', async () => {
    const id = await run({ name: 'signals', tasks: [{ id: 'w', type: 'signal', input: { name: 'go' } }] });
    const headers = { 'idempotency-key': 'sig-1' };
    const first = await call('POST', `/executions/${id}/signals/other`, { headers });
    const again = await call('POST', `/executions/${id}/signals/other`, { headers });
    expect([first.status, first.body.accepted, again.status, again.body.accepted]).toEqual([
      202,
      true,
      200,
      false,
    ]);
    await call('POST', `/executions/${id}/cancel`);
  });

  test('redrives what failed and restarts', async () => {
    const id = await run({
      name: 'fails',
      tasks: [
        { id: 'a', type: 'fail' },
        { id: 'b', type: 'echo', dependsOn: ['a'] },
      ],
    });
    await ended(id);
    const failed = await call('GET', `/executions/${id}`);
    expect(failed.body).toMatchObject({
      status: 'FAILED',
      errors: [{ taskId: 'a', cause: 'it always does' }],
    });
    const redriven = await call('POST', `/executions/${id}/redrive`, { body: { skip: ['a'] } });
    expect([redriven.status, redriven.body.run]).toEqual([202, 2]);
    await until(id, 'execution.succeeded');
    const restarted = await call('POST', `/executions/${id}/restart`);
    expect(restarted.status).toBe(202);
    expect(restarted.headers.get('location')).toBe(`/executions/${restarted.body.executionId}`);
    await ended(restarted.body.executionId);
  });

  test.each(['cancel', 'pause', 'resume', 'redrive', 'restart', 'signals/x'])(
    'refuses %s of an execution that is not there',
    async (verb) => expect((await call('POST', `/executions/none/${verb}`)).status).toBe(404),
  );
  test.each(['', '/tasks', '/tasks/a', '/events'])('refuses /executions/none%s', async (path) =>
    expect((await call('GET', `/executions/none${path}`)).status).toBe(404),
  );
});
