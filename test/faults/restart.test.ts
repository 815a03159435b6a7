/** A host that is stopped, politely, and started again goes on where it was, in whatever state things stood. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TaskContext, TaskHandler } from '../../core/task/handler.ts';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { type Http, httpTo } from '../e2e/http.ts';

/** Works long in its first attempt and not at all in the next. */
const longAtFirst = (async (_: unknown, { attempt, signal }: TaskContext) => {
  if (attempt === 1) await sleep(60_000, undefined, { signal });
  return { attempt };
}) as TaskHandler;

async function open(dataDir: string, limits = {}) {
  const tasks = { long: longAtFirst };
  const host = await openHost({ ...limits, dataDir, tasks, port: 0, logger: createLogger('error') });
  return { http: httpTo(host.url), close: () => host.close() };
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-restart-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function begin(http: Http, tasks: object[], name: string): Promise<string> {
  await http.post('/workflows', { name, tasks });
  return (await http.post(`/workflows/${name}/start`)).body.executionId as string;
}

async function seen(http: Http, id: string, type: string): Promise<void> {
  const { body } = await http.get(`/executions/${id}/events?types=${type}&waitMs=20000`);
  expect(body.items, `${type} in ${id}`).not.toEqual([]);
}

const status = async (http: Http, id: string) => (await http.get(`/executions/${id}`)).body.status as string;

describe('after a restart', () => {
  test('an attempt that was cut short runs again, and counts as no failure', async () => {
    const dataDir = await folder();
    const first = await open(dataDir);
    const id = await begin(first.http, [{ id: 'work', type: 'long' }], 'cut-short');
    await seen(first.http, id, 'task.started');
    await first.close();
    const { http, close } = await open(dataDir);
    onTestFinished(close);
    await seen(http, id, 'execution.succeeded');
    expect((await http.get(`/executions/${id}/tasks/work`)).body).toMatchObject({ attempt: 2, failures: 0 });
  });

  test('what waited for a signal, a time or a child still does, and goes on', async () => {
    const dataDir = await folder();
    const first = await open(dataDir);
    const signal = await begin(first.http, [{ id: 'go', type: 'signal' }], 'signal');
    const time = await begin(first.http, [{ id: 'wait', type: 'wait', input: { ms: 1000 } }], 'time');
    const inner = [{ id: 'go', type: 'signal' }];
    const parent = await begin(
      first.http,
      [{ id: 'both', type: 'parallel', input: { tasks: inner } }],
      'child',
    );
    for (const id of [signal, time, parent]) await seen(first.http, id, 'task.waiting');
    const [child] = await first.http.list(`/executions?parent=${parent}`);
    await first.close();
    const { http, close } = await open(dataDir);
    onTestFinished(close);
    expect(await status(http, signal)).toBe('RUNNING');
    for (const id of [signal, child.executionId]) await http.post(`/executions/${id}/signals/go`);
    for (const id of [signal, time, parent]) await seen(http, id, 'execution.succeeded');
  });

  test('what was paused stays paused until it is resumed', async () => {
    const dataDir = await folder();
    const first = await open(dataDir);
    const tasks = [
      { id: 'go', type: 'signal' },
      { id: 'next', type: 'pass', dependsOn: ['go'] },
    ];
    const id = await begin(first.http, tasks, 'paused');
    await seen(first.http, id, 'task.waiting');
    await first.http.post(`/executions/${id}/pause`);
    await first.close();
    const { http, close } = await open(dataDir);
    onTestFinished(close);
    expect(await status(http, id)).toBe('PAUSED');
    await http.post(`/executions/${id}/signals/go`);
    expect(await status(http, id)).toBe('PAUSED');
    await http.post(`/executions/${id}/resume`);
    await seen(http, id, 'execution.succeeded');
  });

  test('what was parked for want of its type is parked, or runs where somebody offers it now', async () => {
    const dataDir = await folder();
    const first = await openHost({ dataDir, port: 0, logger: createLogger('error') });
    const lacking = httpTo(first.url);
    const late = await begin(lacking, [{ id: 'work', type: 'long' }], 'offered-later');
    const never = await begin(lacking, [{ id: 'work', type: 'nobody-has-it' }], 'never-offered');
    for (const id of [late, never]) await seen(lacking, id, 'task.parked');
    await first.close();
    const { http, close } = await open(dataDir);
    onTestFinished(close);
    await seen(http, late, 'task.started');
    expect((await http.get(`/executions/${never}`)).body.parked).toMatchObject([{ taskId: 'work' }]);
    await http.post(`/executions/${late}/cancel`);
  });

  test('what was queued keeps its turn behind what ran', async () => {
    const dataDir = await folder();
    const first = await open(dataDir, { maxWorkflows: 1 });
    const tasks = [{ id: 'go', type: 'signal' }];
    const runs = await begin(first.http, tasks, 'one-at-a-time');
    await seen(first.http, runs, 'task.waiting');
    const queued = await begin(first.http, tasks, 'one-at-a-time');
    await first.close();
    const { http, close } = await open(dataDir, { maxWorkflows: 1 });
    onTestFinished(close);
    expect([await status(http, runs), await status(http, queued)]).toEqual(['RUNNING', 'QUEUED']);
    await http.post(`/executions/${runs}/signals/go`);
    await seen(http, queued, 'execution.started');
  });

  test('keys still name the executions that they started', async () => {
    const dataDir = await folder();
    const first = await open(dataDir);
    await first.http.post('/workflows', { name: 'keyed', tasks: [{ id: 'one', type: 'pass' }] });
    const before = await first.http.post('/workflows/keyed/start', {}, { key: 'k' });
    await first.close();
    const { http, close } = await open(dataDir);
    onTestFinished(close);
    const after = await http.post('/workflows/keyed/start', {}, { key: 'k' });
    expect([after.status, after.body.executionId]).toEqual([200, before.body.executionId]);
  });
});
