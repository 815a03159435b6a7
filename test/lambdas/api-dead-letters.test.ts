import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { DeadLetterQueue, DeadLetters, Redrive } from '../../core/ports/dead-letters.ts';
import { apiClient } from './api-client.ts';
import { type ApiHost, openApiHost } from './api-host.ts';

const INTAKE: DeadLetterQueue = {
  name: 'intake-dead.fifo',
  sources: ['intake.fifo'],
  messageCount: 2,
  redrive: { status: 'FAILED', movedCount: 1, totalCount: 3, startedMs: 0, reason: 'AccessDenied' },
};
const MESSAGE = { id: 'm-1', group: 'a', sentMs: 1_000, body: '{}', bodyBytes: 2 };

/** Queues that another host has. */
class SomeDeadLetters implements DeadLetters {
  async list(queue?: string): Promise<DeadLetterQueue[]> {
    if (queue === undefined) return [INTAKE];
    if (queue !== INTAKE.name)
      throw new NotFound(`There is no dead-letter queue "${queue}".`, 'Take another.');
    return [{ ...INTAKE, messages: [MESSAGE] }];
  }

  async redrive(queue: string, limit?: number): Promise<Redrive> {
    if (queue !== INTAKE.name) throw new Conflict(`No queue sends its dead letters to "${queue}".`, 'Look.');
    if (limit !== undefined) return { status: 'COMPLETED', movedCount: Math.min(limit, 2) };
    return { status: 'RUNNING', movedCount: 0, totalCount: 2 };
  }
}

let host: ApiHost;
let call: ReturnType<typeof apiClient>;
beforeAll(async () => {
  host = await openApiHost({ deadLetters: new SomeDeadLetters() });
  call = apiClient(host);
});
afterAll(() => host.close());

describe('dead letters', () => {
  test('are listed by queue, with the last redrive', async () => {
    const { status, body } = await call('GET', '/dead-letters');
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [{ ...INTAKE, redrive: { ...INTAKE.redrive, startedAt: '1970-01-01T00:00:00.000Z' } }],
    });
  });

  test('are shown for one queue', async () => {
    const { body } = await call('GET', '/dead-letters?queue=intake-dead.fifo');
    expect(body.items[0].messages).toEqual([{ ...MESSAGE, sentAt: '1970-01-01T00:00:01.000Z' }]);
  });

  test('go back all of them, under way, or some of them, at once', async () => {
    const all = await call('POST', '/dead-letters/intake-dead.fifo/redrive');
    expect([all.status, all.body]).toEqual([202, { status: 'RUNNING', movedCount: 0, totalCount: 2 }]);
    const some = await call('POST', '/dead-letters/intake-dead.fifo/redrive', { body: { limit: 1 } });
    expect([some.status, some.body]).toEqual([200, { status: 'COMPLETED', movedCount: 1 }]);
  });

  test.each([
    ['GET', '/dead-letters?queue=unknown', {}, 404],
    ['GET', '/dead-letters?limit=1', {}, 400],
    ['POST', '/dead-letters/unknown/redrive', {}, 409],
    ['POST', '/dead-letters/intake-dead.fifo/redrive', { limit: 0 }, 400],
    ['POST', '/dead-letters/intake-dead.fifo/redrive', { limit: 1001 }, 400],
    ['POST', '/dead-letters/intake-dead.fifo/redrive', { max: 1 }, 400],
  ])('refuses %s %s %j', async (method, path, body, status) => {
    expect((await call(method, path, method === 'POST' ? { body } : {})).status).toBe(status);
  });

  test('are none on a host without queues, which says so', async () => {
    const without = await openApiHost();
    const ask = apiClient(without);
    expect((await ask('GET', '/dead-letters')).body).toEqual({ items: [] });
    for (const [method, path] of [
      ['GET', '/dead-letters?queue=intake'],
      ['POST', '/dead-letters/intake/redrive'],
    ] as const) {
      const { status, body } = await ask(method, path);
      expect([status, body.detail]).toEqual([
        404,
        'There is no dead-letter queue "intake": this host has none.',
      ]);
    }
    await without.close();
  });
});
