import { describe, expect, test } from 'vitest';
import { apiClient } from './api-client.ts';
import { openApiHost, WORKFLOW } from './api-host.ts';
import { openApi } from './opened-api.ts';

const { host, call, ended, run } = await openApi();

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
    const started = [0, 1, 2, 3].map(() => call('POST', `/workflows/${WORKFLOW.name}/start`));
    for (const { body } of await Promise.all(started)) await ended(body.executionId as string);
    await ended(await run({ name: 'fails', tasks: [{ id: 'a', type: 'fail' }] }));
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
