/** Bundles in a process of its own. It is asked by its argument, and answers on its last line. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TaskFileProblem, UnusableTaskFile } from '../core/task/task-file.ts';
import {
  BuildFailed,
  buildFunctions,
  type BuildOptions,
  type BuiltFunction,
  type FunctionSource,
} from './bundle-build.ts';
import type { BundledTask, BundleOptions } from './bundle.ts';
import { findTaskFiles, readDeclaration, type TaskFile } from './task-files.ts';

export interface BundleRequest extends BundleOptions {
  taskDirs: readonly string[];
}

export type BundleAnswer =
  | { functions: BuiltFunction[]; tasks: BundledTask[] }
  | { problems: TaskFileProblem[] };

const ROOT = resolve(import.meta.dirname, '..');
const CAPABILITIES = join(ROOT, 'lambdas');
/**
 * These post to sockets. Who shares a run shares files, and loads all of a file: with these in one run, the others would load the
 * SDK's REST protocols too, though DynamoDB, Step Functions and SQS speak JSON.
 */
const SPEAK_REST = new Set(['report', 'socket']);

export async function bundleFunctions(request: BundleRequest): Promise<BundleAnswer> {
  const { taskDirs, exec = false, sourceMaps, outDir = defaultOutDir(request) } = request;
  const problems: TaskFileProblem[] = [];
  const unbuilt: TaskFileProblem[] = [];
  const files = await findTaskFiles(taskDirs, exec, problems);
  const engine = capabilities().map((name) => ({
    name,
    entry: { module: join(CAPABILITIES, name, 'handler.ts') },
  }));
  const groups: (BuildOptions & { functions: FunctionSource[] })[] = [
    { functions: engine.filter(({ name }) => !SPEAK_REST.has(name)), outDir, sourceMaps },
    { functions: engine.filter(({ name }) => SPEAK_REST.has(name)), outDir, sourceMaps },
    // A failure without a `name` of its own is known by that of its class.
    {
      functions: files.map((task) => ({ name: nameOf(task), entry: { task } })),
      outDir,
      sourceMaps,
      keepNames: true,
    },
  ];
  const note = (error: unknown): undefined => {
    if (error instanceof BuildFailed) unbuilt.push(...error.problems);
    else if (error instanceof UnusableTaskFile) problems.push(error.problem);
    else throw error;
  };
  const [built, declared] = await Promise.all([
    Promise.all(groups.map(({ functions, ...how }) => buildFunctions(functions, how).catch(note))),
    Promise.all(files.map((file) => readDeclaration(file).catch(note))),
  ]);
  if (unbuilt.length + problems.length > 0) return { problems: oneOfEach([...unbuilt, ...problems]) };
  return {
    functions: built.flatMap((group) => group ?? []),
    tasks: declared.map((task) => ({ ...task!, archive: join(outDir, `${nameOf(task!)}.zip`) })),
  };
}

/** Every capability with a handler; that of `run` becomes one function a task type. */
function capabilities(): string[] {
  const names = readdirSync(CAPABILITIES).sort();
  return names.filter((name) => name !== 'run' && existsSync(join(CAPABILITIES, name, 'handler.ts')));
}

const nameOf = ({ type }: Pick<TaskFile, 'type'>): string => `run/${type}`;

function defaultOutDir({ taskDirs, exec, sourceMaps }: BundleRequest): string {
  const choice = JSON.stringify([taskDirs, exec ?? false, sourceMaps ?? false]);
  const plain = choice === '[[],false,false]';
  const hash = createHash('sha256').update(choice).digest('hex').slice(0, 8);
  return join(ROOT, 'dist', plain ? 'lambdas' : `lambdas-${hash}`);
}

/** What fails to build fails to load, too. The first of a file's is enough: that of the build knows its line. */
function oneOfEach(problems: readonly TaskFileProblem[]): TaskFileProblem[] {
  const seen = new Map<string, TaskFileProblem>();
  for (const problem of problems) if (!seen.has(problem.file)) seen.set(problem.file, problem);
  return [...seen.values()];
}

if (import.meta.main) {
  const answer = await bundleFunctions(JSON.parse(process.argv[2]!) as BundleRequest);
  // Task files may hold the process open: timers, connections.
  process.stdout.write(`\n${JSON.stringify(answer)}\n`, () => process.exit());
}
