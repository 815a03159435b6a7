import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeadLetterQueue, DeadLetters, Redrive } from '../../core/ports/dead-letters.ts';
import { type ApiServer, openApiServer } from '../lambdas/api-server.ts';
import { runCommand } from './run-command.ts';

const asked: [string, number | undefined][] = [];
const queues: DeadLetterQueue[] = [
  {
    name: 'intake-dead.fifo',
    sources: ['intake.fifo'],
    messageCount: 12,
    redrive: { status: 'RUNNING', movedCount: 3, totalCount: 12, startedMs: 0 },
  },
  { name: 'stream-dead', sources: [], messageCount: 0 },
];
const messages = [
  { id: 'm-1', group: 'a', sentMs: 0, body: '{"operation":\n "begin"}\u001b[2J', bodyBytes: 30 },
];

const deadLetters: DeadLetters = {
  list: async (name) => (name === undefined ? queues : [{ ...queues[0]!, messages }]),
  redrive: async (name, limit): Promise<Redrive> => {
    asked.push([name, limit]);
    return limit === undefined
      ? { status: 'RUNNING', movedCount: 0, totalCount: 12 }
      : { status: 'COMPLETED', movedCount: limit };
  },
};

let server: ApiServer;
beforeAll(async () => {
  server = await openApiServer({ deadLetters });
});
afterAll(() => server.close());

const cli = (...argv: string[]) => runCommand(['dlq', ...argv], { env: { HOLDFAST_API: server.url } });

describe('dlq', () => {
  test('ls lists the queues, where they come from and how far a redrive is', async () => {
    const { code, out } = await cli('ls');
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'QUEUE             MESSAGES  FROM         LAST REDRIVE',
        'intake-dead.fifo  12        intake.fifo  RUNNING moved 3 of 12',
        'stream-dead       0                      ',
        '',
      ].join('\n'),
    );
  });

  test('ls shows messages of a queue, each on one line and harmless to the terminal', async () => {
    const { out } = await cli('ls', 'intake-dead.fifo');
    expect(out).toContain('{"operation": "begin"}�[2J');
    expect(out).toContain('… 1 of about 12');
    expect(out).not.toContain('\u001b');
  });

  test('redrive moves all, or as many as it is told', async () => {
    expect((await cli('redrive', 'intake-dead.fifo')).out).toBe(
      'RUNNING moved 0 of 12; see how far with: npx holdfast dlq ls\n',
    );
    expect((await cli('redrive', 'intake-dead.fifo', '--limit', '2')).out).toBe('2 messages went back\n');
    expect(asked).toEqual([
      ['intake-dead.fifo', undefined],
      ['intake-dead.fifo', 2],
    ]);
  });

  test('prints one JSON value with --json', async () => {
    expect(JSON.parse((await cli('ls', '--json')).out)).toMatchObject([
      { messageCount: 12 },
      { messageCount: 0 },
    ]);
    expect(JSON.parse((await cli('redrive', 'x', '--limit', '1', '--json')).out)).toEqual({
      status: 'COMPLETED',
      movedCount: 1,
    });
  });

  test.each([
    ['--limit', '0'],
    ['--limit', '1001'],
    ['--limit', 'all'],
    ['--max', '1'],
  ])('refuses %s %s', async (...flags) => {
    const { code, err } = await cli('redrive', 'x', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(flags[0]);
  });

  test('refuses to be called without saying what for, and says what there is', async () => {
    const { code, err } = await cli();
    expect(code).toBe(2);
    expect(err).toMatch(/ls .*redrive /s);
  });
});
