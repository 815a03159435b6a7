/** What the documents name is there: commands, flags, files, headings, settings, fields, errors, events and limits. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, parse } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { INTAKE_RECEIVES_MAX } from '../../adapters/aws/env.ts';
import { createProgram } from '../../cli/program.ts';
import { DEFAULT_DATA_DIR, DEFAULT_PORT } from '../../cli/session.ts';
import { ENDPOINTS } from '../../core/api/endpoints.ts';
import { INTAKE, type IntakeOperation } from '../../core/api/intake.ts';
import { EVENT_TYPES } from '../../core/event/event.ts';
import { MAP_ITEMS_MAX } from '../../core/execution/child-definition.ts';
import { EXECUTION_ENDS, TASK_ENDS } from '../../core/execution/execution.ts';
import { INLINE_BYTES_MAX, PAYLOAD_BYTES_MAX } from '../../core/execution/payload.ts';
import { expressionLimits } from '../../core/expression/sandbox.ts';
import { SHOWN_MAX } from '../../core/ports/dead-letters.ts';
import { AGEING_MS } from '../../core/ports/slots.ts';
import { DEFINITION_LIMITS, ENGINE_TYPES, PRIORITIES } from '../../core/workflow/definition.ts';
import { definitionSchema, retrySchema, taskSchema } from '../../core/workflow/definition-schema.ts';
import { WORKFLOW_FIELDS } from '../../core/workflow/normalise.ts';
import { RETRY_FIELDS } from '../../core/workflow/settings.ts';
import { TASK_FIELDS } from '../../core/workflow/task.ts';
import { openOrchestrator } from '../../embedded/orchestrator.ts';
import { commandsOf } from './commands.ts';
import { blocksOf, codeOf, DOCUMENTS, exists, proseOf, read, ROOT, sectionOf } from './documents.ts';
import { type SettingName, SETTINGS, variableOf } from '../../lib/settings.ts';

const WORKFLOWS = 'docs/workflows.md';
const TASKS = 'docs/tasks.md';
const QUEUES = 'docs/queues.md';
const everything = DOCUMENTS.map(read).join('\n');

/** The grammar of the command line, with nothing behind it. */
function grammar() {
  const quiet = { write: () => true };
  const program = createProgram({ version: '0', stdout: quiet, stderr: quiet } as never, () => {});
  for (const command of all(program.commands)) command.action(() => {});
  return program;
}

/** Commands, and those within them. */
function all(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) => [command, ...all(command.commands)]);
}

describe('a command in the documents', () => {
  const commands = DOCUMENTS.flatMap(commandsOf);

  test('is found', () => expect(commands.length).toBeGreaterThanOrEqual(12));

  test.each(
    commands.map(({ document, line, argv }) => [`${document}:${line} ${argv.join(' ')}`, argv] as const),
  )('%s is one that the command line takes', async (_, argv) => {
    await expect(grammar().parseAsync(argv, { from: 'user' })).resolves.toBeDefined();
  });

  test('names only commands that there are, also within a sentence', () => {
    const named = DOCUMENTS.flatMap(codeOf).flatMap((text) => /^npx holdfast ([a-z]+)/.exec(text)?.[1] ?? []);
    const known = grammar().commands.map((command) => command.name());
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('names only flags that there are', () => {
    const known = new Set(all(grammar().commands).flatMap(({ options }) => options.map(({ long }) => long)));
    const foreign = new Set(['--seeds', '--kills']);
    const named = ['README.md', WORKFLOWS, TASKS, QUEUES, 'examples/README.md']
      .flatMap(codeOf)
      .flatMap((text) => text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? []);
    expect(named.filter((flag) => !known.has(flag) && !foreign.has(flag))).toEqual([]);
  });

  test('is a script of the package where npm runs it', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [
      ...everything.matchAll(/npm (?:run )?(start|test|demo|verify|simulate|bench|(?<=run )[\w:]+)/g),
    ];
    expect(named.length).toBeGreaterThan(3);
    expect(named.map(([, name]) => name!).filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('a link in the documents', () => {
  const slugOf = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  const headings = (document: string) =>
    proseOf(document)
      .split('\n')
      .flatMap((line) => /^#+ (.*)$/.exec(line)?.[1] ?? [])
      .map(slugOf);
  const links = DOCUMENTS.flatMap((document) =>
    [...proseOf(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => {
      const [path, anchor] = target!.split('#') as [string, string | undefined];
      return {
        from: document,
        to: path === '' ? document : normalize(join(dirname(document), path)),
        anchor,
      };
    }),
  );

  test('is found', () => expect(links.length).toBeGreaterThan(20));

  test('leads to a file and a heading that are there', () => {
    const broken = links.filter(
      ({ to, anchor }) => !exists(to) || (anchor !== undefined && !headings(to).includes(anchor)),
    );
    expect(broken).toEqual([]);
  });
});

describe('a setting in the documents', () => {
  const code = ['cli', 'tasks', 'embedded']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(ROOT, folder, name), 'utf8')),
    )
    .concat(Object.keys(SETTINGS).map((name) => variableOf(name as SettingName)))
    .join('\n');
  const SETTING = /\b(?:HOLDFAST_[A-Z_]+|MAX_(?:WORKFLOWS|TASKS))\b/g;

  test('is one that the code reads', () => {
    const named = new Set(everything.match(SETTING));
    expect(named.size).toBeGreaterThan(8);
    expect([...named].filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
  });

  test('of a task type is among them', () => {
    const files = readdirSync(join(ROOT, 'tasks'), { recursive: true, encoding: 'utf8' });
    const texts = files.filter((name) => name.endsWith('.ts')).map((name) => read(join('tasks', name)));
    const needed = new Set(texts.join('\n').match(SETTING));
    expect(needed.size).toBeGreaterThan(4);
    expect([...needed].filter((name) => !read(TASKS).includes(`\`${name}\``))).toEqual([]);
  });

  test('of the front page has the default that it says', async () => {
    const rows = new Map(
      [...read('README.md').matchAll(/^\| `(\w+)`[^|]*\| `?([^|`]*?)`? *\|/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    expect(rows.get('HOLDFAST_PORT')).toBe(String(DEFAULT_PORT));
    expect(rows.get('HOLDFAST_DATA_DIR')).toBe(DEFAULT_DATA_DIR);
    const holdfast = await openOrchestrator({ dataDir: ':memory:' });
    const usage = await holdfast.slots.usage();
    await holdfast.close();
    expect(Object.values(usage).map(({ size }) => String(size))).toEqual([
      rows.get('MAX_WORKFLOWS'),
      rows.get('MAX_TASKS'),
    ]);
  });
});

describe('the reference of workflows', () => {
  const text = read(WORKFLOWS);
  const rowsOf = (heading: string) =>
    [...sectionOf(WORKFLOWS, heading).matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
    );

  test('lists every field of a workflow and of a task, and no other', () => {
    expect(rowsOf('Of a workflow').sort()).toEqual(Object.keys(definitionSchema.shape).sort());
    const { bindings: _, ...written } = taskSchema.shape;
    expect(rowsOf('Of a task').sort()).toEqual(Object.keys(written).sort());
  });

  test('lists every spelling of a field, in one case or the other', () => {
    const plain = (name: string) =>
      name.replace(/_?(ms|seconds)$/i, '').replaceAll(/_([a-z])/g, (_, a: string) => a.toUpperCase());
    const mentioned = new Set(
      (text.match(/`[^`\n]+`/g) ?? []).flatMap((code) => code.match(/[$\w]+/g) ?? []).map(plain),
    );
    const spellings = [WORKFLOW_FIELDS, TASK_FIELDS, RETRY_FIELDS].flatMap((table) =>
      Object.values(table).flat(),
    );
    expect(spellings.length).toBeGreaterThan(60);
    expect(spellings.filter((name) => !mentioned.has(plain(name)))).toEqual([]);
  });

  test('says the defaults of a retry', () => {
    const { maxAttempts, backoff, delayMs, maxDelayMs, jitter, retryOn } = retrySchema.parse({});
    const section = sectionOf(WORKFLOWS, 'Failures');
    for (const row of [
      `| \`maxAttempts\` | ${maxAttempts} |`,
      `| \`backoff\` | \`${backoff}\` |`,
      `| \`delayMs\` | ${delayMs / 1000}s |`,
      `| \`maxDelayMs\` | ${maxDelayMs / 60_000}m,`,
      `| \`jitter\` | \`${jitter}\` |`,
      `| \`retryOn\` | \`['${retryOn.join()}']\` |`,
    ])
      expect(section).toContain(row);
  });

  test('says the priorities, engine types, states and events that there are', () => {
    for (const [name, value] of Object.entries(PRIORITIES))
      expect(text).toMatch(new RegExp(`\`${name}\`(?: and \`\\w+\`)? ${value}`));
    expect(rowsOf('Engine types').sort()).toEqual([...ENGINE_TYPES].sort());
    const states = rowsOf('States and events');
    for (const state of [...EXECUTION_ENDS, ...TASK_ENDS]) expect(states).toContain(state);
    const events = states.filter((name) => name.includes('.'));
    expect(events.sort()).toEqual(Object.keys(EVENT_TYPES).sort());
  });

  test('says the limits that the code has', () => {
    const limit = (value: number) => value.toLocaleString('en-US');
    const sizes = sectionOf(WORKFLOWS, 'Sizes');
    const { sizeBytes, yamlSizeBytes, depth, tasks, dependenciesPerTask } = DEFINITION_LIMITS;
    for (const words of [
      `${limit(sizeBytes)} bytes; ${limit(yamlSizeBytes)} as YAML`,
      `${depth} levels`,
      `${limit(tasks)}; ${limit(dependenciesPerTask)}; 1,000`,
      `items of a \`map\` | ${limit(MAP_ITEMS_MAX)}`,
      `${limit(INLINE_BYTES_MAX)} bytes; larger`,
      `${limit(PAYLOAD_BYTES_MAX)} bytes; a larger`,
    ])
      expect(sizes).toContain(words);
    const { sourceLength, timeoutMs, stackDepth, sequenceLength, stringLength, padWidth } = expressionLimits;
    const expressions = sectionOf(WORKFLOWS, 'Expressions').replaceAll(/\s+/g, ' ');
    for (const words of [
      `${limit(sourceLength)} characters an expression`,
      `${timeoutMs} ms`,
      `${limit(stackDepth)} calls deep`,
      `${limit(sequenceLength)} items`,
      `${limit(stringLength)} characters in a string`,
      `width of ${limit(padWidth)}`,
    ])
      expect(expressions).toContain(words);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`each ${AGEING_MS / 1000} seconds of waiting`);
  });
});

describe('the limits on the front page', () => {
  const section = sectionOf('README.md', 'Limits').replaceAll(/\s+/g, ' ');
  const quoted = (pattern: RegExp): number => {
    const [, value, unit] = pattern.exec(section) ?? [];
    return Number(value?.replaceAll(',', '')) * ({ KiB: 1024, MiB: 1024 ** 2 }[unit ?? ''] ?? 1);
  };

  test('are those of the code', () => {
    expect(quoted(/([\d,]+) (MiB) \(/)).toBe(DEFINITION_LIMITS.sizeBytes);
    expect(quoted(/([\d,]+) tasks a definition/)).toBe(DEFINITION_LIMITS.tasks);
    expect(quoted(/([\d,]+) items a `map`/)).toBe(MAP_ITEMS_MAX);
    expect(quoted(/([\d,]+) (KiB) of a payload/)).toBe(INLINE_BYTES_MAX);
    expect(quoted(/up to ([\d,]+) (MiB)/)).toBe(PAYLOAD_BYTES_MAX);
  });
});

describe('the reference of task types', () => {
  const shipped = readdirSync(join(ROOT, 'tasks'))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => parse(name).name);

  test.each(shipped)('says what %s takes, and how it fails', async (type) => {
    const section = sectionOf(TASKS, type);
    const module = (await import(`../../tasks/${type}.ts`)) as Record<string, unknown>;
    const { properties = {} } = module.inputSchema as {
      properties?: Record<string, { default?: unknown; maximum?: number }>;
    };
    for (const [name, { default: fallback, maximum }] of Object.entries(properties)) {
      // Named in the schema only to be refused in words.
      if (type === 'exec' && name === 'image') continue;
      const row = section.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
      expect(row, `${type}.${name}`).toBeDefined();
      if (typeof fallback === 'number') expect(row).toContain(`| ${fallback.toLocaleString('en-US')} |`);
      if (typeof fallback === 'number' && maximum !== undefined)
        expect(row).toContain(`up to ${maximum.toLocaleString('en-US')}`);
    }
    const errors = Object.values(module).filter(
      (value): value is new () => Error => typeof value === 'function' && value.prototype instanceof Error,
    );
    for (const { name } of errors) expect(section).toContain(`\`${name}\``);
  });

  test('has a row for each of them', () => {
    const rows = [...read(TASKS).matchAll(/^\| \[`([\w-]+)`\]\(#[\w-]+\) \|/gm)].map(([, type]) => type!);
    expect(rows.sort()).toEqual(shipped.sort());
  });
});

describe('the reference of queues', () => {
  test('lists every operation that the intake queue takes, with all of its fields', () => {
    const section = sectionOf(QUEUES, 'Submitting work without HTTP');
    const rows = [...section.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, operation, cell]) => {
      const fields = [...cell!.matchAll(/`(\w+)`/g)].map(([, field]) => field!);
      return [operation, [...new Set(fields)].sort()];
    });
    const schemas = Object.entries(INTAKE).map(([operation, { shape }]) => [
      operation,
      Object.keys(shape)
        .filter((field) => field !== 'operation')
        .sort(),
    ]);
    expect(rows.slice(1)).toEqual(schemas);
  });

  test('shows messages that it takes', () => {
    const shown = blocksOf(QUEUES).filter(({ language }) => language === 'json');
    expect(shown.length).toBeGreaterThanOrEqual(3);
    for (const { text } of shown) {
      const message = JSON.parse(text) as { operation: IntakeOperation };
      expect(INTAKE[message.operation].safeParse(message)).toMatchObject({ success: true });
    }
  });

  test('says how often a message is received, and how many are shown', () => {
    expect(read(QUEUES)).toContain(`After ${INTAKE_RECEIVES_MAX} receives`);
    expect(read(QUEUES)).toContain(`up to ${SHOWN_MAX} messages`);
  });

  test('names paths that there are', () => {
    const paths = [...proseOf(QUEUES).matchAll(/`(GET|POST) (\/[\w-]+(?:\/QUEUE\/redrive)?)/g)];
    const known = Object.values(ENDPOINTS).map(({ method, path }) => `${method} ${path}`);
    expect(paths.length).toBeGreaterThan(3);
    for (const [, method, path] of paths)
      expect(known).toContain(`${method} ${path!.replace('QUEUE', '{queue}')}`);
  });
});
