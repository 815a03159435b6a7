import type { JsonObject, JsonValue } from '../json.ts';
import type { Context } from './context.ts';
import { DEFINITION_LIMITS } from './definition.ts';
import { taskSchema } from './definition-schema.ts';
import type { Edge } from './edges.ts';
import type { NestedTasks } from './engine-input.ts';
import { isJsonObject } from './fields.ts';
import { describe, type Path } from './issues.ts';
import { slug, suggestion } from './names.ts';
import { reportSchemaIssues } from './schema-issues.ts';
import { isTaskId, readTask, type TaskDraft } from './task.ts';

/** What a form adds to the reading of a list of tasks. */
export interface ListRules {
  /** Moves what a form writes elsewhere into the task's own fields. */
  prepare?(source: JsonObject, path: Path): { source: JsonObject; placed: ReadonlyMap<string, Path> };
  /** Adds the edges that a form implies. */
  arrange?(drafts: TaskDraft[]): void;
  /** Tasks without id and name get an id from their type. */
  fillsIds?: boolean;
}

/** Canonical tasks (defaults not yet filled in) from a list in any spelling. */
export function readTaskList(
  value: JsonValue,
  path: Path,
  canonical: Path,
  rules: ListRules,
  context: Context,
): JsonObject[] {
  if (!Array.isArray(value)) {
    context.issues.add(
      path,
      `This must be a list of tasks, not ${describe(value)}.`,
      'Write a list: one `- id: ...` for each task.',
    );
    return [];
  }
  if (value.length === 0) context.issues.add(path, 'There are no tasks.', 'Add at least one task.');
  if (value.length > DEFINITION_LIMITS.tasks) {
    context.issues.add(
      path,
      `There are ${value.length} tasks; the limit is ${DEFINITION_LIMITS.tasks}.`,
      'Split the work into sub-workflows or use a map task.',
    );
    return [];
  }
  const drafts: TaskDraft[] = [];
  const nested = nestedTasks(context);
  value.forEach((entry, index) => {
    const at = [...path, index];
    if (!isJsonObject(entry)) {
      context.issues.add(
        at,
        `A task must be an object, not ${describe(entry)}.`,
        'Write such as {id: fetch, type: http, input: {...}}.',
      );
      return;
    }
    const prepared = rules.prepare?.(entry, at);
    const place = { path: at, canonical: [...canonical, drafts.length], placed: prepared?.placed };
    drafts.push(readTask(prepared?.source ?? entry, place, nested, context));
  });
  nameDrafts(drafts, rules, context);
  joinEdges(drafts, rules, context);
  return drafts.map((draft, index) => finish(draft, [...canonical, index], context));
}

/** One task on its own: an inner task of a map, or a standalone one. Its id is filled in. */
export function readSingleTask(
  value: JsonValue,
  path: Path,
  canonical: Path,
  context: Context,
  /** Its place among tasks read one by one: makes the id distinct that its type gives. */
  index = 0,
): JsonObject | undefined {
  if (!isJsonObject(value)) {
    context.issues.add(
      path,
      `A task must be an object, not ${describe(value)}.`,
      'Write such as {type: transform, input: {...}}.',
    );
    return undefined;
  }
  const draft = readTask(value, { path, canonical }, nestedTasks(context), context);
  const isUnnamed = draft.id === undefined;
  nameDrafts([draft], { fillsIds: true }, context);
  if (isUnnamed && index > 0) draft.id = `${draft.id}-${index + 1}`;
  for (const edge of [...draft.dependsOn, ...draft.triggeredBy, ...draft.sets])
    context.issues.add(
      edge.path,
      'A task that stands alone has no neighbours to depend on.',
      'Remove the dependency, or use a parallel task or a sub-workflow.',
    );
  return finish(draft, canonical, context);
}

function nestedTasks(context: Context): NestedTasks {
  const complete = (task: JsonObject | undefined, canonical: Path): JsonObject | undefined => {
    if (!task) return undefined;
    const parsed = taskSchema.safeParse(task, { reportInput: true });
    if (parsed.success) return parsed.data as JsonObject;
    reportSchemaIssues(parsed.error, canonical, context);
    return undefined;
  };
  return {
    list: (value, path, canonical) =>
      readTaskList(value, path, canonical, { fillsIds: true }, context).flatMap(
        (task, index): JsonObject[] => {
          const done = complete(task, [...canonical, index]);
          return done ? [done] : [];
        },
      ),
    one: (value, path, canonical) => complete(readSingleTask(value, path, canonical, context), canonical),
  };
}

function nameDrafts(drafts: TaskDraft[], rules: ListRules, context: Context): void {
  const used = new Set(drafts.map((draft) => draft.id));
  for (const draft of drafts) {
    if (draft.id !== undefined) continue;
    if (!rules.fillsIds) {
      context.issues.add(draft.path, 'This task has neither an id nor a name.', 'Add `id:`.');
      continue;
    }
    const base = slug(draft.type ?? 'task') || 'task';
    let id = base;
    for (let count = 2; used.has(id); count++) id = `${base}-${count}`;
    used.add(id);
    draft.id = id;
  }
}

function joinEdges(drafts: TaskDraft[], rules: ListRules, context: Context): void {
  const find = resolver(drafts);
  const ids = () => drafts.flatMap((draft) => draft.id ?? []);
  const resolve = (edge: Edge): Edge | undefined => {
    const draft = find(edge.task);
    if (draft) return { ...edge, task: draft.id! };
    context.issues.add(
      edge.path,
      `There is no task "${edge.task}".${suggestion(edge.task, ids())}`,
      'Name a task of this workflow by its id.',
    );
    return undefined;
  };
  for (const draft of drafts) {
    draft.dependsOn = draft.dependsOn.flatMap((edge) => resolve(edge) ?? []);
    draft.triggeredBy = draft.triggeredBy.flatMap((edge) => resolve(edge) ?? []);
  }
  for (const draft of drafts) {
    if (draft.id === undefined) continue;
    for (const edge of draft.sets) {
      const target = find(edge.task);
      if (target) target.triggeredBy.push({ task: draft.id, on: edge.on, path: edge.path });
      else resolve(edge);
    }
  }
  rules.arrange?.(drafts);
  waitForAll(drafts);
}

/** Finds a draft by id, by name as written, or by what its name became. */
function resolver(drafts: TaskDraft[]): (reference: string) => TaskDraft | undefined {
  const byId = new Map<unknown, TaskDraft>();
  const byName = new Map<unknown, TaskDraft>();
  for (const draft of drafts) {
    if (!byId.has(draft.id)) byId.set(draft.id, draft);
    if (!byName.has(draft.name)) byName.set(draft.name, draft);
  }
  return (reference) =>
    byId.get(reference) ??
    byName.get(reference) ??
    (isTaskId(reference) ? undefined : byId.get(slug(reference)));
}

/**
 * A task that always runs and follows nothing waits, as a `finally` does, for every task that neither is such nor comes after
 * such a one.
 */
function waitForAll(drafts: TaskDraft[]): void {
  const last = drafts.filter(
    (draft) =>
      draft.task.alwaysRun === true && draft.dependsOn.length === 0 && draft.triggeredBy.length === 0,
  );
  if (last.length === 0) return;
  const after = descendants(last, drafts);
  const others = drafts.filter(
    (draft) => draft.id !== undefined && draft.task.alwaysRun !== true && !after.has(draft),
  );
  for (const draft of last) {
    const path = draft.origins.get('alwaysRun')!;
    draft.dependsOn = others.map((other) => ({ task: other.id!, on: 'always', path }));
  }
}

function descendants(roots: TaskDraft[], drafts: TaskDraft[]): Set<TaskDraft> {
  const children = new Map<string, TaskDraft[]>();
  for (const draft of drafts)
    for (const { task } of [...draft.dependsOn, ...draft.triggeredBy]) {
      const list = children.get(task);
      if (list) list.push(draft);
      else children.set(task, [draft]);
    }
  const found = new Set<TaskDraft>();
  const stack = [...roots];
  while (stack.length > 0)
    for (const child of children.get(stack.pop()!.id ?? '') ?? [])
      if (!found.has(child)) {
        found.add(child);
        stack.push(child);
      }
  return found;
}

function finish(draft: TaskDraft, canonical: Path, context: Context): JsonObject {
  context.origins.set(canonical, draft.path);
  for (const [name, path] of draft.origins) {
    const steps = name.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    context.origins.set([...canonical, ...steps], path);
  }
  const task: JsonObject = {
    ...(draft.id !== undefined && { id: draft.id }),
    ...(draft.name !== undefined && { name: draft.name }),
    ...(draft.type !== undefined && { type: draft.type }),
    ...draft.task,
  };
  for (const kind of ['dependsOn', 'triggeredBy'] as const) {
    const edges = distinct(draft[kind]);
    if (edges.length === 0) continue;
    task[kind] = edges.map(({ task: id, on }) => ({ task: id, on }));
    edges.forEach((edge, index) => context.origins.set([...canonical, kind, index], edge.path));
  }
  return task;
}

function distinct(edges: Edge[]): Edge[] {
  if (edges.length < 2) return edges;
  const seen = new Set<string>();
  return edges.filter((edge) => {
    const key = JSON.stringify([edge.task, edge.on]);
    return !seen.has(key) && seen.add(key);
  });
}
