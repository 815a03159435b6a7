import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../core/json.ts';
import { handler as cleanup } from '../../tasks/cleanup.ts';
import { handler as collect } from '../../tasks/data-collection.ts';
import { handler as processData } from '../../tasks/data-processing.ts';
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
