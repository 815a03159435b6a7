import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Plugin, transform, type TransformFailure } from 'esbuild';
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

/**
 * Keeps the names of classes in task files and in what stands around their folders: a failure without a `name` of its own is known
 * by that of its class. esbuild's own option keeps all names, which would make each function a fifteenth larger.
 */
export function classNames(tasks: readonly TaskFile[], root: string): Plugin {
  const folders = [...new Set(tasks.map(({ file }) => `${dirname(file)}/`))];
  const around = folders.map((folder) => (folder.startsWith(root) ? folder : `${dirname(folder)}/`));
  const filter = new RegExp(`^(?:${around.map(escaped).join('|')}).*\\.(?:ts|mts|js|mjs)$`);
  const isOwn = (path: string) =>
    !path.includes('/node_modules/') &&
    (!path.startsWith(root) || folders.some((folder) => path.startsWith(folder)));
  return {
    name: 'class-names',
    setup(build) {
      if (folders.length === 0) return;
      build.onLoad({ filter }, async ({ path }) => {
        if (!isOwn(path)) return undefined;
        try {
          const { code } = await transform(await readFile(path, 'utf8'), {
            sourcefile: path,
            loader: path.endsWith('ts') ? 'ts' : 'js',
            keepNames: true,
            target: 'node24',
            sourcemap: 'inline',
            sourcesContent: false,
            tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
            logLevel: 'silent',
          });
          return { contents: code, loader: 'js', resolveDir: dirname(path) };
        } catch (error) {
          return { errors: (error as TransformFailure).errors };
        }
      });
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

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
