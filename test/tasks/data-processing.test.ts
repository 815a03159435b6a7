import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { handler as processData } from '../../tasks/data-processing.ts';
import { handler as integrate } from '../../tasks/integration.ts';
import { handler as processing } from '../../tasks/processing.ts';
import { contextOf, useDataDir } from './context.ts';

const dir = useDataDir();

describe('data-processing', () => {
  const records = [
    { team: 'red', points: 3 },
    { team: 'blue', points: 5 },
    { team: 'red', points: 4 },
    { team: 'green', points: null },
  ];

  test('filters, maps, selects, sorts and limits', async () => {
    const output = await processData(
      {
        records,
        filter: 'team != "green" and points > 2',
        map: '{"team": $uppercase(team), "double": points * 2, "drop": 1}',
        select: ['team', 'double'],
        sort: [{ field: 'double', descending: true }],
        limit: 2,
      },
      contextOf(),
    );
    expect(output).toEqual({
      records: [
        { team: 'BLUE', double: 10 },
        { team: 'RED', double: 8 },
      ],
      count: 2,
      inputCount: 4,
    });
  });

  test('groups and aggregates', async () => {
    const aggregate = {
      games: { operation: 'count' },
      total: { operation: 'sum', field: 'points' },
      middle: { operation: 'median', field: 'points' },
      best: { operation: 'max', field: 'points' },
    } as const;
    const grouped = await processData({ records, groupBy: 'team', aggregate, sort: 'team' }, contextOf());
    expect(grouped.records).toEqual([
      { team: 'blue', games: 1, total: 5, middle: 5, best: 5 },
      { team: 'green', games: 1, total: 0, middle: null, best: null },
      { team: 'red', games: 2, total: 7, middle: 3.5, best: 4 },
    ]);
    const { totals } = await processData({ records, aggregate }, contextOf());
    expect(totals).toEqual({ games: 4, total: 12, middle: 4, best: 5 });
  });

  test('distinct ignores the order of keys', async () => {
    const output = await processData(
      {
        records: [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        distinct: true,
      },
      contextOf(),
    );
    expect(output.count).toBe(1);
  });

  test('fails with the number of the record', async () => {
    await expect(processData({ records, filter: 'points' }, contextOf())).rejects.toThrow('Record 0:');
    await expect(
      processData({ records: [{ a: 'x' }], aggregate: { s: { operation: 'sum', field: 'a' } } }, contextOf()),
    ).rejects.toThrow('needs numbers in "a" and found "x"');
  });

  test('stops when the attempt was stopped', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(processData({ records, filter: 'true' }, contextOf({ signal }))).rejects.toThrow(
      'cancelled',
    );
  });
});

describe('processing', () => {
  test('applies operations in turn', async () => {
    const output = await processing(
      {
        data: [{ ' first  name ': ' Zo\u0065\u0308 ' }],
        operations: [
          'normalize',
          { operation: 'enrich', with: { source: 'crm' }, fields: { upper: '$uppercase(`first name`)' } },
        ],
      },
      contextOf(),
    );
    expect(output.data).toEqual([{ 'first name': 'Zoë', source: 'crm', upper: 'ZOË' }]);
  });

  test('a hash is that of the text, or of the JSON whatever the order of keys', async () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await processing({ operation: 'hash', data: 'abc' }, contextOf())).toMatchObject({ data: abc });
    const [a, b] = await Promise.all(
      [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ].map((data) => processing({ operation: 'hash', data }, contextOf())),
    );
    expect(a).toEqual(b);
  });

  test('what is compressed comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.jsonValue({ maxDepth: 3 }).filter((value) => typeof value !== 'string'),
        async (value) => {
          const plain = JSON.parse(JSON.stringify(value)) as never;
          const output = await processing(
            { data: plain, operations: ['compress', 'decompress'] },
            contextOf(),
          );
          expect(output.data).toEqual(plain);
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each([
    ['to enrich what is no object', { operation: 'enrich', data: 1 }],
    ['to decompress what is not compressed', { operation: 'decompress', data: 'aGk=' }],
    ['two ways at once', { operation: 'hash', operations: ['hash'] }],
  ] as const)('refuses %s', async (_what, input) => {
    await expect(processing(input as never, contextOf())).rejects.toMatchObject({ name: 'ProcessingFailed' });
  });
});

describe('integration', () => {
  const lines = (...parts: string[]) =>
    readFileSync(dir.path(...parts), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; payload: unknown });

  test('a name that is not configured is kept once, however often the attempt is repeated', async () => {
    const input = { channel: 'slack-alerts', payload: { text: 'down' } };
    for (let attempt = 1; attempt <= 3; attempt++)
      expect(await integrate(input, contextOf({ attempt }))).toEqual({
        delivered: false,
        to: 'slack-alerts',
        keptIn: 'channels/slack-alerts.ndjson',
      });
    await integrate({ endpoint: 'data-store', payload: 1 }, contextOf());
    expect(lines('channels', 'slack-alerts.ndjson')).toMatchObject([
      { key: 'exe_1/task/1', payload: { text: 'down' } },
    ]);
    expect(lines('stores', 'data-store.ndjson')).toMatchObject([{ payload: 1 }]);
  });

  test('a name that is not configured is kept in the output where files are lost', async () => {
    vi.stubEnv('HOLDFAST_DATA_LASTS', '0');
    const input = { channel: 'lost-on-disk', payload: { text: 'down' } };
    expect(await integrate(input, contextOf())).toEqual({
      delivered: false,
      to: 'lost-on-disk',
      payload: { text: 'down' },
    });
    vi.unstubAllEnvs();
    expect(() => lines('channels', 'lost-on-disk.ndjson')).toThrow('ENOENT');
  });

  test('many at once are all kept', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `exe_${index}/task/1`);
    await Promise.all(
      [...keys, ...keys].map((idempotencyKey) =>
        integrate({ channel: 'busy' }, contextOf({ idempotencyKey })),
      ),
    );
    expect(
      lines('channels', 'busy.ndjson')
        .map(({ key }) => key)
        .sort(),
    ).toEqual(keys.toSorted());
  });

  test('a line that a crash cut off is written again whole', async () => {
    await integrate({ channel: 'torn', payload: 1 }, contextOf());
    appendFileSync(dir.path('channels', 'torn.ndjson'), '{"key":"exe_2/ta');
    await integrate({ channel: 'torn', payload: 2 }, contextOf({ idempotencyKey: 'exe_2/task/1' }));
    expect(lines('channels', 'torn.ndjson').map(({ payload }) => payload)).toEqual([1, 2]);
  });

  test('a configured name is sent to its URL, under the same guard', async () => {
    process.env.HOLDFAST_CHANNELS = '{"alerts": {"url": "http://127.0.0.1:1/hook"}}';
    await expect(integrate({ channel: 'alerts' }, contextOf())).rejects.toMatchObject({
      name: 'ForbiddenAddress',
    });
    expect(existsSync(dir.path('channels'))).toBe(false);
  });

  test.each([
    ['a name that is a path', '{}', '../x'],
    ['a configuration that is no JSON', '{oops', 'alerts'],
    ['a channel without a URL', '{"alerts": {}}', 'alerts'],
  ])('refuses %s', async (_what, setting, channel) => {
    process.env.HOLDFAST_CHANNELS = setting;
    await expect(integrate({ channel }, contextOf())).rejects.toMatchObject({ retryable: false });
  });
});
