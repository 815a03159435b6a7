import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Leaves these modules to be imported from files beside: each is bundled by itself, as what it needs would weigh on all others. */
export function bundledApart(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'bundled-apart',
    setup(build) {
      build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
        const file = files.get(join(resolveDir, path));
        return file === undefined ? undefined : { path: `./${file}`, external: true };
      });
    },
  };
}
