/** Runs every case of examples/expected.json on the embedded host, and sees that no example is without one. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { workflowJsonSchema } from '../../core/workflow/json-schema.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import { openOrchestrator, type Orchestrator } from '../../embedded/orchestrator.ts';
import cases from '../../examples/expected.json' with { type: 'json' };

interface Case {
  file: string;
  variables?: JsonObject;
  /** Files of workflows that this one runs. */
  submitFirst?: string[];
  /** Sent once `task` waits for it. */
  signal?: { task: string; name: string; payload: JsonValue };
  status: 'SUCCEEDED' | 'FAILED' | 'PARKED' | 'REFUSED';
  tasks?: Record<string, string>;
  output?: JsonValue;
  /** Name of the first error. */
  error?: string;
  refusal?: string;
}

const examples = join(import.meta.dirname, '..', '..', 'examples');
const read = (file: string) => readFile(join(examples, file), 'utf8');
const isWorkflow = (file: string) =>
  /\.(?:yaml|json)$/.test(file) && !/^(?:expected|workflow\.schema)\.json$/.test(file);
const files = [
  ...(await readdir(examples)),
  ...(await readdir(join(examples, 'forms'))).map((file) => `forms/${file}`),
].filter(isWorkflow);
const known = cases as Case[];

let dataDir: string;
let orchestrator: Orchestrator;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-examples-'));
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  orchestrator = await openOrchestrator({
    dataDir,
    taskDirs: [join(examples, 'tasks')],
    allowExec: true,
    capabilities: ['telescope', 'archive'],
    logger: quiet,
  });
});

afterAll(async () => {
  await orchestrator?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const statuses = async (executionId: string): Promise<Record<string, string>> => {
  const tasks = await orchestrator.reader.tasks(executionId, { limit: 1000 });
  return Object.fromEntries(tasks.map(({ taskId, status }) => [taskId, status]));
};

/** Resolves when the named tasks are in these states. */
async function reach(executionId: string, wanted: Record<string, string>): Promise<void> {
  for await (const _ of orchestrator.events(executionId)) {
    const now = await statuses(executionId);
    if (Object.entries(wanted).every(([task, status]) => now[task] === status)) return;
  }
  expect(await statuses(executionId)).toMatchObject(wanted);
}

async function run({ file, variables, submitFirst = [], signal, status, ...expected }: Case): Promise<void> {
  for (const other of submitFirst) await orchestrator.submit({ document: await read(other) });
  const { id } = await orchestrator.run(await read(file), { variables });
  if (signal) {
    await reach(id, { [signal.task]: 'WAITING' });
    await orchestrator.signal(id, { name: signal.name, payload: signal.payload });
  }
  if (status === 'PARKED') {
    await reach(id, expected.tasks!);
    await orchestrator.cancel(id);
    return;
  }
  const result = await orchestrator.result(id);
  expect(result).toMatchObject({ status, ...(expected.output !== undefined && { output: expected.output }) });
  expect(result.errors[0]?.error).toBe(expected.error);
  expect(await statuses(id)).toMatchObject(expected.tasks ?? {});
}

describe('each example ends as expected.json says', () => {
  it.each(
    known.map((one) => [`${one.file} ${JSON.stringify(one.variables ?? {})} ${one.status}`, one] as const),
  )('%s', async (_, one) => {
    if (one.status !== 'REFUSED') return run(one);
    const source = basename(one.file);
    const document = await read(one.file);
    expect(() => parseWorkflow(document, { source })).toThrow(one.refusal);
  });

  it('and none is missing there', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => !known.some((one) => one.file === file))).toEqual([]);
  });
});

describe('the JSON Schema of workflows', () => {
  const validate = new Ajv2020({ strict: false }).compile(workflowJsonSchema());

  it('is the one that the examples name for editors', async () => {
    expect(JSON.parse(await read('workflow.schema.json'))).toEqual(workflowJsonSchema());
  });

  it.each(files)('accepts %s as written and as canonical', async (file) => {
    const document = await read(file);
    expect(validate(parse(document)), JSON.stringify(validate.errors)).toBe(true);
    if (file === 'forms/exec-image.yaml') return;
    expect(validate(parseWorkflow(document)), JSON.stringify(validate.errors)).toBe(true);
    expect(parseWorkflow(stringify(parseWorkflow(document)), { format: 'yaml' })).toEqual(
      parseWorkflow(document),
    );
  });

  it('marks a field that does not exist', () => {
    const task = { id: 'a', type: 'pass' };
    expect(validate({ name: 'x', tasks: [task] })).toBe(true);
    expect(validate({ name: 'x', tasks: [{ ...task, depnds_on: [] }] })).toBe(false);
    expect(validate({ name: 'x', taks: [task] })).toBe(false);
    expect(validate({ name: 'x', tasks: [{ ...task, retry: { maxRetris: 1 } }] })).toBe(false);
  });
});
