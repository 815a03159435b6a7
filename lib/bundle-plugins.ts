import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { TaskFile } from './task-files.ts';

/** Begins the name of an entry that is made of a task file; its type follows. */
export const TASK_SCHEME = 'holdfast-task:';

/** Makes the module of a task's function: its file, handed to what runs attempts. `root` is Holdfast's folder. */
export function taskEntries(tasks: readonly TaskFile[], root: string): Plugin {
  const files = new Map(tasks.map(({ type, file }) => [type, file]));
  const run = join(root, 'lambdas/run/handler.ts');
  return {
    name: 'task-entries',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${TASK_SCHEME}`) }, ({ path }) => ({
        path: path.slice(TASK_SCHEME.length),
        namespace: 'task',
      }));
      build.onLoad({ filter: /.*/, namespace: 'task' }, ({ path: type }) => ({
        contents: [
          `import * as task from ${JSON.stringify(files.get(type))};`,
          `import { taskFunction } from ${JSON.stringify(run)};`,
          `export const handler = await taskFunction(${JSON.stringify(type)}, task);`,
        ].join('\n'),
        resolveDir: root,
      }));
    },
  };
}

/** Of a package's description only its name and version are asked for. */
export const packageVersions: Plugin = {
  name: 'package-versions',
  setup(build) {
    build.onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8')) as { name: string; version: string };
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

/**
 * Leaves these modules (their paths, and the names of the files) to be imported from files beside, and says which it meets: each is
 * bundled by itself, as what it needs would weigh on all others. The filter is narrow because each path that it lets through is a
 * message to this process and back.
 */
export function bundledApart(files: ReadonlyMap<string, string>, meet: (module: string) => void): Plugin {
  const names = [...files.keys()].map((module) => basename(module).replaceAll('.', '\\.'));
  return {
    name: 'bundled-apart',
    setup(build) {
      build.onResolve({ filter: new RegExp(`/(${names.join('|')})$`) }, ({ path, resolveDir }) => {
        const module = join(resolveDir, path);
        const file = files.get(module);
        if (file === undefined) return undefined;
        meet(module);
        return { path: `./${file}`, external: true };
      });
    },
  };
}
