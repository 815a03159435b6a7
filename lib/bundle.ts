/**
 * The functions' bundles. It all happens in a process of its own: constructs can't wait for promises, and what task files do as they
 * are imported for what they declare, they don't do to the program that deploys.
 */
import { execFile, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { HoldfastError } from '../core/errors.ts';
import type { TaskFileProblem } from '../core/task/task-file.ts';
import type { BuiltFunction } from './bundle-build.ts';
import type { BundleAnswer, BundleRequest } from './bundle-process.ts';
import type { DeclaredTask } from './task-files.ts';

/** The functions' bundles: zip files with an `index.mjs` each, whose `handler` is the function. */
export interface Bundles {
  /** The path of the zip file of a function of the engine. */
  archive(name: string): string;
  tasks: readonly BundledTask[];
  /** Every function, with its size. */
  functions: readonly BuiltFunction[];
}

/** A task type's bundle, and what its file says of it. */
export interface BundledTask extends DeclaredTask {
  archive: string;
}

export interface BundleOptions {
  /**
   * Offers `exec`, which runs programs in the function.
   * @default false
   */
  exec?: boolean;
  /**
   * Puts source maps beside the code; set NODE_OPTIONS=--enable-source-maps on the functions to use them.
   * @default false
   */
  sourceMaps?: boolean;
  /**
   * The folder that gets the zip files.
   * @default dist/lambdas in Holdfast's folder, and a folder beside it for each other choice of tasks
   */
  outDir?: string;
}

/** Functions that can't be bundled, and what to do about each. */
export class BundleRefused extends HoldfastError {
  override readonly name = 'BundleRefused';
  override readonly kind = 'invalid';
  readonly problems: readonly TaskFileProblem[];

  constructor(problems: readonly TaskFileProblem[]) {
    const lines = problems.map(({ file, line, reason, fix }) => {
      const at = line === undefined ? file : `${file}:${line}`;
      return `${at}: ${reason}\n    fix: ${fix}`;
    });
    super(lines.join('\n'), problems.length === 1 ? problems[0]!.fix : 'Mend each of the listed problems.');
    this.problems = problems;
  }
}

const SECONDS_MAX = 60;
const PROCESS = join(import.meta.dirname, 'bundle-process.ts');
const PROCESS_OPTIONS = {
  encoding: 'utf8',
  timeout: SECONDS_MAX * 1000,
  killSignal: 'SIGKILL',
  maxBuffer: 64 * 1024 * 1024,
  // esbuild ends with it, so what it would collect meanwhile isn't worth the half second.
  env: { GOGC: 'off', GOMEMLIMIT: '1GiB', ...process.env },
} as const;
const known = new Map<string, Bundles>();

/**
 * Bundles the functions of the engine, the shipped task types and those of `taskDirs`, of which a later one wins; once a process for
 * equal arguments. Errors: `BundleRefused`.
 */
export function bundle(taskDirs: readonly string[] = [], options: BundleOptions = {}): Bundles {
  const request = requestOf(taskDirs, options);
  const found = known.get(request);
  if (found) return found;
  const { stdout, stderr, error, signal } = spawnSync(process.execPath, [PROCESS, request], PROCESS_OPTIONS);
  return keep(request, stdout, () => noAnswer(error ?? signal ?? 'it ended', stderr));
}

/** As `bundle`, while the caller goes on loading. */
export function bundleAside(taskDirs: readonly string[] = [], options: BundleOptions = {}): Promise<Bundles> {
  const request = requestOf(taskDirs, options);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [PROCESS, request], PROCESS_OPTIONS, (error, stdout, stderr) => {
      try {
        resolve(keep(request, stdout, () => noAnswer(error?.signal ?? error ?? 'it ended', stderr)));
      } catch (refusal) {
        reject(refusal as Error);
      }
    });
  });
}

function requestOf(taskDirs: readonly string[], options: BundleOptions): string {
  const request: BundleRequest = {
    ...options,
    ...(options.outDir === undefined ? {} : { outDir: resolve(options.outDir) }),
    taskDirs: taskDirs.map((dir) => resolve(dir)),
  };
  return JSON.stringify(request);
}

function keep(request: string, stdout: string | null, whyNone: () => TaskFileProblem): Bundles {
  const answer = answerIn(stdout);
  if (answer === undefined) throw new BundleRefused([whyNone()]);
  if ('problems' in answer) throw new BundleRefused(answer.problems);
  const archives = new Map(answer.functions.map(({ name, archive }) => [name, archive]));
  const bundles: Bundles = {
    ...answer,
    archive(name) {
      const archive = archives.get(name);
      if (archive === undefined)
        throw new Error(`There is no function "${name}": lambdas/${name}/handler.ts is missing.`);
      return archive;
    },
  };
  known.set(request, bundles);
  return bundles;
}

/** Its last line: task files may print as they load. */
function answerIn(stdout: string | null): BundleAnswer | undefined {
  const line = stdout?.trimEnd().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as BundleAnswer) : undefined;
}

function noAnswer(how: Error | string, stderr: string | null): TaskFileProblem {
  const isSlow = how === 'SIGKILL' || (how as NodeJS.ErrnoException).code === 'ETIMEDOUT';
  return {
    file: PROCESS,
    reason: isSlow
      ? `bundling took longer than ${SECONDS_MAX} s`
      : `bundling gave no answer: ${how instanceof Error ? how.message : how} ${stderr ?? ''}`.trim(),
    fix: isSlow
      ? 'A task file that never ends loading keeps it waiting: open connections in the handler, not as the file loads.'
      : 'A task file must not end the process that imports it. Use Node 24, by `npm run` or node_modules/.bin/node.',
  };
}
