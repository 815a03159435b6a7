/** Keeps the table of `docs/architecture.md`: who may import what. It parses imports itself and fails if it saw no files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const TOP = [
  'bin',
  'lib',
  'state-machines',
  'lambdas',
  'core',
  'adapters',
  'embedded',
  'tasks',
  'cli',
  'console',
  'client',
  'edge',
  'examples',
  'bench',
  'docs',
  'test',
];

function sources(folder: string): string[] {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

/** What a file imports: paths from the root, or package names. */
function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const found = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[^.\w])import\s*\(?\s*['"]([^'"]+)['"]/g,
    ),
  ];
  return found.map(([, from, bare]) => {
    const specifier = (from ?? bare)!;
    return specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
  });
}

const isPath = (imported: string): boolean => TOP.some((folder) => imported.startsWith(`${folder}/`));

interface Rule {
  folder: string;
  /** Which files of the folder it is about. */
  files?: (file: string) => boolean;
  may: (imported: string, file: string) => boolean;
  least: number;
}

const capability = (path: string): string => path.split('/')[1]!;
const startsWithAny = (imported: string, ...prefixes: string[]) =>
  prefixes.some((prefix) => imported.startsWith(prefix));

/** Put use cases together for whoever hosts them. */
const isComposition = (file: string): boolean => /^lambdas\/[a-z]+\.ts$/.test(file);

const RULES: Rule[] = [
  {
    folder: 'core',
    may: (imported) =>
      isPath(imported)
        ? imported.startsWith('core/')
        : !startsWithAny(imported, 'node:', '@aws-sdk/', 'aws-'),
    least: 50,
  },
  {
    folder: 'lambdas',
    files: (file) => !file.endsWith('/handler.ts') && !isComposition(file),
    may: (imported, file) =>
      isPath(imported)
        ? imported.startsWith('core/') || imported.startsWith(`lambdas/${capability(file)}/`)
        : !startsWithAny(imported, 'node:', '@aws-sdk/', 'aws-'),
    least: 15,
  },
  {
    folder: 'lambdas',
    files: (file) => file.endsWith('/handler.ts'),
    may: (imported) =>
      isPath(imported)
        ? startsWithAny(imported, 'core/', 'lambdas/', 'adapters/aws/', 'adapters/system/')
        : startsWithAny(
            imported,
            '@middy/',
            'zod',
            'hono/aws-lambda',
            '@aws-lambda-powertools/',
            'aws-lambda',
          ),
    least: 10,
  },
  {
    folder: 'lib',
    may: (imported, file) =>
      isPath(imported)
        ? startsWithAny(
            imported,
            'lib/',
            'core/',
            'adapters/aws/env.ts',
            'adapters/aws/table.ts',
            'adapters/aws/node-policy.ts',
            'adapters/aws/news.ts',
          )
        : file.startsWith('lib/deploy/') || !startsWithAny(imported, '@aws-sdk/', '@middy/'),
    least: 20,
  },
  {
    folder: 'adapters',
    may: (imported, file) =>
      !isPath(imported) ||
      startsWithAny(imported, 'core/', 'adapters/system/', `adapters/${capability(file)}/`),
    least: 30,
  },
  {
    folder: 'embedded',
    may: (imported) =>
      !isPath(imported) ||
      startsWithAny(imported, 'core/', 'lambdas/', 'adapters/embedded/', 'adapters/system/', 'embedded/'),
    least: 20,
  },
  {
    folder: 'tasks',
    may: (imported) => !isPath(imported) || startsWithAny(imported, 'core/', 'tasks/'),
    least: 8,
  },
  ...['cli', 'client', 'console'].map((folder) => ({
    folder,
    may: (imported: string) => !isPath(imported) || startsWithAny(imported, 'core/', 'client/', `${folder}/`),
    least: 0,
  })),
];

describe('architecture', () => {
  test.each(RULES)('keeps $folder to what it may import', ({ folder, files = () => true, may, least }) => {
    const seen = sources(folder).filter(files);
    expect(seen.length).toBeGreaterThanOrEqual(least);
    const wrong = seen.flatMap((file) =>
      imports(file)
        .filter((imported) => !may(imported, file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(wrong).toEqual([]);
  });

  test('keeps time, randomness and timers out of the core and the use cases', () => {
    const files = [...sources('core'), ...sources('lambdas').filter((file) => !file.endsWith('/handler.ts'))];
    const forbidden =
      /\b(Date\.now\(|new Date\(\)|Math\.random\(|setTimeout\(|setInterval\(|setImmediate\(|crypto\.randomUUID|performance\.now)/;
    const wrong = files.filter((file) =>
      forbidden.test(readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    );
    expect(files.length).toBeGreaterThan(60);
    expect(wrong).toEqual([]);
  });

  test('never hands user input to eval, Function or vm', () => {
    const files = ['core', 'lambdas', 'adapters', 'embedded', 'tasks', 'cli', 'client'].flatMap(sources);
    const wrong = files.filter((file) =>
      /\beval\(|new Function\(|node:vm/.test(
        readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('has no folder at the top beyond those that the design names', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() &&
          !entry.name.startsWith('.') &&
          entry.name !== 'node_modules' &&
          entry.name !== 'dist',
      )
      .map(({ name }) => name);
    expect(folders.filter((name) => !TOP.includes(name))).toEqual([]);
  });

  test('gives a state, its function and its use case one name', () => {
    const files = readdirSync(join(ROOT, 'state-machines'));
    const names = files.flatMap((file) => {
      const text = readFileSync(join(ROOT, 'state-machines', file), 'utf8');
      const { States } = JSON.parse(text) as {
        States: Record<string, { Arguments?: { FunctionName?: string } }>;
      };
      return Object.entries(States).flatMap(([state, { Arguments }]) => {
        const placeholder = /^\$\{(\w+)FunctionArn\}$/.exec(Arguments?.FunctionName ?? '')?.[1];
        return placeholder === undefined ? [] : [{ state, placeholder }];
      });
    });
    expect(names.length).toBeGreaterThan(8);
    for (const { state, placeholder } of names) {
      expect(placeholder).toBe(state);
      const stem = state.toLowerCase();
      expect(existsSync(join(ROOT, 'lambdas', stem, `${stem}.ts`)), `lambdas/${stem}/${stem}.ts`).toBe(true);
    }
  });
});
