import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import { Fields, isJsonObject } from './fields.ts';
import { describe, type Path } from './issues.ts';

/** Normalises tasks inside a task's input; `canonical` is where the result will stand. */
export interface NestedTasks {
  list(value: JsonValue, path: Path, canonical: Path): JsonObject[];
  one(value: JsonValue, path: Path, canonical: Path): JsonObject | undefined;
}

interface Place {
  path: Path;
  canonical: Path;
  nested: NestedTasks;
  context: Context;
}

const WAIT_FIELDS = { ms: ['ms'], seconds: ['seconds'], until: ['until'] } as const;
const SIGNAL_FIELDS = { name: ['name'] } as const;
const WORKFLOW_FIELDS = { workflow: ['workflow'], version: ['version'], variables: ['variables'] } as const;
const PARALLEL_FIELDS = { tasks: ['tasks'] } as const;
const MAP_FIELDS = {
  items: ['items'],
  task: ['task'],
  maxConcurrency: ['maxConcurrency', 'max_concurrency', 'concurrency'],
  toleratedFailures: ['toleratedFailures', 'tolerated_failures'],
  aggregate: ['aggregate', 'aggregator'],
} as const;

const readers: Readonly<Record<string, (input: JsonObject, place: Place) => JsonValue>> = {
  wait: readWait,
  signal: readSignal,
  approval: readSignal,
  workflow: readWorkflow,
  parallel: readParallel,
  map: readMap,
  condition: readCondition,
  exec: readExec,
};

/** A task's input; that of an engine type is checked, and the tasks within it are normalised. */
export function readEngineInput(
  type: string,
  input: JsonValue | undefined,
  path: Path,
  canonical: Path,
  nested: NestedTasks,
  context: Context,
): JsonValue | undefined {
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (!reader) return input;
  if (input !== undefined && !isJsonObject(input)) {
    context.issues.add(
      path,
      `The input of a ${type} task must be an object, not ${describe(input)}.`,
      'Write `key: value` pairs.',
    );
    return undefined;
  }
  return reader(input ?? {}, { path, canonical, nested, context });
}

/** True for text that an expression fills in when the task runs. */
function isTemplate(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.includes('${');
}

function readWait(input: JsonObject, { path, context }: Place): JsonObject {
  const { issues } = context;
  const fields = new Fields(input, path, WAIT_FIELDS, issues);
  const given = (['ms', 'seconds', 'until'] as const).flatMap((name) => fields.take(name) ?? []);
  if (given.length !== 1)
    issues.add(
      path,
      `A wait task needs one of ms, seconds and until; ${given.length} are given.`,
      'Write such as `input: {seconds: 5}`.',
    );
  for (const { key, value, path: at } of given) {
    if (isTemplate(value)) continue;
    if (key === 'until') {
      const isTime = typeof value === 'number' ? value >= 0 : typeof value === 'string' && isTimestamp(value);
      if (!isTime)
        issues.add(
          at,
          `"until" must be a time, not ${describe(value)}.`,
          'Write such as 2030-01-31T12:00:00Z, or epoch milliseconds.',
        );
    } else if (typeof value !== 'number' || value < 0) {
      issues.add(at, `"${key}" must be a number from 0, not ${describe(value)}.`, `Write such as ${key}: 5.`);
    }
  }
  return input;
}

function isTimestamp(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

function readSignal(input: JsonObject, { path, context }: Place): JsonObject {
  const name = new Fields(input, path, SIGNAL_FIELDS, context.issues).take('name');
  if (name && (typeof name.value !== 'string' || name.value === '' || isTemplate(name.value)))
    context.issues.add(
      name.path,
      `The name of a signal must be fixed text, not ${describe(name.value)}.`,
      'Write such as `name: go-ahead`; without a name the id of the task is used.',
    );
  return input;
}

function readWorkflow(input: JsonObject, { path, context }: Place): JsonObject {
  const { issues } = context;
  const fields = new Fields(input, path, WORKFLOW_FIELDS, issues);
  const workflow = fields.take('workflow');
  if (!workflow)
    issues.add(path, 'A workflow task must say which workflow to run.', 'Write `input: {workflow: name}`.');
  else if (typeof workflow.value !== 'string' || workflow.value === '')
    issues.add(
      workflow.path,
      `"workflow" must be a name, not ${describe(workflow.value)}.`,
      'Write the name of a submitted workflow.',
    );
  const version = fields.take('version');
  if (version && !isTemplate(version.value) && !isCount(version.value, 1))
    issues.add(
      version.path,
      `"version" must be a whole number from 1, not ${describe(version.value)}.`,
      'Write such as 2; the newest is used without one.',
    );
  const variables = fields.take('variables');
  if (variables && !isTemplate(variables.value) && !isJsonObject(variables.value))
    issues.add(
      variables.path,
      `"variables" must be an object, not ${describe(variables.value)}.`,
      'Write `name: value` pairs.',
    );
  return input;
}

function readParallel(input: JsonObject, { path, canonical, nested, context }: Place): JsonObject {
  const tasks = new Fields(input, path, PARALLEL_FIELDS, context.issues).take('tasks');
  if (tasks) return { tasks: nested.list(tasks.value, tasks.path, [...canonical, 'tasks']) };
  context.issues.add(path, 'A parallel task must list its tasks.', 'Write `input: {tasks: [...]}`.');
  return input;
}

function readMap(input: JsonObject, { path, canonical, nested, context }: Place): JsonObject {
  const { issues } = context;
  const fields = new Fields(input, path, MAP_FIELDS, issues);
  const result: JsonObject = {};
  const items = fields.take('items');
  if (!items)
    issues.add(
      path,
      'A map task must say what to go over.',
      'Add `items:`, a list or an expression such as ${load.output.rows}.',
    );
  else if (Array.isArray(items.value) || isTemplate(items.value)) result.items = items.value;
  else
    issues.add(
      items.path,
      `"items" must be a list, not ${describe(items.value)}.`,
      'Write a list or an expression such as ${load.output.rows}.',
    );
  const task = fields.take('task');
  const inner = task && nested.one(task.value, task.path, [...canonical, 'task']);
  if (inner) result.task = inner;
  if (!task)
    issues.add(
      path,
      'A map task must say what to run for each item.',
      'Add `task: {type: ..., input: ...}`.',
    );
  const aggregate = fields.take('aggregate');
  if (typeof aggregate?.value === 'string') result.aggregate = aggregate.value;
  else if (aggregate)
    issues.add(
      aggregate.path,
      `"${aggregate.key}" must be an expression, not ${describe(aggregate.value)}.`,
      'Write such as $sum(outputs.count).',
    );
  for (const [name, least] of [
    ['maxConcurrency', 1],
    ['toleratedFailures', 0],
  ] as const) {
    const field = fields.take(name);
    if (!field) continue;
    if (isCount(field.value, least)) result[name] = field.value;
    else
      issues.add(
        field.path,
        `"${field.key}" must be a whole number from ${least}, not ${describe(field.value)}.`,
        `Write such as ${least + 3}.`,
      );
  }
  return result;
}

function readCondition(input: JsonObject, { path, context }: Place): JsonObject {
  for (const key of Object.keys(input))
    context.issues.add(
      [...path, key],
      `A condition task takes no input; "${key}" would go unused.`,
      'Put the question into `condition:` and remove the input.',
      { key: true },
    );
  return input;
}

function readExec(input: JsonObject, { path, context }: Place): JsonObject {
  if ('image' in input)
    context.issues.add(
      [...path, 'image'],
      `An exec task runs a process on this host, not a container: the image ${describe(input.image)} can't be used.`,
      'Remove "image" and write a command that this host has, such as command: ["python3", "process.py"]; paths of files are relative to the task\'s own directory.',
      { key: true },
    );
  return input;
}

function isCount(value: JsonValue, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
