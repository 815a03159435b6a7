import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost, WORKFLOW } from './api-host.ts';

let host: ApiHost;
let call: ReturnType<typeof apiClient>;

beforeAll(async () => {
  host = await openApiHost();
  call = apiClient(host);
  await call('POST', '/workflows', { body: WORKFLOW });
});
afterAll(() => host.close());

const ended = (id: string) =>
  call(
    'GET',
    `/executions/${id}/events?waitMs=20000&types=execution.succeeded,execution.failed,execution.cancelled`,
  );
const until = (id: string, type: string) =>
  call('GET', `/executions/${id}/events?waitMs=20000&types=${type}`);
async function run(workflow: { name: string; tasks: object[] }) {
  await call('POST', '/workflows', { body: workflow });
  const { body } = await call('POST', `/workflows/${workflow.name}/start`);
  return body.executionId as string;
}

describe('workflows', () => {
  test('stores a new definition as a version and says where it is', async () => {
    const first = await call('POST', '/workflows', { body: { ...WORKFLOW, name: 'versions' } });
    expect([first.status, first.body.version]).toEqual([201, 1]);
    expect(first.headers.get('location')).toBe('/workflows/versions/versions/1');
    const again = await call('POST', '/workflows', { body: { ...WORKFLOW, name: 'versions' } });
    expect([again.status, again.body.version]).toEqual([200, 1]);
    const second = await call('POST', '/workflows', { body: { ...WORKFLOW, name: 'versions', title: 'x' } });
    expect([second.status, second.body.version]).toEqual([201, 2]);

    expect((await call('GET', '/workflows/versions')).body.version).toBe(2);
    expect((await call('GET', '/workflows/versions/versions/1')).body.hash).toBe(first.body.hash);
    const all = await call('GET', '/workflows/versions/versions');
    expect(all.body.items.map((item: { version: number }) => item.version)).toEqual([1, 2]);
  });

  test('takes YAML as text/plain on its own path and as a YAML type on the other', async () => {
    const yaml = (name: string) => `name: ${name}\ntasks:\n  - id: a\n    type: echo\n`;
    const plain = { 'content-type': 'text/plain' };
    expect((await call('POST', '/workflows/from-yaml', { body: yaml('y1'), headers: plain })).status).toBe(
      201,
    );
    const typed = { 'content-type': 'application/yaml; charset=utf-8' };
    expect((await call('POST', '/workflows', { body: yaml('y2'), headers: typed })).status).toBe(201);
  });

  test('pages through the names', async () => {
    for (const name of ['page-a', 'page-b', 'page-c'])
      await call('POST', '/workflows', { body: { ...WORKFLOW, name } });
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await call('GET', `/workflows?limit=2${cursor && `&cursor=${cursor}`}`);
      names.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor ?? '';
    } while (cursor !== '');
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(expect.arrayContaining(['page-a', 'page-b', 'page-c', 'greet']));
  });

  test('validates without storing', async () => {
    const fine = await call('POST', '/workflows/validate', { body: { ...WORKFLOW, name: 'unstored' } });
    expect(fine.body.definition.tasks).toHaveLength(2);
    expect((await call('GET', '/workflows/unstored')).status).toBe(404);
  });

  test('refuses a wrong definition with the place of each mistake', async () => {
    const body = '{\n  "name": "wrong",\n  "tasks": [{"id": "a", "type": "echo", "dependsOn": ["b"]}]\n}';
    const answer = await call('POST', '/workflows', {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'InvalidDefinition']);
    expect(answer.body.issues[0]).toMatchObject({ line: 3, path: expect.stringContaining('dependsOn') });
    expect((await call('GET', '/workflows/wrong')).status).toBe(404);
  });

  test.each(['/workflows/none', '/workflows/none/versions', '/workflows/greet/versions/9'])(
    'refuses %s, which is not there',
    async (path) => expect((await call('GET', path)).body.code).toBe('NotFound'),
  );

  test('refuses a version that is no number', async () => {
    expect((await call('GET', '/workflows/greet/versions/new')).status).toBe(400);
  });
});

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

describe('events', () => {
  test('lists them by number and by group', async () => {
    const { body } = await call('POST', '/workflows/greet/start');
    await ended(body.executionId);
    const path = `/executions/${body.executionId}/events`;
    const all = await call('GET', path);
    expect(all.body.items.map((event: { seq: number }) => event.seq)).toEqual(
      all.body.items.map((_: unknown, index: number) => index + 1),
    );
    const page = await call('GET', `${path}?limit=2&afterSeq=1`);
    expect(page.body).toMatchObject({ items: [{ seq: 2 }, { seq: 3 }], nextAfterSeq: 3 });
    const tasks = await call('GET', `${path}?types=task.*`);
    expect(tasks.body.items.length).toBeGreaterThan(0);
    for (const event of tasks.body.items) expect(event.type).toMatch(/^task\./);
  });

  test('does not wait for an execution that has ended', async () => {
    const { body } = await call('POST', '/workflows/greet/start');
    await ended(body.executionId);
    const answer = await call('GET', `/executions/${body.executionId}/events?afterSeq=1000&waitMs=30000`);
    expect(answer.body).toEqual({ items: [], nextAfterSeq: 1000 });
  });

  test('waits for the end in a log that has not caught up with it', async () => {
    let asked = 0;
    const lagging = await openApiHost({ hasCaughtUp: async () => ++asked > 1 });
    const ask = apiClient(lagging);
    await ask('POST', '/workflows', { body: WORKFLOW });
    const { body } = await ask('POST', `/workflows/${WORKFLOW.name}/start`);
    const events = `/executions/${body.executionId}/events?types=execution.succeeded`;
    await ask('GET', `${events}&waitMs=20000`);
    asked = 0;
    const path = `${events}&afterSeq=1000`;
    expect((await ask('GET', `${path}&waitMs=20`)).body.items).toEqual([]);
    expect((await ask('GET', `${path}&waitMs=20000`)).body.items).toEqual([]);
    expect(asked).toBe(2);
    await lagging.close();
  });

  test('waits no longer than the host lets it', async () => {
    const impatient = await openApiHost({ limits: { waitMsMax: 1 } });
    const ask = apiClient(impatient);
    await ask('POST', '/workflows', { body: { name: 'gate', tasks: [{ id: 'go', type: 'signal' }] } });
    const { body } = await ask('POST', '/workflows/gate/start');
    const path = `/executions/${body.executionId}/events?types=task.succeeded&waitMs=30000`;
    expect((await ask('GET', path)).body.items).toEqual([]);
    await impatient.close();
  });

  test('refuses a type there is not, with the nearest', async () => {
    const { body } = await call('POST', '/workflows/greet/start');
    const answer = await call('GET', `/executions/${body.executionId}/events?types=task.succeded`);
    expect([answer.status, answer.body.fix]).toEqual([400, 'Did you mean "task.succeeded"?']);
  });
});

describe('tasks by themselves', () => {
  test('runs one after the one it depends on', async () => {
    const first = await call('POST', '/tasks', { body: { type: 'echo', input: { n: 1 }, name: 'one' } });
    expect(first.status).toBe(202);
    const second = await call('POST', '/tasks', {
      body: { type: 'echo', priority: 'critical', dependencies: [first.body.id], input: { n: 2 } },
    });
    await ended(second.body.id);
    const { body } = await call('GET', `/tasks/${second.body.id}`);
    expect(body).toMatchObject({
      type: 'echo',
      status: 'SUCCEEDED',
      output: { n: 2 },
      dependencies: [first.body.id],
    });
    expect((await call('GET', `/tasks/${first.body.id}`)).body.name).toBe('one');
  });

  test('honours the Idempotency-Key', async () => {
    const sent = { body: { type: 'echo' }, headers: { 'idempotency-key': 'task-once' } };
    const [first, again] = [await call('POST', '/tasks', sent), await call('POST', '/tasks', sent)];
    expect([first.status, again.status, again.body.id]).toEqual([202, 200, first.body.id]);
  });

  test('refuses a body without a type, and an execution that is no task', async () => {
    const answer = await call('POST', '/tasks', { body: { input: 1 } });
    expect(answer.body.issues).toEqual([
      { path: 'type', message: 'It is missing.', fix: 'Add "type": a string.' },
    ]);
    const { body } = await call('POST', '/workflows/greet/start');
    expect((await call('GET', `/tasks/${body.executionId}`)).body.fix).toContain('/executions/');
  });

  test('lists the types of the engine and the offered ones', async () => {
    const { body } = await call('GET', '/task-types');
    expect(body.items).toContainEqual({ type: 'wait', engine: true });
    expect(body.items).toContainEqual({ type: 'echo', engine: false });
  });
});

describe('templates', () => {
  test('starts a stored workflow and shows its status', async () => {
    const started = await call('POST', '/api/v1/workflows', {
      body: { correlation_id: 'w-1', workflow_template: 'greet', variables: { who: 'us' } },
    });
    expect(started.body).toMatchObject({
      correlation_id: 'w-1',
      workflow: 'greet',
      version: expect.any(Number),
    });
    await ended(started.body.execution_id);
    const status = await call('GET', started.headers.get('location')!);
    expect(status.body).toMatchObject({
      status: 'succeeded',
      output: { text: 'bye' },
      tasks: { succeeded: 2 },
    });
  });

  test('starts the workflow in the request', async () => {
    const workflow = { name: 'inline', tasks: [{ id: 'a', type: 'echo' }] };
    expect((await call('POST', '/api/v1/workflows', { body: { workflow } })).status).toBe(202);
    expect((await call('GET', '/workflows/inline')).status).toBe(200);
  });

  test('refuses neither and both', async () => {
    expect((await call('POST', '/api/v1/workflows')).status).toBe(400);
    const both = { workflow_template: 'greet', workflow: WORKFLOW };
    expect((await call('POST', '/api/v1/workflows', { body: both })).status).toBe(400);
  });
});

describe('the host', () => {
  test('gives a ticket that opens one socket, and its whole address', async () => {
    const { status, body, headers } = await call('POST', '/tickets');
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    const url = new URL(body.url);
    expect(url.href.startsWith('wss://events.example.org/ws?ticket=')).toBe(true);
    expect(body.expiresMs - host.clock.now()).toBeLessThanOrEqual(30_000);
    expect(Date.parse(body.expiresAt)).toBe(body.expiresMs);
    const ticket = url.searchParams.get('ticket')!;
    expect(await host.tickets.redeem(ticket)).toEqual({ subject: 'test' });
    expect(await host.tickets.redeem(ticket)).toBeUndefined();
  });

  test('tells how it is and what there is', async () => {
    expect((await call('GET', '/')).body.links.workflows).toBe('/workflows');
    expect((await call('GET', '/health')).body).toMatchObject({
      status: 'ok',
      checks: { store: { ok: true } },
    });
    expect((await call('GET', '/health/ready')).status).toBe(200);
    expect((await call('GET', '/health/live')).body).toEqual({ status: 'live' });
    const stats = await call('GET', '/stats');
    expect(stats.body.executions.SUCCEEDED).toBeGreaterThan(0);
    expect(stats.body.pools.workflows.size).toBe(100);
    expect((await call('GET', '/schemas/workflow.json')).body).toHaveProperty('$schema');
    expect((await call('HEAD', '/health')).status).toBe(200);
  });

  test('writes metrics that count what happened', async () => {
    const { body } = await call('GET', '/metrics');
    const metric = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body as string)?.[1]);
    expect(metric('resilient_orchestrator_workflows_total\\{status="succeeded"\\}')).toBeGreaterThan(3);
    expect(metric('resilient_orchestrator_tasks_total\\{status="failed"\\}')).toBeGreaterThan(0);
    expect(metric('resilient_orchestrator_task_attempt_duration_seconds_count')).toBeGreaterThan(3);
    for (const line of (body as string).trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/);
    }
  });

  test('is unavailable while a check fails, or can not be made', async () => {
    const down = await openApiHost({ health: async () => ({ store: { ok: false, detail: 'disk full' } }) });
    expect((await apiClient(down)('GET', '/health/ready')).status).toBe(503);
    await down.close();
    const broken = await openApiHost({ health: () => Promise.reject(new Error('secret')) });
    const answer = await apiClient(broken)('GET', '/health');
    expect(answer.status).toBe(503);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    await broken.close();
  });
});
