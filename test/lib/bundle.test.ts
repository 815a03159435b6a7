/** The real bundles of everything, and of task files that are right and wrong in every way. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, type BundleRefused, type Bundles } from '../../lib/bundle.ts';
import { CAPABILITIES } from '../../lib/capabilities.ts';

/** Of what a function loads at its start, minified, the AWS SDK in it. */
const START_BYTES_MAX = 400 * 1024;
/** Loaded as a function starts where its task file has an `inputSchema`. */
const INPUT_CHECK = 'ajv';

const SLOW = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function folderOf(name: string, files: Record<string, string | Uint8Array>): string {
  const dir = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(dir, file, '..'), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  return dir;
}

describe('the bundles', () => {
  let bundles: Bundles;

  beforeAll(() => {
    const tasks = folderOf('tasks', {
      'resize.ts': `
        import { scale } from './lib/scale.ts';
        import settings from './lib/settings.json' with { type: 'json' };
        class TooLarge extends Error {}
        export const inputSchema = { type: 'object', required: ['width'], properties: { unit: { type: 'string', pattern: '^p' } } };
        export const maxConcurrency = 3;
        export const aws = { memoryMb: 1024, permissions: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::photos/*'] }] };
        export function handler(input: { width: number }): number {
          if (input.width > settings.widthMax) throw new TooLarge('it is too large');
          return scale(input.width);
        }`,
      'lib/scale.ts': 'export const scale = (width: number): number => width * 2;',
      'lib/settings.json': '{ "widthMax": 100 }',
      'pass.mjs': 'export default () => "mine";',
      'match.ts': `
        import { compileExpression } from '${join(import.meta.dirname, '../../core/expression/index.ts')}';
        export const handler = (input: { text: string }) => compileExpression('$contains(text, /^a+$/)').evaluate(input) as never;`,
    });
    bundles = bundle([tasks], { outDir: join(folder, 'dist') });
  }, SLOW);

  test('are one a capability and one a task type, without exec', () => {
    const shipped = readdirSync(join(import.meta.dirname, '../../tasks')).filter((name) =>
      name.endsWith('.ts'),
    );
    const types = new Set([...shipped.map((name) => name.replace('.ts', '')), 'resize', 'match']);
    types.delete('exec');
    expect(bundles.tasks.map(({ type }) => type).sort()).toEqual([...types].sort());
    expect(bundles.functions.map(({ name }) => name).sort()).toEqual(
      [...Object.keys(CAPABILITIES), ...[...types].map((type) => `run/${type}`)].sort(),
    );
    for (const { name, archive } of bundles.functions)
      expect(Object.keys(filesIn(archive)), name).toContain('index.mjs');
    expect(() => bundles.archive('brew')).toThrow('lambdas/brew/handler.ts is missing');
  });

  test('say what the task files say; the own file wins over a shipped one', () => {
    const own = bundles.tasks.find(({ type }) => type === 'resize')!;
    expect(own).toMatchObject({
      file: expect.stringMatching(/tasks\/resize\.ts$/),
      maxConcurrency: 3,
      aws: {
        memoryMb: 1024,
        permissions: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::photos/*'] }],
      },
    });
    expect(bundles.tasks.find(({ type }) => type === 'pass')!.file).toMatch(/pass\.mjs$/);
  });

  test('load at most 400 KB as they start', () => {
    const rows = bundles.functions.map(({ name, startBytes, later }) => {
      const hasSchema = name.startsWith('run/') && SCHEMALESS.every((type) => name !== `run/${type}`);
      const check = hasSchema ? (later.find(({ holds }) => holds === INPUT_CHECK)?.bytes ?? 0) : 0;
      const apart = later.filter(
        ({ holds, bytes }) => bytes > 1024 && (check === 0 || holds !== INPUT_CHECK),
      );
      return {
        name,
        bytes: startBytes + check,
        later: apart.map(({ holds, bytes }) => `${holds} ${kb(bytes)}`),
      };
    });
    const lines = rows.map(
      ({ name, bytes, later }) => `${name.padEnd(22)}${kb(bytes).padStart(5)}   ${later.join(', ')}`,
    );
    console.log(`${'function'.padEnd(22)}   KB   loaded when needed, KB\n${lines.join('\n')}`);
    expect(rows.filter(({ bytes }) => bytes > START_BYTES_MAX)).toEqual([]);
    expect(rows.every(({ bytes }) => bytes > 20 * 1024)).toBe(true);
  });

  test(
    'are the same every time, wherever they are put',
    () => {
      const again = bundle([join(folder, 'tasks')], { outDir: join(folder, 'again') });
      const contents = ({ functions }: Bundles, dir: string) =>
        functions.map(({ archive }) => `${relative(dir, archive)} ${hashOf(archive)}`);
      expect(contents(again, join(folder, 'again'))).toEqual(contents(bundles, join(folder, 'dist')));
    },
    SLOW,
  );

  test(
    'bring their source maps where they are asked for',
    () => {
      expect(Object.keys(filesIn(bundles.archive('admit'))).filter((file) => file.endsWith('.map'))).toEqual(
        [],
      );
      const mapped = bundle([join(folder, 'tasks')], { outDir: join(folder, 'mapped'), sourceMaps: true });
      expect(Object.keys(filesIn(mapped.archive('admit')))).toContain('index.mjs.map');
      const text = strFromU8(filesIn(mapped.archive('run/resize'))['index.mjs']!);
      expect(text).toContain('sourceMappingURL=index.mjs.map');
    },
    SLOW,
  );

  /** In a process of its own, where nothing else of Holdfast is. */
  async function call(type: string, input: unknown): Promise<unknown> {
    const unpacked = folderOf(`unpacked/${type}`, filesIn(bundles.archive(`run/${type}`)));
    const script = `
      const { handler } = await import(${JSON.stringify(join(unpacked, 'index.mjs'))});
      const ref = { executionId: 'exe_1', taskId: 'a', run: 1, hops: 0, attempt: 1 };
      const context = { awsRequestId: 'r1', getRemainingTimeInMillis: () => 60_000 };
      console.log(JSON.stringify(await handler({ ...ref, type: ${JSON.stringify(type)}, input: ${JSON.stringify(input)} }, context)));`;
    const env = { HOLDFAST_TABLE: 't', HOLDFAST_PAYLOAD_BUCKET: 'b', AWS_REGION: 'eu-central-1' };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  }

  test(
    'of task types run their handlers',
    async () => {
      expect(await call('resize', { width: 7 })).toEqual({ ok: true, output: 14 });
      expect(await call('pass', {})).toEqual({ ok: true, output: 'mine' });
      expect(await call('validation', { schema: 'input-schema', data: [{ a: 1 }] })).toMatchObject({
        ok: true,
      });
    },
    SLOW,
  );

  test(
    'check inputs, and keep the names of failures',
    async () => {
      expect(await call('resize', { unit: 'kg' })).toMatchObject({
        ok: false,
        failure: { error: 'InvalidTaskInput', cause: expect.stringContaining('width is missing') },
      });
      expect(await call('resize', { width: 101 })).toEqual({
        ok: false,
        failure: { error: 'TooLarge', cause: 'it is too large', retryable: true },
      });
    },
    SLOW,
  );

  test(
    'load what only some inputs need when it is needed',
    async () => {
      expect(await call('match', { text: 'aaa' })).toEqual({ ok: true, output: true });
      expect(await call('http', { url: 'http://127.0.0.1:9/' })).toMatchObject({
        ok: false,
        failure: { error: 'ForbiddenAddress' },
      });
    },
    SLOW,
  );
});

const filesIn = (archive: string) => unzipSync(readFileSync(archive));
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const SCHEMALESS = ['pass', 'match'];
const kb = (bytes: number): string => String(Math.ceil(bytes / 1024));

describe('refuses', () => {
  let problems: BundleRefused['problems'];

  beforeAll(() => {
    const tasks = folderOf('wrong', {
      'syntax.ts': 'const a = 1;\n\nexport const handler = (;',
      'missing.ts': "import './gone.ts';\nexport const handler = () => 1;",
      'package.ts': "\nimport { x } from 'no-such-package';\nexport const handler = () => x;",
      'enum.ts': 'enum Color { Red }\nexport const handler = () => Color.Red;',
      'throws.ts': "export const handler = () => 1;\nthrow new Error('no key');",
      'nothing.ts': 'export const other = 1;',
      'schema.ts': 'export const handler = () => 1; export const inputSchema = { typ: 1 };',
      'wildcard.ts':
        "export const handler = () => 1; export const aws = { permissions: [{ actions: ['s3:*'], resources: ['*'] }] };",
      'twice.ts': 'export const handler = () => 1;',
      'twice.mjs': 'export const handler = () => 1;',
      'map.ts': 'export const handler = () => 1;',
      'picture.ts': "import './lib/dot.png';\nexport const handler = () => 1;",
      'lib/dot.png': '',
      'ends.ts': 'setInterval(() => {}, 1000);\nexport const handler = () => 1;',
    });
    try {
      bundle([tasks, join(folder, 'no-folder')], { outDir: join(folder, 'refused') });
    } catch (error) {
      problems = (error as BundleRefused).problems;
      expect((error as Error).message).toContain('    fix: ');
    }
  }, SLOW);

  test.each([
    ['what does not parse', 'syntax.ts', 3, 'Unexpected ";"', 'Mend it'],
    ['an import of what is not there', 'missing.ts', 1, './gone.ts', 'Mend the path'],
    ['a package that is not installed', 'package.ts', 2, 'no-such-package', 'Install the package'],
    ['syntax that stripping types leaves behind', 'enum.ts', undefined, 'enum', 'write no enums'],
    ['what throws as it loads', 'throws.ts', 2, 'no key', 'Mend it'],
    ['a file without a handler', 'nothing.ts', undefined, 'exports no handler', 'export const handler'],
    ['a schema that is none', 'schema.ts', undefined, 'unknown keyword', 'draft 2020-12'],
    ['wildcard actions', 'wildcard.ts', undefined, 'the wildcard "s3:*"', 'Name each action'],
    ['a type that two files offer', 'twice.ts', undefined, 'twice.mjs offers the type "twice"', 'Keep one'],
    ['a type of the engine', 'map.ts', undefined, 'run by the engine itself', 'another name'],
    ['what is no code', 'picture.ts', undefined, 'dot.png', 'such as S3'],
    ['a folder that is not there', 'no-folder', undefined, 'no such folder', 'taskDirs'],
  ])('%s', (_what, file, line, reason, fix) => {
    const problem = problems.find((each) => each.file.endsWith(file) || each.reason.includes(file));
    expect(problem, file).toBeDefined();
    expect(problem!.reason).toContain(reason);
    expect(problem!.fix).toContain(fix);
    if (line !== undefined) expect(problem!.line).toBe(line);
  });

  test('nothing else', () => {
    expect(
      problems.map(({ file }) => file.split('/').at(-1)!).filter((file) => /ends|lib/.test(file)),
    ).toEqual([]);
    expect(problems).toHaveLength(12);
  });
});
