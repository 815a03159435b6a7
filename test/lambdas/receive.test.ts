import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../core/errors.ts';
import { createReceive, type IntakeMessage } from '../../lambdas/receive/receive.ts';
import { type ApiHost, openApiHost, WORKFLOW } from './api-host.ts';

let host: ApiHost;
const said: { level: string; message: string; fields: Record<string, unknown> }[] = [];
const log =
  (level: string) =>
  (message: string, fields: Record<string, unknown> = {}) =>
    void said.push({ level, message, fields });
const logger = { warn: log('warn'), error: log('error') };

beforeAll(async () => {
  host = await openApiHost();
  await host.operations.submit({ document: WORKFLOW });
});
beforeEach(() => void said.splice(0));
afterAll(() => host.close());

let sent = 0;
const message = (body: object | string, more: Partial<IntakeMessage> = {}): IntakeMessage => ({
  id: `m${++sent}`,
  group: `g${sent}`,
  deduplicationId: `d${sent}`,
  receives: 1,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});
const receive = (...messages: IntakeMessage[]) =>
  createReceive({ operations: host.operations, logger, receivesMax: 3 })(messages);
const executions = async () => (await host.reader.list({ limit: 1000 })).length;
const newest = async () => (await host.reader.list({ limit: 1 }))[0]!;

describe('a message of the intake queue', () => {
  test('stores a workflow', async () => {
    const document = { ...WORKFLOW, name: 'by-queue' };
    const yaml = 'name: by-queue-in-yaml\ntasks:\n  - {id: a, type: echo}\n';
    const { failedIds } = await receive(
      message({ operation: 'submit', document }),
      message({ operation: 'submit', document: yaml, format: 'yaml' }),
    );
    expect(failedIds).toEqual([]);
    expect((await host.operations.submit({ document })).created).toBe(false);
  });

  test('starts an execution', async () => {
    const start = {
      operation: 'start',
      workflow: 'greet',
      variables: { who: 'sky' },
      priority: 'high',
      correlationId: 'c-1',
    };
    expect(await receive(message(start))).toEqual({ failedIds: [] });
    expect(await newest()).toMatchObject({
      workflow: 'greet',
      variables: { who: 'sky' },
      correlationId: 'c-1',
      priority: 8,
    });
  });

  test('runs a task by itself', async () => {
    await receive(message({ operation: 'submitTask', type: 'echo', name: 'by-queue', input: { n: 1 } }));
    expect(await newest()).toMatchObject({ kind: 'task', workflow: 'by-queue' });
  });

  test('signals, cancels and restarts', async () => {
    await host.operations.submit({ document: { name: 'waits', tasks: [{ id: 'go', type: 'signal' }] } });
    const { execution } = await host.operations.start({ workflow: 'waits' });
    const about = { executionId: execution.id };
    const group = 'one';
    const { failedIds } = await receive(
      message({ operation: 'signal', ...about, name: 'other', payload: { n: 1 } }, { group }),
      message({ operation: 'cancel', ...about, reason: 'by queue' }, { group }),
      message({ operation: 'restart', ...about }, { group }),
    );
    expect(failedIds).toEqual([]);
    expect((await host.reader.get(execution.id))!.status).toBe('CANCELLED');
    const types = (await host.reader.events(execution.id, { limit: 100 })).map(({ type }) => type);
    expect(types).toContain('signal.received');
    expect((await newest()).id).not.toBe(execution.id);
  });

  test('that is delivered again has its effect once', async () => {
    const before = await executions();
    const [start, task] = [
      { operation: 'start', workflow: 'greet' },
      { operation: 'submitTask', type: 'echo' },
    ];
    const messages = [message(start), message(task)];
    await receive(...messages);
    await receive(...messages);
    expect(await executions()).toBe(before + 2);
  });

  test('has its effect once by the key that it gives, whatever its deduplication id', async () => {
    const before = await executions();
    const start = { operation: 'start', workflow: 'greet', idempotencyKey: 'nightly-7' };
    await receive(message(start), message(start));
    expect(await executions()).toBe(before + 1);
  });

  test('of one group and deduplication id, and another request, is refused', async () => {
    const [one, other] = [{ who: 'a' }, { who: 'b' }].map((variables) =>
      message(
        { operation: 'start', workflow: 'greet', variables },
        { group: 'one', deduplicationId: 'same' },
      ),
    );
    await receive(one!);
    expect(await receive(other!)).toEqual({ failedIds: [other!.id] });
  });

  test('is another one when its deduplication id only tells its content', async () => {
    const before = await executions();
    const start = { operation: 'start', workflow: 'greet' };
    const deduplicationId = createHash('sha256').update(JSON.stringify(start)).digest('hex');
    const [one, again] = [1, 2].map(() => message(start, { group: 'one', deduplicationId }));
    await receive(one!);
    await receive(one!);
    await receive(again!);
    expect(await executions()).toBe(before + 2);
    // A message that was set aside has its id as deduplication id, and a new one when it is back.
    await receive({ ...one!, id: 'new', deduplicationId: one!.id });
    expect(await executions()).toBe(before + 2);
  });

  test('is another one in another group, whatever its deduplication id', async () => {
    const before = await executions();
    const start = { operation: 'start', workflow: 'greet' };
    await receive(...['x', 'y'].map((group) => message(start, { group, deduplicationId: '1' })));
    expect(await executions()).toBe(before + 2);
  });
});

describe('a batch', () => {
  test('returns what failed and what comes after it in its group, and goes on with the others', async () => {
    const start = { operation: 'start', workflow: 'greet' };
    const before = await executions();
    const [a1, b1, a2, b2, a3] = [
      message(start, { group: 'a' }),
      message(start, { group: 'b' }),
      message({ operation: 'start', workflow: 'unknown' }, { group: 'a' }),
      message(start, { group: 'b' }),
      message(start, { group: 'a' }),
    ];
    const { failedIds } = await receive(a1, b1, a2, b2, a3);
    expect(failedIds).toEqual([a2.id, a3.id]);
    expect(await executions()).toBe(before + 3);
    expect(said.map(({ level, fields }) => [level, fields.messageId, fields.group])).toEqual([
      ['error', a2.id, 'a'],
    ]);
  });

  test('goes on behind what failed for the last time, so that only that is set aside', async () => {
    const start = { operation: 'start', workflow: 'greet' };
    const before = await executions();
    const often = { group: 'a', receives: 3 };
    const [poison, second, third] = [message('poison', often), message(start, often), message('{}', often)];
    const { failedIds } = await receive(poison, second, third, message(start, { ...often, receives: 1 }));
    expect(failedIds).toEqual([poison.id, third.id]);
    expect(await executions()).toBe(before + 2);
  });

  test('lets messages without a group wait for no other', async () => {
    const [bad, good] = [
      message('{', { group: undefined }),
      message({ operation: 'submitTask', type: 'echo' }, { group: undefined }),
    ];
    expect(await receive(bad, good)).toEqual({ failedIds: [bad.id] });
  });

  test('goes back as it is when the store can not be written, and says that as a warning', async () => {
    const full = new StoreUnavailable('The table throttles.', 'Wait.');
    const operations = { ...host.operations, start: () => Promise.reject(full) };
    const start = { operation: 'start', workflow: 'greet' };
    const messages = [message(start, { group: 'a' }), message(start, { group: 'a' })];
    expect(await createReceive({ operations, logger, receivesMax: 3 })(messages)).toEqual({
      failedIds: messages.map(({ id }) => id),
    });
    expect(said).toEqual([
      {
        level: 'warn',
        message: 'a message goes back to the queue',
        fields: expect.objectContaining({ fix: 'Wait.' }),
      },
    ]);
  });
});

describe('a message is refused, with what to do,', () => {
  test.each([
    ['that is not JSON', '{"operation": start}', 'This is not JSON: unexpected "s" at line 1, column 15.'],
    ['that is no object', '[]', 'The message: A list came; an object is wanted.'],
    ['without an operation', '{}', 'The message: operation: It is missing.'],
    ['of another operation', '{"operation": "begin"}', '"begin" is none of the values there are.'],
    [
      'with a field too many',
      '{"operation": "cancel", "executionId": "ex_1", "force": true}',
      'There is no field "force" here.',
    ],
    ['with a wrong field', '{"operation": "start", "workflow": 7}', 'workflow: 7 came; a string is wanted.'],
    [
      'with an empty key',
      '{"operation": "start", "workflow": "greet", "idempotencyKey": ""}',
      'idempotencyKey: "" came;',
    ],
    [
      'about no execution',
      '{"operation": "cancel", "executionId": "ex_none"}',
      'There is no execution "ex_none"',
    ],
  ])('%s', async (_, body, words) => {
    const bad = message(body);
    expect(await receive(bad)).toEqual({ failedIds: [bad.id] });
    expect(said).toHaveLength(1);
    expect(said[0]!.level).toBe('error');
    expect(said[0]!.fields.error).toContain(words);
    expect(said[0]!.fields.fix).toBeTypeOf('string');
  });
});
