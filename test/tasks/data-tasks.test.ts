import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { JsonValue } from '../../core/json.ts';
import { handler as cleanup } from '../../tasks/cleanup.ts';
import { handler as collect } from '../../tasks/data-collection.ts';
import { handler as processData } from '../../tasks/data-processing.ts';
import { handler as integrate } from '../../tasks/integration.ts';
import { formatCsv, parseCsv } from '../../tasks/lib/csv.ts';
import { handler as pass } from '../../tasks/pass.ts';
import { handler as processing } from '../../tasks/processing.ts';
import { handler as report } from '../../tasks/reporting.ts';
import { handler as transform } from '../../tasks/transform.ts';
import { handler as validate } from '../../tasks/validation.ts';
import { contextOf, useDataDir } from './context.ts';

const dir = useDataDir();

function put(name: string, text: string): string {
  const path = dir.path('files', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('every data task takes an empty input', async () => {
  expect(pass({})).toEqual({});
  expect(await collect({}, contextOf())).toEqual({ records: [], count: 0, sources: [] });
  expect(await processData({}, contextOf())).toEqual({ records: [], count: 0, inputCount: 0 });
  expect(await processing({}, contextOf())).toEqual({ data: {}, operations: ['identity'] });
  expect(await cleanup({}, contextOf())).toEqual({ removed: [], count: 0, freedBytes: 0 });
  expect(await report({})).toEqual({ report: '# Report\n', format: 'markdown', sizeBytes: 9 });
});

describe('transform', () => {
  test('gives what the expression gives', async () => {
    expect(
      await transform({ expression: '$sum(items.price)', data: { items: [{ price: 2 }, { price: 3 }] } }),
    ).toBe(5);
    expect(await transform({ expression: 'nothing.here' })).toBeNull();
  });

  test.each(['1 +', '$error("no")', '$eval("1")'])('fails for good at %s', async (expression) => {
    await expect(transform({ expression })).rejects.toMatchObject({
      name: 'TransformFailed',
      retryable: false,
    });
  });
});

describe('validation', () => {
  const schema = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } };

  test('passes what matches and says what does not', async () => {
    expect(await validate({ schema, data: { name: 'x' } })).toEqual({ valid: true, data: { name: 'x' } });
    await expect(validate({ schema, data: {} })).rejects.toMatchObject({
      name: 'ValidationFailed',
      message: 'The data does not match the schema: name is missing.',
    });
    expect(await validate({ schema, data: {}, failOnInvalid: false })).toMatchObject({
      valid: false,
      problems: ['name is missing'],
    });
  });

  test('a name is a schema of the data directory, or a shipped one', async () => {
    expect(await validate({ schema: 'input-schema' })).toMatchObject({ valid: true });
    await expect(validate({ schema: 'input-schema', data: 'text' })).rejects.toMatchObject({
      name: 'ValidationFailed',
    });
    mkdirSync(dir.path('schemas'));
    writeFileSync(dir.path('schemas', 'input-schema.json'), JSON.stringify(schema));
    await expect(validate({ schema: 'input-schema' })).rejects.toThrow('name is missing');
  });

  test.each([
    ['an unknown name', 'nobody'],
    ['a name that is a path', '../../etc/passwd'],
    ['a schema that is none', { type: 'shoe' }],
  ])('refuses %s', async (_what, unusable) => {
    await expect(validate({ schema: unusable })).rejects.toMatchObject({
      name: 'UnusableSchema',
      retryable: false,
    });
  });
});

describe('data-collection', () => {
  test('reads every format, by extension or as told', async () => {
    put('inbox/a.json', '{"records": [{"n": 1}, {"n": 2}]}');
    put('inbox/b.ndjson', '{"n": 3}\n\n{"n": 4}\n');
    put('inbox/c.csv', 'n,note\n5,"a, ""b"""\n');
    put('inbox/d.log', 'free text');
    const output = await collect({}, contextOf());
    expect(output.records).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
      { n: 4 },
      { n: '5', note: 'a, "b"' },
      { file: 'inbox/d.log', text: 'free text' },
    ]);
    expect(output.sources).toContainEqual({ source: 'inbox/b.ndjson', count: 2 });
    const lines = await collect(
      { items: ['first'], files: 'inbox/*.log', format: 'lines', limit: 2 },
      contextOf(),
    );
    expect(lines.records).toEqual(['first', 'free text']);
  });

  test('says which line is no JSON', async () => {
    put('x.ndjson', '{"a":1}\n{oops}\n');
    await expect(collect({ files: 'x.ndjson' }, contextOf())).rejects.toThrow('x.ndjson, line 2 is not JSON');
  });

  test.each(['../secret.json', '/etc/*', 'a/../../secret.json'])(
    'refuses to leave its folder by %s',
    async (files) => {
      writeFileSync(dir.path('secret.json'), '{}');
      await expect(collect({ files }, contextOf())).rejects.toMatchObject({ name: 'ForbiddenPath' });
    },
  );

  test('refuses to leave its folder by a link', async () => {
    writeFileSync(dir.path('secret.json'), '{}');
    put('inbox/fine.json', '{}');
    symlinkSync(dir.path('secret.json'), dir.path('files', 'inbox', 'link.json'));
    await expect(collect({}, contextOf())).rejects.toMatchObject({ name: 'ForbiddenPath' });
  });
});

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

describe('cleanup', () => {
  test('removes what it was told to, old enough, and nothing else', async () => {
    const old = put('tmp/old.txt', '12345');
    put('tmp/new.txt', 'x');
    put('keep/a.txt', 'x');
    utimesSync(old, 1_000, 1_000);
    const input = { files: 'tmp/*', olderThanMs: 3_600_000 };
    expect(await cleanup({ ...input, dryRun: true }, contextOf())).toMatchObject({
      removed: ['tmp/old.txt'],
      dryRun: true,
    });
    expect(existsSync(old)).toBe(true);
    expect(await cleanup(input, contextOf())).toEqual({ removed: ['tmp/old.txt'], count: 1, freedBytes: 5 });
    expect(await cleanup(input, contextOf())).toMatchObject({ count: 0 });
    expect(existsSync(dir.path('files', 'tmp', 'new.txt'))).toBe(true);
  });

  test('refuses to reach the database', async () => {
    writeFileSync(dir.path('holdfast.db'), '');
    await expect(cleanup({ files: '../holdfast.db' }, contextOf())).rejects.toMatchObject({
      name: 'ForbiddenPath',
    });
    expect(existsSync(dir.path('holdfast.db'))).toBe(true);
  });
});

describe('reporting', () => {
  const data: JsonValue[] = [
    { team: 'red|blue', points: 3 },
    { team: 'a\nb', more: { x: 1 } },
  ];

  test('renders Markdown with sections', async () => {
    const output = await report({
      title: 'Week',
      data: { games: 2 },
      sections: [{ title: 'Teams', data, columns: ['team', 'more.x'] }],
    });
    expect(output.report).toBe(
      '# Week\n\n- **games**: 2\n\n## Teams\n\n| team | more.x |\n| --- | --- |\n| red\\|blue |  |\n| a b | 1 |\n',
    );
  });

  test('keeps it where it was told to', async () => {
    const output = await report({ format: 'json', title: 'T', data, saveAs: 'reports/t.json' });
    expect(output.file).toBe('reports/t.json');
    expect(JSON.parse(readFileSync(dir.path('files', 'reports', 't.json'), 'utf8'))).toEqual({
      title: 'T',
      data,
    });
    await expect(report({ saveAs: '../t.json' })).rejects.toMatchObject({ name: 'ForbiddenPath' });
  });

  test('a spreadsheet runs nothing of a CSV report', async () => {
    const output = await report({ format: 'csv', data: [{ name: '=cmd|x', delta: -5, note: 'a "b", c' }] });
    expect(output.report).toBe('name,delta,note\r\n\'=cmd|x,-5,"a ""b"", c"\r\n');
    await expect(report({ format: 'csv', sections: [{}] })).rejects.toMatchObject({ name: 'ReportFailed' });
  });
});

test('CSV that was written is read back', () => {
  const cell = fc.string().filter((text) => !/^[=+\-@\t\r]/.test(text));
  const rows = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc
      .array(
        fc
          .array(cell, { minLength: width, maxLength: width })
          .filter((row) => row.some((text) => text !== '')),
        { maxLength: 5 },
      )
      .map((body) => ({ width, body })),
  );
  fc.assert(
    fc.property(rows, ({ width, body }) => {
      const columns = Array.from({ length: width }, (_, index) => `c${index}`);
      const records = body.map((row) => Object.fromEntries(row.map((text, index) => [`c${index}`, text])));
      expect(parseCsv(formatCsv(columns, body))).toEqual(records);
    }),
  );
});
