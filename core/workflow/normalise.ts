import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import { Fields, type Field, isJsonObject, readText } from './fields.ts';
import type { Form } from './forms/form.ts';
import { jobsForm } from './forms/jobs.ts';
import { stepsForm } from './forms/steps.ts';
import { tasksForm } from './forms/tasks.ts';
import { type Unwrapped, unwrap } from './forms/template.ts';
import { describe } from './issues.ts';
import { slug } from './names.ts';
import { type NumberUnit, readLimit, readOnError, readPriority, RETRY_SPELLINGS } from './settings.ts';
import { isTaskId, TASK_FIELDS } from './task.ts';
import { readTaskList } from './task-list.ts';
import { readVariables } from './declarations.ts';

const FORMS: readonly Form[] = [tasksForm, stepsForm, jobsForm];

export const WORKFLOW_FIELDS = {
  $schema: ['$schema'],
  id: ['id'],
  name: ['name'],
  title: ['title'],
  description: ['description'],
  label: ['label', 'version'],
  owner: ['owner'],
  category: ['category'],
  metadata: ['metadata'],
  priority: ['priority'],
  strategy: ['strategy'],
  maxConcurrency: ['maxConcurrency', 'max_concurrency'],
  timeoutMs: ['timeoutMs', 'timeout', 'timeout_ms', 'timeoutSeconds', 'timeout_seconds'],
  toleratedFailures: ['toleratedFailures', 'tolerated_failures'],
  variables: ['variables'],
  output: ['output'],
  onError: ['onError', 'on_error'],
  tasks: ['tasks'],
  steps: ['steps'],
  jobs: ['jobs'],
} as const;

/** A document in any accepted form as canonical input for `definitionSchema`; what is wrong goes to the issues. */
export function normalise(document: JsonObject, context: Context): JsonObject {
  const unwrapped = unwrap(document, context);
  context.numberUnit = numberUnitOf(unwrapped);
  const { issues, origins } = context;
  const fields = new Fields(unwrapped.source, [], WORKFLOW_FIELDS, issues, unwrapped.placed);
  const workflow: JsonObject = {};
  const read = (name: keyof typeof WORKFLOW_FIELDS, reader: (field: Field) => JsonValue | undefined) => {
    const field = fields.take(name);
    const value = field && reader(field);
    if (!field || value === undefined) return;
    workflow[name] = value;
    origins.set([name], field.path);
  };
  const asIs = (field: Field) => field.value;

  origins.set([], []);
  readName(fields, workflow, context);
  for (const name of ['description', 'owner', 'category', 'metadata', 'strategy'] as const) read(name, asIs);
  read('label', (field) => readText(field, issues));
  read('priority', (field) => readPriority(field, issues));
  read('maxConcurrency', asIs);
  read('timeoutMs', (field) => readLimit(field, context.numberUnit, issues));
  read('toleratedFailures', asIs);
  read('variables', (field) => readVariables(field, ['variables'], context));
  read('output', asIs);
  const tasks = readTasks(fields, context);
  if (tasks) workflow.tasks = tasks;
  tolerate(fields.take('onError'), tasks ?? [], context);
  return workflow;
}

/**
 * Milliseconds where the document spells its fields in camelCase, seconds where it spells them in snake_case, as the
 * forms that do so mean them. One that does neither: seconds inside `workflow:` and for jobs, else milliseconds.
 */
function numberUnitOf({ source, isWrapped }: Unwrapped): NumberUnit {
  const spellings = new Set(Object.keys(source).filter((key) => key in workflowSpellings));
  for (const { list } of FORMS) {
    const tasks = source[list];
    for (const task of Array.isArray(tasks) ? tasks : []) {
      if (!isJsonObject(task)) continue;
      for (const [key, value] of Object.entries(task)) {
        if (key in taskSpellings) spellings.add(key);
        if (taskSpellings[key] === 'retry' && isJsonObject(value))
          for (const inner of Object.keys(value)) if (RETRY_SPELLINGS.includes(inner)) spellings.add(inner);
      }
    }
  }
  const all = [...spellings];
  if (all.some((key) => key.includes('_'))) return 's';
  if (all.some((key) => /[a-z][A-Z]/.test(key))) return 'ms';
  return isWrapped || source.jobs !== undefined ? 's' : 'ms';
}

const taskSpellings = spellingsOf(TASK_FIELDS);
const workflowSpellings = spellingsOf(WORKFLOW_FIELDS);

function spellingsOf(table: Record<string, readonly string[]>): Record<string, string> {
  const spellings: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, keys] of Object.entries(table)) for (const key of keys) spellings[key] = name;
  return spellings;
}

/** The id, or else the name, names the workflow; the words that don't fit a name become the title. */
function readName(fields: Fields<typeof WORKFLOW_FIELDS>, workflow: JsonObject, context: Context): void {
  const { issues, origins } = context;
  const id = fields.take('id');
  const name = fields.take('name');
  const title = fields.take('title');
  const source = id ?? name;
  if (!source) {
    issues.add([], 'The workflow has no name.', 'Add `name:`.');
    return;
  }
  const text = readText(source, issues);
  if (text === undefined) return;
  workflow.name = isTaskId(text) ? text : slug(text);
  origins.set(['name'], source.path);
  if (workflow.name === '')
    issues.add(source.path, `No name can be made from ${describe(text)}.`, 'Use letters or digits.');
  const words = id && name ? readText(name, issues) : text;
  const differs = words !== undefined && words !== workflow.name;
  if (title && id && differs)
    issues.add(
      title.path,
      'There are an id, a name and a title.',
      'Keep two: the name serves as title beside an id.',
      { key: true },
    );
  if (title) workflow.title = title.value;
  else if (differs) workflow.title = words;
  if (workflow.title !== undefined) origins.set(['title'], (title ?? name ?? source).path);
}

function readTasks(fields: Fields<typeof WORKFLOW_FIELDS>, context: Context): JsonObject[] | undefined {
  const given = FORMS.flatMap((form) => {
    const field = fields.take(form.list);
    return field ? [{ form, field }] : [];
  });
  const [first, second] = given;
  if (!first) {
    context.issues.add([], 'The workflow has no tasks.', 'Add `tasks:` with at least one task.');
    return undefined;
  }
  if (second)
    context.issues.add(
      second.field.path,
      `"${second.form.list}" and "${first.form.list}" both list tasks.`,
      'Put all of them into one list.',
      { key: true },
    );
  context.origins.set(['tasks'], first.field.path);
  return readTaskList(first.field.value, first.field.path, ['tasks'], first.form.rules, context);
}

/** `on_error: continue` for the whole workflow: no task is critical unless it says so. */
function tolerate(onError: Field | undefined, tasks: JsonObject[], context: Context): void {
  if (!onError || readOnError(onError, context.issues) !== 'continue') return;
  for (const task of tasks) task.critical ??= false;
}
