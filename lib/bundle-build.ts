/**
 * All functions in one esbuild run. What several of them have in common is compiled once and put beside each, so that an archive
 * is all that a function needs; what is imported while running (`import()`) stays in files of its own.
 */
import { join, relative, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import type { TaskFileProblem } from '../core/task/task-file.ts';
import { Archiver, writeIfChanged } from './bundle-archive.ts';
import { bundledApart, packageVersions, TASK_SCHEME, taskEntries } from './bundle-plugins.ts';
import type { TaskFile } from './task-files.ts';

/** What a function is made of. */
export interface FunctionSource {
  /** The path of its archive, without `.zip`, below the folder of all. */
  name: string;
  /** A module that exports `handler`, or a task file, which `lambdas/run/handler.ts` makes a handler of. */
  entry: { module: string } | { task: TaskFile };
}

export interface BuiltFunction {
  name: string;
  /** The path of a zip file that holds `index.mjs` and what it imports. */
  archive: string;
  /** Of the code that is loaded when the function starts. */
  startBytes: number;
  /** Files that are loaded only when something needs them, by what they are mostly made of. */
  later: { holds: string; bytes: number }[];
}

export interface BuildOptions {
  /** The folder that gets the archives. */
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
  const apart = new Map<string, ReturnType<typeof run>>();
  const buildApart = (module: string): void => {
    if (apart.has(module)) return;
    const out = APART.get(module)!.replace(/\.mjs$/, '');
    const build = run({ ...common, entryPoints: [{ in: module, out }], plugins: [packageVersions] });
    build.catch(() => {}); // It is awaited after the others, if they succeed.
    apart.set(module, build);
  };
  const { outputFiles, metafile } = await run({
    ...common,
    entryPoints: functions.map(({ entry }, index) => ({
      in: 'task' in entry ? `${TASK_SCHEME}${entry.task.type}` : entry.module,
      out: `entry-${index}`,
    })),
    splitting: true,
    plugins: [bundledApart(APART, buildApart), taskEntries(tasks, ROOT), packageVersions],
  });
  for (const build of apart.values()) {
    const beside = await build;
    outputFiles.push(...beside.outputFiles);
    Object.assign(metafile.outputs, beside.metafile.outputs);
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
      archive: join(outDir, `${name}.zip`),
      files,
      startBytes: [...start].reduce((sum, file) => sum + bytes(file), 0),
      later: later.map((file) => ({ holds: mostOf(metafile.outputs[file]!), bytes: bytes(file) })),
    };
  });
  const archiver = new Archiver();
  await Promise.all(built.map(({ archive, files }) => writeIfChanged(archive, archiver.archive(files))));
  return built.map(({ name, archive, startBytes, later }) => ({ name, archive, startBytes, later }));
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
