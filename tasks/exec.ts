/**
 * Runs a program on this host: an argument array, no shell, in a fresh folder that is removed afterwards. Offered only by a host
 * that was started with `--allow-exec`. Output: `{exitCode, stdout, stderr, durationMs, json?}`; `json` where stdout is one JSON value.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { PermanentFailure, type TaskContext } from '../core/task/handler.ts';
import { ForbiddenPath, pathInside } from './lib/host.ts';
import { type ProcessResult, runProcess } from './lib/process-group.ts';

export interface ExecInput {
  command: [string, ...string[]];
  /** Written into the working folder first. */
  files?: Array<{ name: string; content: string; executable?: boolean }>;
  /** Set for the program, beside PATH, LANG and TZ. */
  env?: Record<string, string>;
  /** Names of the host's own variables to hand on, of those that `HOLDFAST_EXEC_ENV` lists. */
  inheritEnv?: string[];
  /** The fresh folder unless given; a relative one is inside it. */
  cwd?: string;
  stdin?: string;
  timeoutMs?: number;
  /** Kept of stdout and of stderr; more is cut and marked. */
  outputBytesMax?: number;
  /** Accepted only to be refused in words: other orchestrators run containers. */
  image?: string;
}

/** As long as a function can run: ten minutes is what a program has unless it is given more. */
export const aws = { timeoutSeconds: 900, memoryMb: 1769 };

export const inputSchema = {
  type: 'object',
  required: ['command'],
  additionalProperties: false,
  properties: {
    command: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 1000 },
    files: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['name', 'content'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 500 },
          content: { type: 'string' },
          executable: { type: 'boolean', default: false },
        },
      },
    },
    env: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 200 },
    inheritEnv: { type: 'array', items: { type: 'string' }, maxItems: 100 },
    cwd: { type: 'string', minLength: 1 },
    stdin: { type: 'string' },
    timeoutMs: { type: 'integer', minimum: 1, maximum: 86_400_000, default: 600_000 },
    outputBytesMax: { type: 'integer', minimum: 0, maximum: 16_777_216, default: 1_048_576 },
    image: { type: 'string' },
  },
};

/** The program ended with another code than 0, or by a signal. */
export class ProcessFailed extends Error {
  override readonly name = 'ProcessFailed';
}

/** The program ran longer than `timeoutMs` and was ended with its children. */
export class ProcessTimeout extends Error {
  override readonly name = 'ProcessTimeout';
}

/** The program can't be started: not installed, not executable. */
export class ProcessNotStarted extends PermanentFailure {
  override readonly name = 'ProcessNotStarted';
}

const PASSED_ON = ['PATH', 'LANG', 'LC_ALL', 'TZ'];
const SHOWN_CHARACTERS = 2_000;

export async function handler(input: ExecInput, context: TaskContext): Promise<JsonObject> {
  if (input.image !== undefined)
    throw new PermanentFailure(
      `"exec" runs programs of this host and can't start the container image "${input.image}". Remove "image" and name a program that is installed here, with "files" by their names in the working folder.`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-exec-'));
  try {
    await writeFiles(folder, input.files ?? []);
    const result = await start(input, folder, context);
    context.signal.throwIfAborted();
    return report(input, result);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: NonNullable<ExecInput['files']>): Promise<void> {
  for (const file of files) {
    const path = await pathInside(folder, file.name);
    if (path === folder)
      throw new ForbiddenPath(`The file name "${file.name}" names the folder itself. Give a file name.`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content, { mode: file.executable === true ? 0o700 : 0o600 });
  }
}

async function start(input: ExecInput, folder: string, context: TaskContext): Promise<ProcessResult> {
  try {
    return await runProcess({
      command: input.command,
      cwd: resolve(folder, input.cwd ?? '.'),
      env: { ...environment(input, folder), HOLDFAST_IDEMPOTENCY_KEY: context.idempotencyKey },
      ...(input.stdin === undefined ? {} : { stdin: input.stdin }),
      timeoutMs: input.timeoutMs ?? 600_000,
      outputBytesMax: input.outputBytesMax ?? 1_048_576,
      signal: context.signal,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    throw new ProcessNotStarted(
      `"${input.command[0]}" can't be started in ${input.cwd ?? 'its working folder'}: ${message}. Install it on this host, or give its full path.`,
    );
  }
}

function environment(input: ExecInput, folder: string): Record<string, string> {
  const allowed = new Set((process.env.HOLDFAST_EXEC_ENV ?? '').split(/[\s,]+/).filter(Boolean));
  const refused = (input.inheritEnv ?? []).filter((name) => !allowed.has(name));
  if (refused.length > 0)
    throw new PermanentFailure(
      `The host doesn't hand on ${refused.join(', ')}. Start it with HOLDFAST_EXEC_ENV=${refused.join(',')}, or set the value in "env".`,
    );
  const env: Record<string, string> = { HOME: folder, TMPDIR: folder, HOLDFAST_WORK_DIR: folder };
  for (const name of [...PASSED_ON, ...(input.inheritEnv ?? [])]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...input.env };
}

function report(input: ExecInput, result: ProcessResult): JsonObject {
  const { exitCode, killedBy, stdout, stderr, durationMs } = result;
  const said = (stderr.trim() || stdout.trim()).slice(-SHOWN_CHARACTERS);
  const words = said === '' ? '.' : `: ${said}`;
  if (result.stopped === 'timeout')
    throw new ProcessTimeout(
      `"${input.command[0]}" ran longer than ${input.timeoutMs ?? 600_000} ms and was ended with its children${words}`,
    );
  if (exitCode !== 0)
    throw new ProcessFailed(
      `"${input.command[0]}" ${exitCode === null ? `was ended by ${killedBy}` : `exited with code ${exitCode}`}${words}`,
    );
  const json = jsonOf(stdout);
  return { exitCode, stdout, stderr, durationMs, ...(json === undefined ? {} : { json }) };
}

function jsonOf(text: string): JsonValue | undefined {
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
