/** Offers the shipped task types and the user's own, and takes up files as they are saved. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { EmbeddedTaskTypes } from '../adapters/embedded/task-types.ts';
import type { Logger, TaskHandler, TaskModule } from '../core/task/handler.ts';
import { refuseType, type TaskFileProblem, typeOfFile, UnusableTaskFile } from '../core/task/task-file.ts';
import { watchFolder } from './folder-watch.ts';
import { importTask, taskOf } from './task-module.ts';

export interface LoadTasksOptions {
  /** Folders of task files; the name of a file without its extension is its type. Later ones win. A missing folder may appear later. */
  dirs: string[];
  /** Offers `exec`. @default false */
  allowExec?: boolean;
  /** Handlers of the program itself; they win over files. */
  inline?: Record<string, TaskHandler | TaskModule>;
  /** Takes up files as they are saved. @default true */
  watch?: boolean;
  logger: Logger;
  /** A type that nobody offered before; tasks parked for it can go on. Not called for what is offered at the start. */
  onOffered?: (type: string) => void;
  /** A file that can't be offered; what was offered before stays in force. */
  onProblem?: (problem: TaskFileProblem) => void;
}

export interface LoadedTasks {
  types: EmbeddedTaskTypes;
  /** What is wrong with the files, now. */
  problems(): TaskFileProblem[];
  close(): void;
}

interface TaskFile {
  file: string;
  stamp: string;
  shipped: boolean;
}

export const SHIPPED_TASKS = resolve(import.meta.dirname, '..', 'tasks');

export async function loadTasks(options: LoadTasksOptions): Promise<LoadedTasks> {
  const { logger, allowExec = false, inline = {} } = options;
  const types = new EmbeddedTaskTypes();
  const shippedDir = await realPathOf(SHIPPED_TASKS);
  const ownDirs = [...new Set(await Promise.all(options.dirs.map((dir) => realPathOf(dir))))];
  const dirs = [...new Set([shippedDir, ...ownDirs])];
  /** By type: the file in force, or the last one that couldn't be used. */
  const seen = new Map<string, TaskFile>();
  const problems = new Map<string, TaskFileProblem>();
  let started = false;

  for (const [type, module] of Object.entries(inline))
    types.offer(type, await taskOf(module, `inline ${type}`));

  function report(problem: TaskFileProblem): void {
    problems.set(problem.file, problem);
    logger.error(`task file: ${problem.reason}`, { ...problem });
    options.onProblem?.(problem);
  }

  async function take(type: string, found: TaskFile): Promise<void> {
    const before = seen.get(type);
    if (before?.file === found.file && before.stamp === found.stamp) return;
    seen.set(type, found);
    try {
      const task = await importTask(found.file, found.stamp, found.shipped);
      problems.delete(found.file);
      const isNew = types.offer(type, task);
      if (!started) return;
      logger.info(isNew ? `offers "${type}"` : `"${type}" is reloaded`, { file: found.file });
      if (isNew) options.onOffered?.(type);
    } catch (error) {
      if (!(error instanceof UnusableTaskFile)) throw error;
      report(error.problem);
    }
  }

  async function scan(): Promise<void> {
    const found = new Map<string, TaskFile>();
    for (const dir of dirs) {
      for (const file of await taskFiles(dir, dir === shippedDir)) {
        const type = typeOfFile(basename(file.file))!;
        if (Object.hasOwn(inline, type) || (type === 'exec' && file.shipped && !allowExec)) continue;
        const refusal = nameRefusal(type, file.file, found.get(type), dir);
        if (refusal !== undefined) {
          if (!problems.has(file.file)) report(refusal);
          continue;
        }
        const shadowed = found.get(type);
        if (shadowed && seen.get(type)?.file !== file.file)
          logger.warn(`"${type}" is taken from ${file.file}, in place of ${shadowed.file}`);
        found.set(type, file);
      }
    }
    await Promise.all([...found].map(([type, file]) => take(type, file)));
    for (const [type, { file }] of seen) {
      if (found.has(type)) continue;
      seen.delete(type);
      problems.delete(file);
      if (types.withdraw(type)) logger.warn(`"${type}" is no longer offered: its file is gone`, { file });
    }
  }

  await scan();
  started = true;
  // One after another: two scans at once could put an older version in force.
  let turn = Promise.resolve();
  const rescan = () => {
    turn = turn.then(scan).catch((error: unknown) => {
      logger.error('the task folders could not be read again', { error: String(error) });
    });
  };
  const watchers = options.watch === false ? [] : ownDirs.map((dir) => watchFolder(dir, rescan));
  return {
    types,
    problems: () => [...problems.values()],
    close: () => watchers.forEach((watcher) => watcher.close()),
  };
}

async function taskFiles(dir: string, shipped: boolean): Promise<TaskFile[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => !entry.isDirectory() && typeOfFile(entry.name) !== undefined)
    .map((entry) => entry.name)
    .sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(dir, name);
      const info = await stat(file).catch(() => undefined);
      return info?.isFile() ? { file, stamp: `${info.mtimeMs}-${info.size}`, shipped } : undefined;
    }),
  );
  return files.filter((file) => file !== undefined);
}

function nameRefusal(
  type: string,
  file: string,
  other: TaskFile | undefined,
  dir: string,
): TaskFileProblem | undefined {
  const refusal = refuseType(type);
  if (refusal) return { file, ...refusal };
  if (other !== undefined && parse(other.file).dir === dir)
    return {
      file,
      reason: `${other.file} offers the type "${type}" already`,
      fix: 'Keep one of the two files.',
    };
  return undefined;
}

/** The same folder under two names is one folder. */
async function realPathOf(dir: string): Promise<string> {
  return realpath(dir).catch(() => resolve(dir));
}
