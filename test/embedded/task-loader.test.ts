import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TaskContext } from '../../core/task/handler.ts';
import {
  type LoadedTasks,
  loadTasks,
  type LoadTasksOptions,
  SHIPPED_TASKS,
} from '../../embedded/task-loader.ts';

const logger = { debug() {}, info() {}, warn: vi.fn(), error() {} };
let dir: string;
let loaded: LoadedTasks | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-tasks-'));
  logger.warn.mockClear();
});

afterEach(async () => {
  loaded?.close();
  await rm(dir, { recursive: true, force: true });
});

async function load(options: Partial<LoadTasksOptions> = {}): Promise<LoadedTasks> {
  loaded = await loadTasks({ dirs: [dir], logger, watch: false, ...options });
  return loaded;
}

const save = (name: string, text: string) => writeFile(join(dir, name), text);

function answer(tasks: LoadedTasks, type: string): unknown {
  return tasks.types.offered(type)?.handler({} as never, {} as TaskContext);
}

describe('what is offered', () => {
  test('the shipped types, exec only where it was allowed', async () => {
    const without = await load();
    expect(without.types.names()).toEqual([
      'cleanup',
      'data-collection',
      'data-processing',
      'http',
      'integration',
      'pass',
      'processing',
      'reporting',
      'transform',
      'validation',
    ]);
    expect(await without.types.find('exec')).toBeUndefined();
    const allowed = await load({ allowExec: true });
    expect(await allowed.types.find('exec')).toEqual({ type: 'exec', functionName: 'exec' });
  });

  test('a file is a type of its name, by a named or a default export, in TypeScript or JavaScript', async () => {
    await save('resize.ts', 'export const handler = (input: unknown): string => "resized";');
    await save('crop.mjs', 'export default () => "cropped"; export const maxConcurrency = 2;');
    await save('whole.js', 'export default { handler: () => "whole", maxConcurrency: 3 };');
    await save('notes.md', 'no task');
    await save('resize.test.ts', 'no task');
    const tasks = await load();
    expect(answer(tasks, 'resize')).toBe('resized');
    expect(answer(tasks, 'crop')).toBe('cropped');
    expect(await tasks.types.find('crop')).toMatchObject({ maxConcurrency: 2 });
    expect(await tasks.types.find('whole')).toMatchObject({ maxConcurrency: 3 });
    expect(tasks.problems()).toEqual([]);
  });

  test('the own file wins over a shipped type, with a warning', async () => {
    await save('pass.ts', 'export const handler = () => "mine";');
    const tasks = await load();
    expect(answer(tasks, 'pass')).toBe('mine');
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringMatching(/^"pass" is taken from .*pass\.ts, in place of/),
    );
  });

  test('the shipped folder named as the own one is taken once', async () => {
    const tasks = await load({ dirs: [SHIPPED_TASKS] });
    expect(await tasks.types.find('exec')).toBeUndefined();
    expect(await tasks.types.find('pass')).toBeDefined();
    expect(logger.warn).not.toHaveBeenCalled();
  });

  test('handlers of the program itself win over files', async () => {
    const tasks = await load({
      inline: { pass: () => 'inline', double: { handler: (n: never) => n, maxConcurrency: 1 } },
    });
    expect(answer(tasks, 'pass')).toBe('inline');
    expect(await tasks.types.find('double')).toMatchObject({ maxConcurrency: 1 });
  });

  test('an input schema is checked in words', async () => {
    await save(
      'size.ts',
      'export const handler = () => 1; export const inputSchema = { required: ["url"] };',
    );
    const tasks = await load();
    expect(await tasks.types.offered('size')?.check?.({})).toEqual(['url is missing']);
    expect(await tasks.types.offered('http')?.check?.({ url: 'x', verb: 'GET' })).toEqual([
      'verb is not known here',
    ]);
  });

  test('refuses a handler of the program that is none', async () => {
    await expect(load({ inline: { odd: {} as never } })).rejects.toMatchObject({ name: 'UnusableTaskFile' });
  });
});

describe('refuses a file', () => {
  test.each([
    ['without a handler', 'a.ts', 'export const other = 1;', 'it exports no handler', undefined],
    [
      'whose handler is no function',
      'a.ts',
      'export const handler = 1;',
      'its handler is no function',
      undefined,
    ],
    [
      'that imports what is not there',
      'a.ts',
      'import "./gone.ts";\nexport const handler = () => 1;',
      'Cannot find',
      undefined,
    ],
    [
      'that throws as it loads',
      'a.ts',
      'export const handler = () => 1;\nthrow new Error("no key");',
      'no key',
      2,
    ],
    [
      'named like a type of the engine',
      'wait.ts',
      'export const handler = () => 1;',
      'run by the engine',
      undefined,
    ],
    [
      'whose name is no type',
      'a b.ts',
      'export const handler = () => 1;',
      "can't be the name of a type",
      undefined,
    ],
    [
      'with a wrong schema',
      'a.ts',
      'export const handler = () => 1; export const inputSchema = { typ: 1 };',
      'unknown keyword',
      undefined,
    ],
    [
      'with a wrong limit',
      'a.ts',
      'export const handler = () => 1; export const maxConcurrency = 0;',
      '"maxConcurrency" is 0',
      undefined,
    ],
    [
      'with a wrong wish for AWS',
      'a.ts',
      'export const handler = () => 1; export const aws = { memory: 1024 };',
      '"aws" has no field "memory"',
      undefined,
    ],
  ])('%s', async (_what, name, text, reason, line) => {
    await save(name, text);
    const onProblem = vi.fn();
    const tasks = await load({ onProblem });
    expect(onProblem).toHaveBeenCalledOnce();
    expect(tasks.problems()).toMatchObject([
      { file: expect.stringContaining(name), reason: expect.stringContaining(reason) },
    ]);
    if (line !== undefined) expect(tasks.problems()[0]?.line).toBe(line);
    expect(tasks.problems()[0]?.fix).not.toBe('');
  });

  // In a process of its own: the test runner compiles TypeScript in its own way.
  test.each([
    ['that does not parse', 'const a = 1;\nexport const handler = (;', 2, 'Expression expected'],
    [
      'with syntax that stripping types leaves behind',
      '\n\nenum A { B }\nexport const handler = () => 1;',
      3,
      'enum',
    ],
  ])('%s, with its line', async (_what, text, line, reason) => {
    await save('a.ts', text);
    const script = `
      import { loadTasks } from './embedded/task-loader.ts';
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const { problems } = await loadTasks({ dirs: [${JSON.stringify(dir)}], logger, watch: false });
      console.log(JSON.stringify(problems()));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(SHIPPED_TASKS, '..'),
    });
    expect(JSON.parse(stdout)).toMatchObject([{ line, reason: expect.stringContaining(reason) }]);
  });

  test('that offers the type of another file beside it', async () => {
    await save('a.ts', 'export const handler = () => 1;');
    await save('a.mjs', 'export const handler = () => 2;');
    const tasks = await load();
    expect(answer(tasks, 'a')).toBe(2);
    expect(tasks.problems()).toMatchObject([{ file: expect.stringContaining('a.ts') }]);
  });
});

describe('saving a file', () => {
  const within = { timeout: 10_000, interval: 20 };

  test('a new type is offered, a change taken up, a mistake leaves the version before in force', async () => {
    const onOffered = vi.fn();
    const tasks = await load({ watch: true, onOffered });
    await save('resize.ts', 'export const handler = () => "first";');
    await vi.waitFor(() => expect(onOffered).toHaveBeenCalledWith('resize'), within);
    expect(answer(tasks, 'resize')).toBe('first');

    await save('resize.ts', 'export const handler = () => "second";');
    await vi.waitFor(() => expect(answer(tasks, 'resize')).toBe('second'), within);

    await save('resize.ts', 'export const handler = (;');
    await vi.waitFor(() => expect(tasks.problems()).toHaveLength(1), within);
    expect(answer(tasks, 'resize')).toBe('second');

    await save('resize.ts', 'export const handler = () => "mended";');
    await vi.waitFor(() => expect(answer(tasks, 'resize')).toBe('mended'), within);
    expect(tasks.problems()).toEqual([]);
    expect(onOffered).toHaveBeenCalledTimes(1);
  });

  test('a type goes with its file, and the shipped one comes back', async () => {
    await save('pass.ts', 'export const handler = () => "mine";');
    await save('own.ts', 'export const handler = () => 1;');
    const tasks = await load({ watch: true });
    await rm(join(dir, 'own.ts'));
    await rm(join(dir, 'pass.ts'));
    await vi.waitFor(() => expect(tasks.types.offered('own')).toBeUndefined(), within);
    await vi.waitFor(() => expect(answer(tasks, 'pass')).toEqual({}), within);
  });

  test('a folder that is made later is noticed', async () => {
    const later = join(dir, 'tasks');
    const onOffered = vi.fn();
    await load({ dirs: [later], watch: true, onOffered });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await mkdir(later);
    await save('tasks/late.ts', 'export const handler = () => 1;');
    await vi.waitFor(() => expect(onOffered).toHaveBeenCalledWith('late'), within);
  });
});
