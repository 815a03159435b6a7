import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import { ENGINE_TYPES } from './definition.ts';
import { type Edge, readEdges } from './edges.ts';
import { type NestedTasks, readEngineInput } from './engine-input.ts';
import { type Field, Fields, isJsonObject, readText } from './fields.ts';
import { type Path } from './issues.ts';
import { slug } from './names.ts';
import { readPlacement } from './placement.ts';
import { readLimit, readOnError, readPriority, readRetry } from './settings.ts';

export const TASK_FIELDS = {
  id: ['id'],
  name: ['name'],
  description: ['description'],
  type: ['type'],
  agentType: ['agent_type', 'agentType'],
  action: ['action'],
  input: ['input', 'parameters', 'payload', 'config', 'with'],
  dependsOn: ['dependsOn', 'depends_on', 'dependencies', 'needs'],
  triggeredBy: ['triggeredBy', 'triggered_by'],
  onSuccess: ['onSuccess', 'on_success', 'then', 'thenTasks', 'then_tasks'],
  onFailure: ['onFailure', 'on_failure', 'else', 'elseTasks', 'else_tasks'],
  alwaysRun: ['alwaysRun', 'always_run'],
  condition: ['condition'],
  retry: ['retry', 'retryPolicy', 'retry_policy'],
  timeoutMs: ['timeoutMs', 'timeout', 'timeout_ms', 'timeoutSeconds', 'timeout_seconds'],
  heartbeatMs: ['heartbeatMs', 'heartbeat', 'heartbeat_ms', 'heartbeatSeconds', 'heartbeat_seconds'],
  priority: ['priority'],
  critical: ['critical'],
  onError: ['onError', 'on_error'],
  placement: ['placement'],
  nodes: ['node', 'nodes'],
  capabilities: ['capability', 'capabilities'],
} as const;

/** A task read from its entry; its edges name other tasks as the author did. */
export interface TaskDraft {
  id?: string;
  name?: string;
  type?: string;
  /** The other canonical fields, edges aside. */
  task: JsonObject;
  path: Path;
  /** Where fields were written, by dotted canonical name. */
  origins: Map<string, Path>;
  dependsOn: Edge[];
  triggeredBy: Edge[];
  /** Edges to tasks that this one sets off. */
  sets: Edge[];
}

/** Where a task entry stands: in the document and in the canonical form. */
export interface TaskPlace {
  path: Path;
  canonical: Path;
  placed?: ReadonlyMap<string, Path>;
}

/** Reads one task entry in any spelling. */
export function readTask(
  source: JsonObject,
  place: TaskPlace,
  nested: NestedTasks,
  context: Context,
): TaskDraft {
  const { issues } = context;
  const fields = new Fields(source, place.path, TASK_FIELDS, issues, place.placed);
  const draft: TaskDraft = {
    task: {},
    path: place.path,
    origins: new Map(),
    dependsOn: readEdges(fields.take('dependsOn'), 'success', issues),
    triggeredBy: readEdges(fields.take('triggeredBy'), 'success', issues),
    sets: [
      ...readEdges(fields.take('onSuccess'), 'success', issues),
      ...readEdges(fields.take('onFailure'), 'failure', issues),
    ],
  };
  const set = (name: string, field: Field | undefined, value: JsonValue | undefined) => {
    if (!field || value === undefined) return;
    draft.task[name] = value;
    draft.origins.set(name, field.path);
  };
  const read = (name: keyof typeof TASK_FIELDS, reader: (field: Field) => JsonValue | undefined) => {
    const field = fields.take(name);
    if (field) set(name, field, reader(field));
  };

  readIdentity(fields, draft, context);
  readWork(fields, draft, place, nested, context);
  read('description', (field) => field.value);
  read('alwaysRun', (field) => field.value);
  read('condition', (field) => (typeof field.value === 'boolean' ? String(field.value) : field.value));
  read('retry', (field) =>
    readRetry(field, context.numberUnit, issues, (name, path) => draft.origins.set(`retry.${name}`, path)),
  );
  read('timeoutMs', (field) => readLimit(field, context.numberUnit, issues));
  read('heartbeatMs', (field) => readLimit(field, context.numberUnit, issues));
  refuseLimits(draft, issues);
  read('priority', (field) => readPriority(field, issues));
  read('critical', (field) => field.value);
  const placed = {
    placement: fields.take('placement'),
    nodes: fields.take('nodes'),
    capabilities: fields.take('capabilities'),
  };
  const placement = readPlacement(draft.type, placed, context, (name, path) => draft.origins.set(name, path));
  if (placement) draft.task.placement = placement;
  if (draft.type === 'condition' && draft.task.condition === undefined)
    issues.add(
      place.path,
      'A condition task must ask something.',
      'Add such as `condition: accuracy > 0.85`.',
    );
  const onError = fields.take('onError');
  if (onError && !fields.take('critical'))
    set('critical', onError, readOnError(onError, issues) !== 'continue');
  else if (onError)
    issues.add(
      onError.path,
      `"${onError.key}" and "critical" both say what a failure means.`,
      'Keep one of the two.',
      { key: true },
    );
  return draft;
}

/** Limits that would change nothing: engine types have no handler to watch, and a condition takes no time. */
function refuseLimits(draft: TaskDraft, issues: Context['issues']): void {
  const { type } = draft;
  if (type === undefined || !(ENGINE_TYPES as readonly string[]).includes(type)) return;
  for (const name of type === 'condition' ? ['timeoutMs', 'heartbeatMs'] : ['heartbeatMs']) {
    const path = draft.origins.get(name);
    if (path === undefined) continue;
    const what = name === 'timeoutMs' ? 'timeout' : 'heartbeat';
    issues.add(path, `A ${type} task has no ${what}: Holdfast runs it itself.`, 'Remove it.', { key: true });
  }
}

/** The id, or a name that serves as one; the name is kept where the id doesn't say it. */
function readIdentity(fields: Fields<typeof TASK_FIELDS>, draft: TaskDraft, context: Context): void {
  const idField = fields.take('id');
  const nameField = fields.take('name');
  const id = idField && readText(idField, context.issues);
  const name = nameField && readText(nameField, context.issues);
  if (id !== undefined) {
    draft.id = id;
    draft.origins.set('id', idField!.path);
  } else if (name !== undefined) {
    draft.id = isTaskId(name) ? name : slug(name);
    draft.origins.set('id', nameField!.path);
    if (draft.id === '') {
      context.issues.add(
        nameField!.path,
        `No id can be made from the name ${JSON.stringify(name)}.`,
        'Add `id:`.',
      );
      delete draft.id;
    }
  }
  if (name !== undefined && name !== draft.id) {
    draft.name = name;
    draft.origins.set('name', nameField!.path);
  }
}

export function isTaskId(text: string): boolean {
  return text.length <= 200 && /^[\p{L}\p{N}_][\p{L}\p{N}_.:()-]*$/u.test(text);
}

/**
 * Type and input. `type: task` (or none) is a step of the author's own: its action is its type, else its name is.
 * With `agent_type` that is the type, and the input keeps the action and its parameters.
 */
function readWork(
  fields: Fields<typeof TASK_FIELDS>,
  draft: TaskDraft,
  place: TaskPlace,
  nested: NestedTasks,
  context: Context,
): void {
  const { issues } = context;
  const typeField = fields.take('type');
  const agentField = fields.take('agentType');
  const actionField = fields.take('action');
  const inputField = fields.take('input');
  let input: JsonValue | undefined = inputField?.value;
  let type = typeField && readText(typeField, issues);

  if (agentField) {
    if (typeField)
      issues.add(
        agentField.path,
        `"${agentField.key}" and "type" both name the type.`,
        'Keep one of the two.',
        { key: true },
      );
    type = readText(agentField, issues);
    input = {
      ...(actionField && { action: actionField.value }),
      ...(inputField && { parameters: inputField.value }),
    };
  } else if (type === undefined || type === 'task') {
    // A condition with branches and nothing else to do is a condition task, whether it says so or not.
    const isQuestion =
      !typeField && !actionField && !inputField && draft.sets.length > 0 && !!fields.take('condition');
    const own = ownType(actionField, input, isQuestion, draft, issues);
    if (own) ({ type, input } = own);
  } else if (actionField) {
    issues.add(
      actionField.path,
      `"action" has no meaning for type "${type}".`,
      `Put it in \`input\`, or write \`type: task\` to use the action as the type.`,
      {
        key: true,
      },
    );
  }

  const work = typeField ?? agentField ?? actionField;
  if (type !== undefined) draft.type = type;
  draft.origins.set('type', work?.path ?? place.path);
  if (inputField) draft.origins.set('input', inputField.path);
  if (type === undefined) return;
  const read = readEngineInput(
    type,
    input,
    inputField?.path ?? place.path,
    [...place.canonical, 'input'],
    nested,
    context,
  );
  if (read !== undefined) draft.task.input = read;
}

function ownType(
  actionField: Field | undefined,
  input: JsonValue | undefined,
  isQuestion: boolean,
  draft: TaskDraft,
  issues: Context['issues'],
): { type: string; input: JsonValue | undefined } | undefined {
  if (isQuestion) return { type: 'condition', input };
  if (actionField) {
    const type = readText(actionField, issues);
    return type === undefined ? undefined : { type, input };
  }
  if (isJsonObject(input) && typeof input.action === 'string') {
    const { action, ...rest } = input;
    return { type: action as string, input: rest };
  }
  const name = draft.name ?? draft.id ?? '';
  if (name !== '') return { type: slug(name), input };
  issues.add(
    draft.path,
    'This task has neither a type nor a name.',
    'Add `type:`, and `id:` to refer to it.',
  );
  return undefined;
}
