import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type ExecInput, handler } from '../../tasks/exec.ts';
import { contextOf, useDataDir } from './context.ts';

const node = process.execPath;
const script = (code: string, more: Partial<ExecInput> = {}): ExecInput => ({
  command: [node, '-e', code],
  ...more,
});
const dir = useDataDir();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A killed process stays in the table until somebody reaps it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a program', () => {
  test('gets its arguments as they are, its files and its input; JSON on stdout is read', async () => {
    const code = `
      const fs = require('node:fs');
      const text = fs.readFileSync(0, 'utf8');
      console.log(JSON.stringify({ args: process.argv.slice(1), file: fs.readFileSync('sub/a.txt', 'utf8'), text }));`;
    const output = await handler(
      {
        command: [node, '-e', code, '$(touch x); "quoted"', '*'],
        files: [{ name: 'sub/a.txt', content: 'hello' }],
        stdin: 'typed',
      },
      contextOf(),
    );
    expect(output).toMatchObject({
      exitCode: 0,
      stderr: '',
      json: { args: ['$(touch x); "quoted"', '*'], file: 'hello', text: 'typed' },
    });
  });

  test('sees no variable of the host but those handed on', async () => {
    process.env.HOLDFAST_TEST_SECRET = 'secret';
    process.env.HOLDFAST_TEST_SHARED = 'shared';
    process.env.HOLDFAST_EXEC_ENV = 'HOLDFAST_TEST_SHARED';
    const input = script('console.log(JSON.stringify(process.env))', {
      env: { OWN: '1' },
      inheritEnv: ['HOLDFAST_TEST_SHARED'],
    });
    const { json } = await handler(input, contextOf());
    expect(json).toMatchObject({
      OWN: '1',
      HOLDFAST_TEST_SHARED: 'shared',
      HOLDFAST_IDEMPOTENCY_KEY: 'exe_1/task/1',
    });
    expect(json).not.toHaveProperty('HOLDFAST_TEST_SECRET');
    await expect(handler({ ...input, inheritEnv: ['HOLDFAST_TEST_SECRET'] }, contextOf())).rejects.toThrow(
      'HOLDFAST_EXEC_ENV=HOLDFAST_TEST_SECRET',
    );
  });

  test('leaves no folder behind, whether it succeeds or fails', async () => {
    const { stdout } = await handler(script('console.log(process.cwd())'), contextOf());
    expect(existsSync((stdout as string).trim())).toBe(false);
    const failure = await handler(script('console.error(process.cwd()); process.exit(3)'), contextOf()).catch(
      (error: Error) => error,
    );
    expect(failure).toMatchObject({
      name: 'ProcessFailed',
      message: expect.stringContaining('exited with code 3'),
    });
    expect(existsSync((failure as Error).message.split(': ').at(-1)!.trim())).toBe(false);
  });

  test('may print more than is kept: the rest is counted', async () => {
    const { stdout, exitCode } = await handler(
      script('process.stdout.write("x".repeat(3_000_000))', { outputBytesMax: 1_000 }),
      contextOf(),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${'x'.repeat(1_000)}\n[truncated: 2999000 more bytes]`);
  });
});

describe('ending a program', () => {
  /** Starts a child that would outlive it, both ignoring SIGTERM where `stubborn`. */
  const parent = (file: string, stubborn: boolean) =>
    script(`
      ${stubborn ? "process.on('SIGTERM', () => {});" : ''}
      const { spawn } = require('node:child_process');
      const code = ${JSON.stringify(`${stubborn ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000); console.log('up');`)};
      const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
      child.stdout.once('data', () => require('node:fs').writeFileSync(${JSON.stringify(file)}, String(child.pid)));
      setInterval(() => {}, 1000);`);

  const childOf = async (file: string): Promise<number> => {
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).not.toBe(''), { timeout: 10_000 });
    return Number(readFileSync(file, 'utf8'));
  };

  test.each([
    ['cancel ends it with its children', false],
    ['one that ignores SIGTERM is killed with its children', true],
  ])('%s', async (_what, stubborn) => {
    const file = dir.path('child');
    const controller = new AbortController();
    const outcome = handler(parent(file, stubborn), contextOf({ signal: controller.signal })).catch(
      (error: unknown) => error,
    );
    const child = await childOf(file);
    expect(isAlive(child)).toBe(true);
    controller.abort(new Error('cancelled'));
    expect(await outcome).toMatchObject({ message: 'cancelled' });
    await vi.waitFor(() => expect(isAlive(child)).toBe(false), { timeout: 5_000 });
  });

  test('fails as ProcessTimeout when the time is up', async () => {
    await expect(
      handler(script('setInterval(() => {}, 1000)', { timeoutMs: 200 }), contextOf()),
    ).rejects.toMatchObject({
      name: 'ProcessTimeout',
      message: expect.stringContaining('longer than 200 ms'),
    });
  });

  test('a child left behind by a program that succeeded is ended too', async () => {
    const file = dir.path('child');
    const code = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('node:fs').writeFileSync(${JSON.stringify(file)}, String(child.pid));
      child.unref();
      process.exit(0);`;
    expect(await handler(script(code), contextOf())).toMatchObject({ exitCode: 0 });
    expect(isAlive(await childOf(file))).toBe(false);
  });
});

describe('refuses', () => {
  test.each(['../out.txt', '/etc/passwd', 'a/../../out', '.', 'a\0b'])('the file name %j', async (name) => {
    await expect(
      handler({ command: [node, '-v'], files: [{ name, content: '' }] }, contextOf()),
    ).rejects.toMatchObject({ name: 'ForbiddenPath', retryable: false });
  });

  test('a program that is not there', async () => {
    await expect(handler({ command: ['no-such-program'] }, contextOf())).rejects.toMatchObject({
      name: 'ProcessNotStarted',
      retryable: false,
    });
  });

  test('a container image, in words', async () => {
    await expect(handler({ command: ['python'], image: 'python:3.9-slim' }, contextOf())).rejects.toThrow(
      `can't start the container image "python:3.9-slim"`,
    );
  });

  test('to start once the attempt was stopped', async () => {
    const file = join(dir.path(), 'ran');
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(
      handler(script(`require('node:fs').writeFileSync(${JSON.stringify(file)}, '')`), contextOf({ signal })),
    ).rejects.toThrow('cancelled');
    expect(existsSync(file)).toBe(false);
  });
});
