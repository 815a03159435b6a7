/** Which task types a deployment gets, and what their files say of them. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HoldfastError } from '../core/errors.ts';
import type { AwsTaskOptions } from '../core/task/handler.ts';
import { compileInputCheck } from '../core/task/input-check.ts';
import {
  importFailed,
  readTaskModule,
  refuseType,
  type TaskFileProblem,
  typeOfFile,
  UnusableTaskFile,
} from '../core/task/task-file.ts';

export interface TaskFile {
  type: string;
  file: string;
  /** It comes with Holdfast. */
  shipped: boolean;
}

export interface DeclaredTask {
  type: string;
  file: string;
  maxConcurrency?: number;
  aws?: AwsTaskOptions;
}

const SHIPPED = resolve(import.meta.dirname, '..', 'tasks');

/**
 * One file a type: the shipped ones, then those of each folder; a later one wins. `exec`, which runs programs, only when asked for.
 * What can't be offered goes to `problems`.
 */
export async function findTaskFiles(
  taskDirs: readonly string[],
  exec: boolean,
  problems: TaskFileProblem[],
): Promise<TaskFile[]> {
  const found = new Map<string, TaskFile>();
  for (const dir of [SHIPPED, ...taskDirs.map((each) => resolve(each))]) {
    const here = new Map<string, TaskFile>();
    for (const task of await listFolder(dir, problems)) {
      const { type, file, shipped } = task;
      if (shipped && type === 'exec' && !exec) continue;
      const refusal = refuseType(type) ?? refuseTwice(type, here.get(type));
      if (refusal) problems.push({ file, ...refusal });
      else here.set(type, task);
    }
    for (const [type, task] of here) found.set(type, task);
  }
  return [...found.values()].sort((a, b) => byCode(a.type, b.type));
}

/** The same order on every machine. */
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function listFolder(dir: string, problems: TaskFileProblem[]): Promise<TaskFile[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such folder' : error.message;
    problems.push({ file: dir, reason, fix: 'Name folders of task files in `taskDirs`, or leave it out.' });
    return [];
  });
  const files: TaskFile[] = [];
  for (const name of names.toSorted(byCode)) {
    const type = typeOfFile(name);
    if (type === undefined || !(await stat(join(dir, name))).isFile()) continue;
    files.push({ type, file: await realpath(join(dir, name)), shipped: dir === SHIPPED });
  }
  return files;
}

function refuseTwice(type: string, other: TaskFile | undefined) {
  return (
    other && { reason: `${other.file} offers the type "${type}" already`, fix: 'Keep one of the two files.' }
  );
}

/**
 * Reads what a task file says by importing it, as every host does: whatever it does as it loads, it does here too.
 * Errors: `UnusableTaskFile`.
 */
export async function readDeclaration({ type, file, shipped }: TaskFile): Promise<DeclaredTask> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw importFailed(file, error, 'Mend it, and deploy again.');
  }
  const { inputSchema, maxConcurrency, aws } = readTaskModule(module, file);
  // The shipped ones are known to be right, and compiling takes a while.
  if (inputSchema && !shipped) await checkSchema(inputSchema, file);
  return { type, file, maxConcurrency, aws };
}

async function checkSchema(schema: object, file: string): Promise<void> {
  try {
    await compileInputCheck(schema);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new UnusableTaskFile({ file, reason: `"inputSchema": ${error.message}`, fix: error.fix });
  }
}
