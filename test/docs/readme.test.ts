/** The code in the documents is put where it says it belongs, and run. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHost } from '../../embedded/host.ts';
import { createLogger } from '../../embedded/log.ts';
import { openOrchestrator } from '../../embedded/orchestrator.ts';
import { blocksOf, blockWith, DOCUMENTS, exists, ROOT } from './documents.ts';
import { commandsOf } from './commands.ts';

const run = promisify(execFile);
const node = (args: string[], cwd: string) => run(process.execPath, args, { cwd, timeout: 20_000 });

const typescript = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'ts');
const isHandler = (text: string) => /export (const|async function) handler/.test(text);

describe('the code of the documents', () => {
  /** Inside the package, so that `holdfast` is this one; kept out of git as any data directory is. */
  let folder: string;
  const put = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };

  beforeAll(async () => {
    await mkdir(join(ROOT, '.holdfast'), { recursive: true });
    folder = await mkdtemp(join(ROOT, '.holdfast', 'docs-'));
    await symlink(join(ROOT, 'core'), join(folder, 'core'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is of the types that it uses', async () => {
    const files = await Promise.all(
      typescript.map(({ document, line, text }) =>
        put(`${isHandler(text) ? 'tasks' : 'programs'}/${document.replaceAll(/\W/g, '-')}-${line}.ts`, text),
      ),
    );
    expect(files.length).toBeGreaterThanOrEqual(3);
    const tsconfig = await put(
      'tsconfig.json',
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.json'),
        include: ['tasks/*.ts', 'programs/*.ts'],
        exclude: [],
      }),
    );
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    const { stdout } = await run(tsc, ['-p', tsconfig]).catch((error: { stdout: string }) => error);
    // What the rest of the package has is said by its own check.
    expect(stdout.split('\n').filter((line) => line.includes(basename(folder)))).toEqual([]);
  });

  test('of the front page runs the workflow of the front page', async () => {
    const { text: handler } = blockWith(
      'README.md',
      ({ language, text }) => language === 'ts' && isHandler(text),
    );
    const { text: workflow } = blockWith('README.md', ({ text }) => text.includes('name: thumbnails'));
    await put('front/tasks/resize.ts', handler);
    await put('front/thumbnails.yaml', workflow);
    const { argv } = commandsOf('README.md').find((command) => command.argv.includes('thumbnails.yaml'))!;
    const cwd = join(folder, 'front');
    const holdfast = (args: string[]) =>
      node([join(ROOT, 'bin', 'holdfast.ts'), ...args, '--json', '--data-dir', 'data'], cwd);

    const { stdout } = await holdfast(argv);
    const ran = JSON.parse(stdout) as { executionId: string };
    expect(ran).toMatchObject({ status: 'SUCCEEDED', output: 'made 12 pages', errors: [] });
    const shown = await holdfast(['show', ran.executionId, '--task', 'resize']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ attempt: 1, output: { width: 100, pages: 12 } });
  });

  test('of the front page uses the library', async () => {
    const program = blockWith('README.md', ({ text }) => text.includes("from 'holdfast'"));
    const file = await put('library/library.ts', program.text);
    const { stdout, stderr } = await node([file], dirname(file));
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      '1 execution.submitted ',
      '2 execution.started ',
      '3 task.started first',
      '4 task.succeeded first',
      '5 task.started second',
      '6 task.succeeded second',
      '7 execution.succeeded ',
      '{ n: 12 }',
    ]);
  });

  test('of the task types offers a type, checks its input and fails as it says', async () => {
    const { text } = blockWith(
      'docs/tasks.md',
      ({ language, text: code }) => language === 'ts' && code.includes('maxConcurrency'),
    );
    const file = await put('own/tasks/pages.ts', text);
    await symlink(join(ROOT, 'core'), join(folder, 'own', 'core'));
    const holdfast = await openOrchestrator({
      dataDir: ':memory:',
      taskDirs: [dirname(file)],
      logger: createLogger('error'),
    });
    const result = async (pages: number) => {
      const tasks = [{ id: 'a', type: 'pages', input: { pages }, retry: { maxAttempts: 3, delayMs: 1 } }];
      return holdfast.result((await holdfast.run({ name: 'own', tasks })).id);
    };
    expect(await result(3)).toMatchObject({ status: 'SUCCEEDED', output: { done: 3, attempt: 1 } });
    expect((await result(101)).errors).toMatchObject([{ error: 'PermanentFailure', attempt: 1 }]);
    expect((await result(0)).errors).toMatchObject([{ error: 'InvalidTaskInput', attempt: 1 }]);
    await holdfast.close();
  });

  test('of a mistake is refused in the words that stand below it', async () => {
    const { text } = blockWith('docs/workflows.md', (block) => block.text.includes('name: broken'));
    const words = blockWith('docs/workflows.md', (block) => block.text.startsWith('error: '));
    const file = await put('broken.yaml', text);
    const refused = node([join(ROOT, 'bin', 'holdfast.ts'), 'validate', 'broken.yaml'], dirname(file));
    await expect(refused).rejects.toMatchObject({ code: 2, stdout: '', stderr: words.text });
  });

  test('of the front page takes work to a node, and its answer back', { timeout: 90_000 }, async () => {
    const token = 'operator-operator';
    const logger = createLogger('silent');
    const host = await openHost({ dataDir: ':memory:', port: 0, token, logger });
    const cwd = join(folder, 'camp');
    const { text } = blockWith('README.md', (block) => block.text.includes('name: shots'));
    const workflow = await put('camp/shots.yaml', text);
    const asked = { api: host.url, headers: { Authorization: `Bearer ${token}` } };
    const joining = await fetch(`${asked.api}/join-tokens`, { method: 'POST', headers: asked.headers });
    const { argv } = commandsOf('README.md').find((command) => command.argv[0] === 'edge')!;
    const given: Record<string, string> = {
      'http://127.0.0.1:3000': host.url,
      TOKEN: ((await joining.json()) as { token: string }).token,
    };
    const edge = spawn(
      process.execPath,
      [join(ROOT, 'bin', 'holdfast.ts'), ...argv.map((word) => given[word] ?? word)],
      { cwd, stdio: 'ignore' },
    );
    try {
      const offers = async () => (await host.orchestrator.network.nodeReports()).length;
      await expect.poll(offers, { timeout: 60_000 }).toBe(1);
      const ran = await node(
        [join(ROOT, 'bin', 'holdfast.ts'), 'run', workflow, '--api', host.url, '--token', token],
        cwd,
      );
      const shown = blockWith('README.md', (block) => block.text.startsWith('$ npx holdfast run shots'));
      const plain = (lines: string) => lines.replaceAll(/^ *\+[\d.]+s|in [\d.]+ m?s|ex_\w+/gm, '…');
      const [, ...lines] = shown.text.trimEnd().split('\n');
      expect(plain(ran.stdout).split('\n').slice(0, lines.length)).toEqual(lines.map(plain));
    } finally {
      edge.kill('SIGKILL');
      await host.close();
    }
  });

  test('imports files that are there', () => {
    const paths = typescript.flatMap(({ text }) =>
      [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => join('tasks', path!)),
    );
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});
