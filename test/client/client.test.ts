import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../client/index.ts';
import type { HoldfastEvent } from '../../core/event/event.ts';
import { type EmbeddedHost, openHost } from '../../embedded/host.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const token = 'a-token-of-this-test';
let host: EmbeddedHost;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  host = await openHost({ dataDir: ':memory:', port: 0, token, logger: quiet });
  client = createClient({ url: host.url, token });
});
afterAll(() => host.close());

const chain = (name: string, length = 3) => ({
  name,
  tasks: Array.from({ length }, (_, index) => ({
    id: `t${index}`,
    type: 'pass',
    input: { index },
    ...(index > 0 ? { dependsOn: [`t${index - 1}`] } : {}),
  })),
});

async function begin(name: string, length?: number): Promise<string> {
  const { workflow } = await client.submit({ document: chain(name, length) });
  const { execution } = await client.start(workflow.name);
  return execution.executionId;
}

async function collect(events: AsyncIterable<HoldfastEvent>): Promise<HoldfastEvent[]> {
  const all: HoldfastEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('operations', () => {
  test('submit, start, watch, look at', async () => {
    expect(await client.index()).toMatchObject({ name: 'Holdfast' });
    const id = await begin('chain');
    const events = await collect(client.watch(id));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)?.type).toBe('execution.succeeded');
    expect(await client.execution(id)).toMatchObject({
      status: 'SUCCEEDED',
      tasks: { total: 3, succeeded: 3 },
    });
    expect((await client.tasks(id, { status: ['SUCCEEDED'], limit: 2 })).items).toHaveLength(2);
    expect(await client.executionTask(id, 't1')).toMatchObject({ output: { index: 1 } });
    expect((await client.executions({ workflow: 'chain', status: ['SUCCEEDED'] })).items).toMatchObject([
      { executionId: id },
    ]);
    expect((await client.events(id, { types: ['task.succeeded'] })).items).toHaveLength(3);
    expect(await client.submit({ document: chain('chain') })).toMatchObject({ created: false });
    expect((await client.versions('chain')).length).toBe(1);
    expect((await client.workflows()).items).toMatchObject([{ name: 'chain', taskCount: 3 }]);
  });

  test('the same key starts once', async () => {
    await client.submit({ document: chain('once') });
    const first = await client.start('once', { idempotencyKey: 'key' });
    const second = await client.start('once', { idempotencyKey: 'key' });
    expect(second).toMatchObject({ created: false, execution: { executionId: first.execution.executionId } });
  });

  test('signals, and control until the end', async () => {
    await client.submit({
      document: {
        name: 'gate',
        tasks: [
          { id: 'ok', type: 'signal' },
          { id: 'more', type: 'signal' },
        ],
      },
    });
    const { execution } = await client.start('gate');
    const id = execution.executionId;
    expect(await client.signal(id, 'ok', { id: 's1', payload: 1 })).toEqual({ accepted: true });
    expect(await client.signal(id, 'ok', { id: 's1', payload: 1 })).toEqual({ accepted: false });
    await client.signal(id, 'more');
    await collect(client.watch(id));
    const { executionId } = await client.restart(id);
    expect(executionId).not.toBe(id);
    expect(await client.pause(executionId)).toMatchObject({ status: 'PAUSED' });
    expect(await client.resume(executionId)).toMatchObject({ executionId });
    expect(await client.cancel(executionId, 'enough')).toMatchObject({ status: 'CANCELLED' });
  });

  test('a standalone task, and the types there are', async () => {
    const { task } = await client.submitTask({ type: 'pass', input: { a: 1 } });
    await collect(client.watch(task.id));
    expect(await client.task(task.id)).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 } });
    expect((await client.taskTypes()).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['http', 'map']),
    );
  });
});

describe('refusals', () => {
  test('are errors named by their code, with a fix and every issue', async () => {
    await expect(client.execution('exe_none')).rejects.toMatchObject({ name: 'NotFound', status: 404 });
    await expect(collect(client.watch('exe_none'))).rejects.toMatchObject({ name: 'NotFound' });
    const error = await client
      .validate({
        document: 'name: w\ntasks:\n  - id: a\n    type: pass\n    dependsOn: [b]\n',
        format: 'yaml',
      })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'InvalidDefinition', status: 422, issues: [{ line: 5 }] });
    expect((error as { fix: string }).fix).not.toBe('');
  });

  test('a wrong token is one, over HTTP and over the socket', async () => {
    const stranger = createClient({ url: host.url, token: 'the-token-of-someone-else' });
    await expect(stranger.executions()).rejects.toMatchObject({ name: 'TokenNeeded', status: 401 });
    await expect(collect(stranger.watch('exe_any'))).rejects.toMatchObject({ name: 'TokenNeeded' });
  });

  test('nobody there, or somebody else, is unreachable', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:1', attempts: 2 });
    await expect(nobody.executions()).rejects.toMatchObject({
      name: 'HostUnreachable',
      fix: expect.stringContaining('holdfast start'),
    });
    const other: Server = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(createClient({ url: `http://127.0.0.1:${port}` }).index()).rejects.toThrow(
      'not as Holdfast does',
    );
    other.close();
  });
});

test('watch misses nothing and repeats nothing over a connection that keeps breaking', async () => {
  const target = new URL(host.url);
  const open = new Set<Socket>();
  // Cuts every connection after a few kilobytes, wherever that is.
  const proxy = createTcpServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let passed = 0;
    for (const end of [near, far]) {
      open.add(end);
      end.on('error', () => {});
      end.on('close', () => [near, far].forEach((other) => other.destroy()));
    }
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      near.write(chunk.subarray(0, 6_000 - passed), () => passed >= 6_000 && near.destroy());
      passed = Math.min(6_000, passed + chunk.length);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const id = await begin('long', 100);
  const losses: boolean[] = [];
  const shaky = createClient({ url: `http://127.0.0.1:${port}`, token, attempts: 10 });
  const events = await collect(shaky.watch(id, { onConnection: (connected) => losses.push(connected) }));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.at(-1)?.type).toBe('execution.succeeded');
  expect(losses.filter((connected) => !connected).length).toBeGreaterThan(2);
  open.forEach((socket) => socket.destroy());
  proxy.close();
});

test('watch stops when it is told to, and when there is nothing left to see', async () => {
  await client.submit({ document: { name: 'waits', tasks: [{ id: 'ok', type: 'signal' }] } });
  const { execution } = await client.start('waits');
  const controller = new AbortController();
  for await (const event of client.watch(execution.executionId, { signal: controller.signal }))
    if (event.type === 'task.waiting') controller.abort();
  await client.cancel(execution.executionId);
  expect(await collect(client.watch(execution.executionId, { fromSeq: 1_000 }))).toEqual([]);
});
