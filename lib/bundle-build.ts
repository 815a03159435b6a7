/**
 * All functions in one esbuild run. What several of them have in common is compiled once and copied beside each, so that a folder
 * is all that a function needs; what is imported while running (`import()`) stays in files of its own.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import type { TaskFileProblem } from '../core/task/task-file.ts';
import { bundledApart, packageVersions, TASK_SCHEME, taskEntries } from './bundle-plugins.ts';
import type { TaskFile } from './task-files.ts';

/** What a function is made of. */
export interface FunctionSource {
  /** The folder that it gets, below that of all functions. */
  name: string;
  /** A module that exports `handler`, or a task file, which `lambdas/run/handler.ts` makes a handler of. */
  entry: { module: string } | { task: TaskFile };
}

export interface BuiltFunction {
  name: string;
  /** Holds `index.mjs` and what it imports. */
  folder: string;
  /** Of the code that is loaded when the function starts. */
  startBytes: number;
  /** Files that are loaded only when something needs them, by what they are mostly made of. */
  later: { holds: string; bytes: number }[];
}

export interface BuildOptions {
  /** Where the folders go. */
  outDir: string;
  /** Puts source maps beside the code. @default false */
  sourceMaps?: boolean;
  /** Classes and functions keep their names, which makes a bundle a fifteenth larger. @default false */
  keepNames?: boolean;
}

/** What could not be built, with the place of each mistake. */
export class BuildFailed extends Error {
  override readonly name = 'BuildFailed';
  readonly problems: TaskFileProblem[];

  constructor(problems: TaskFileProblem[]) {
    super(problems.map(({ file, reason }) => `${file}: ${reason}`).join('\n'));
    this.problems = problems;
  }
}

const ROOT = resolve(import.meta.dirname, '..');

/** Parts of the SDK that a Lambda function has no use for, and what it gets instead: 45 KB less to load at the start, 140 in all. */
const STAND_INS = {
  '@aws-sdk/credential-provider-node': join(ROOT, 'adapters/aws/environment-credentials.ts'),
  '@aws-sdk/endpoint-cache': join(ROOT, 'adapters/aws/endpoint-cache.ts'),
};

/** Modules in bundles of their own: what they need of the SDK would otherwise be loaded by every function, 17 KB each. */
const APART = new Map([[join(ROOT, 'adapters/aws/clients/iot.ts'), 'iot.mjs']]);

/** CommonJS packages ask for Node's modules through a `require` that ES modules don't have. */
const REQUIRE_BANNER =
  'import{createRequire as __holdfastRequire}from"node:module";const require=__holdfastRequire(import.meta.url);\n';
const NEEDS_REQUIRE = 'Dynamic require of';

/** Ends the name of a file that is still being written. */
const FRESH = '.fresh';

type Outputs = esbuild.Metafile['outputs'];

const COMMON = {
  absWorkingDir: ROOT,
  // Beside each other, so that they find each other under the same paths wherever they are copied to.
  outdir: ROOT,
  outExtension: { '.js': '.mjs' },
  chunkNames: '[hash]',
  write: false,
  metafile: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  alias: STAND_INS,
  minify: true,
  legalComments: 'none',
  sourcesContent: false,
  // As when types are stripped: what isn't imported as a type is there.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  logLevel: 'silent',
} satisfies esbuild.BuildOptions;

/** Errors: `BuildFailed`. */
export async function buildFunctions(
  functions: readonly FunctionSource[],
  { outDir, sourceMaps = false, keepNames = false }: BuildOptions,
): Promise<BuiltFunction[]> {
  const tasks = functions.flatMap(({ entry }) => ('task' in entry ? entry.task : []));
  const common = { ...COMMON, keepNames, sourcemap: sourceMaps ? ('linked' as const) : false };
  const { outputFiles, metafile } = await run({
    ...common,
    entryPoints: functions.map(({ entry }, index) => ({
      in: 'task' in entry ? `${TASK_SCHEME}${entry.task.type}` : entry.module,
      out: `entry-${index}`,
    })),
    splitting: true,
    plugins: [bundledApart(APART), taskEntries(tasks, ROOT), packageVersions],
  });
  const apart = await Promise.all([...APART].map((module) => buildApart(module, metafile.outputs, common)));
  for (const { files, outputs } of apart) {
    outputFiles.push(...files);
    Object.assign(metafile.outputs, outputs);
  }

  const texts = new Map(outputFiles.map(({ path, text }) => [relative(ROOT, path), text]));
  const built = functions.map(({ name }, index) => {
    const entry = `entry-${index}.mjs`;
    const start = reached(metafile.outputs, entry, ['import-statement']);
    const all = reached(metafile.outputs, entry, ['import-statement', 'dynamic-import']);
    const files = new Map(
      [...all].flatMap((file) => filesOf(file, file === entry ? 'index.mjs' : file, texts)),
    );
    const bytes = (path: string) => metafile.outputs[path]!.bytes;
    const later = [...all].filter((file) => !start.has(file));
    return {
      name,
      folder: join(outDir, name),
      files,
      startBytes: [...start].reduce((sum, file) => sum + bytes(file), 0),
      later: later.map((file) => ({ holds: mostOf(metafile.outputs[file]!), bytes: bytes(file) })),
    };
  });
  await writeFolders(built);
  return built.map(({ name, folder, startBytes, later }) => ({ name, folder, startBytes, later }));
}

/** Nothing where no function imports it. */
async function buildApart(
  [module, file]: [string, string],
  importing: Outputs,
  common: typeof COMMON,
): Promise<{ files: esbuild.OutputFile[]; outputs: Outputs }> {
  const imports = Object.values(importing).flatMap((output) => output.imports);
  if (!imports.some(({ path }) => path === `./${file}`)) return { files: [], outputs: {} };
  const out = file.replace(/\.mjs$/, '');
  const { outputFiles: files, metafile } = await run({
    ...common,
    entryPoints: [{ in: module, out }],
    plugins: [packageVersions],
  });
  return { files, outputs: metafile.outputs };
}

async function run(options: esbuild.BuildOptions & { write: false; metafile: true }) {
  try {
    return await esbuild.build(options);
  } catch (error) {
    const { errors } = error as esbuild.BuildFailure;
    if (!Array.isArray(errors)) throw error;
    throw new BuildFailed(errors.map(problemOf));
  }
}

function problemOf({ text, location, notes }: esbuild.Message): TaskFileProblem {
  const fix = /^Could not resolve "(\.?)/.exec(text);
  return {
    file: location ? resolve(ROOT, location.file) : ROOT,
    ...(location ? { line: location.line } : {}),
    reason: `it can't be bundled: ${text}`,
    fix: fix
      ? fix[1] === ''
        ? 'Install the package where the file finds it.'
        : 'Mend the path; imports of files need their extension (./lib.ts).'
      : /No loader is configured/.test(text)
        ? 'A function holds code and JSON only: read other files from where they are kept, such as S3.'
        : ['Mend it, and deploy again.', ...notes.map((note) => note.text)].join(' '),
  };
}

/** A file and all that it imports in these ways, and they import in turn. */
function reached(
  outputs: Outputs,
  from: string,
  kinds: readonly string[],
  seen = new Set<string>(),
): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const { path, kind } of outputs[from]!.imports) {
    const file = path.replace(/^\.\//, '');
    if (file in outputs && kinds.includes(kind)) reached(outputs, file, kinds, seen);
  }
  return seen;
}

/** A file of a function under its name there, with its source map. */
function filesOf(path: string, name: string, texts: ReadonlyMap<string, string>): [string, string][] {
  const text = texts.get(path)!;
  const banner = text.includes(NEEDS_REQUIRE) ? REQUIRE_BANNER : '';
  const map = texts.get(`${path}.map`);
  if (map === undefined) return [[name, banner + text]];
  return [
    [name, banner + text.replace(/(?<=\n\/\/# sourceMappingURL=).*/, `${name}.map`)],
    [
      `${name}.map`,
      banner === '' ? map : JSON.stringify({ ...JSON.parse(map), mappings: `;${JSON.parse(map).mappings}` }),
    ],
  ];
}

/** The package, or the file of our own, that most of an output comes from. */
function mostOf({ inputs }: Outputs[string]): string {
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** Touches only what differs, each file whole: another build of the same may be read meanwhile. */
async function writeFolders(
  built: readonly { folder: string; files: ReadonlyMap<string, string> }[],
): Promise<void> {
  const wanted = new Map(
    built.flatMap(({ folder, files }) =>
      [...files].map(([name, text]) => [join(folder, name), text] as const),
    ),
  );
  await Promise.all(built.map(({ folder }) => mkdir(folder, { recursive: true })));
  await Promise.all(built.map(({ folder }) => removeOthers(folder, wanted)));
  await Promise.all([...wanted].map(([path, text]) => writeIfChanged(path, text)));
}

async function removeOthers(folder: string, wanted: ReadonlyMap<string, string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const stale = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(FRESH))
    .map(({ name }) => join(folder, name))
    .filter((path) => !wanted.has(path));
  await Promise.all(stale.map((path) => rm(path, { force: true })));
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  const fresh = `${path}.${process.pid}${FRESH}`;
  await writeFile(fresh, text);
  await rename(fresh, path);
}
