import { InvalidDefinition, type DefinitionIssue } from '../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { formatPath, type Path } from '../workflow/issues.ts';
import { isTaskId } from '../workflow/task.ts';

export interface ImportOptions {
  /** Recorded seconds become this many seconds of waiting. */
  timeScale?: number;
  /** What to call the document in messages. */
  source?: string;
}

interface Recorded {
  id: string;
  name: string;
  runtimeSeconds: number;
  parents: string[];
  children: string[];
}

/**
 * A workflow, ready for `parseWorkflow`, from a recorded one in WfFormat 1.4 or 1.5 (https://github.com/wfcommons/WfFormat):
 * each task waits its recorded runtime × `timeScale`. Edges are those that either end names.
 * Errors: `InvalidDefinition`.
 */
export function importWfFormat(
  document: JsonValue,
  { timeScale = 1, source = 'wfformat' }: ImportOptions = {},
): JsonObject {
  const refuse = (path: Path, message: string, fix: string): never => {
    const issue: DefinitionIssue = { path: formatPath(path), message, fix };
    throw new InvalidDefinition(source, [issue]);
  };
  if (!(timeScale >= 0 && Number.isFinite(timeScale)))
    refuse([], `The time scale ${timeScale} is not a number from 0.`, 'Give such as 0.01.');
  if (!isObject(document) || !isObject(document.workflow))
    return refuse(
      [],
      'This is not WfFormat: it has no object "workflow".',
      'Give a WfFormat 1.4 or 1.5 instance.',
    );
  const recorded = readTasks(document.workflow as JsonObject, refuse);
  const ids = idsFor(recorded, refuse);
  const parents = joinEdges(recorded, ids, refuse);
  const name = typeof document.name === 'string' ? document.name : 'wfformat';
  return {
    name,
    ...(typeof document.description === 'string' && { description: document.description }),
    metadata: {
      wfformat: {
        ...(typeof document.schemaVersion === 'string' && { schemaVersion: document.schemaVersion }),
        timeScale,
      },
    },
    tasks: recorded.map((task) => {
      const id = ids.get(task.id)!;
      return {
        id,
        ...(task.name !== id && { name: task.name }),
        type: 'wait',
        input: { ms: round(task.runtimeSeconds * timeScale * 1000) },
        dependsOn: [...parents.get(task.id)!].map((parent) => ({ task: ids.get(parent)!, on: 'success' })),
      };
    }),
  };
}

type Refuse = (path: Path, message: string, fix: string) => never;

/** 1.5 splits what was planned (`specification`) from what was measured (`execution`); 1.4 has both in `tasks`. */
function readTasks(workflow: JsonObject, refuse: Refuse): Recorded[] {
  const isSplit = isObject(workflow.specification);
  const path = isSplit ? ['workflow', 'specification', 'tasks'] : ['workflow', 'tasks'];
  const tasks = isSplit ? (workflow.specification as JsonObject).tasks : workflow.tasks;
  if (!Array.isArray(tasks) || tasks.length === 0)
    return refuse(path, 'There are no tasks here.', 'Give a WfFormat 1.4 or 1.5 instance.');
  const measured = isSplit ? runtimes(workflow.execution) : undefined;
  return tasks.map((task, index) => {
    const at = [...path, index];
    if (!isObject(task))
      return refuse(at, 'A task must be an object.', 'Give a WfFormat 1.4 or 1.5 instance.');
    const id = task.id ?? task.name;
    if (typeof id !== 'string') return refuse(at, 'This task has no id.', 'Give it one.');
    const runtimeSeconds = measured ? measured.get(id) : (task.runtimeInSeconds ?? task.runtime);
    if (typeof runtimeSeconds !== 'number' || !(runtimeSeconds >= 0))
      return refuse(
        at,
        `The task "${id}" has no recorded runtime.`,
        'Give runtimeInSeconds; only executed workflows can be imported.',
      );
    const name = typeof task.name === 'string' ? task.name : id;
    return { id, name, runtimeSeconds, parents: texts(task.parents), children: texts(task.children) };
  });
}

function runtimes(execution: JsonValue | undefined): Map<string, JsonValue | undefined> {
  const tasks = isObject(execution) && Array.isArray(execution.tasks) ? execution.tasks : [];
  return new Map(
    tasks.flatMap((task) =>
      isObject(task) && typeof task.id === 'string'
        ? [[task.id, (task.runtimeInSeconds ?? task.runtime) as JsonValue | undefined] as const]
        : [],
    ),
  );
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Ids as recorded where they are valid, otherwise with every other character replaced, numbered where they clash. */
function idsFor(tasks: readonly Recorded[], refuse: Refuse): Map<string, string> {
  const ids = new Map<string, string>();
  const used = new Set(tasks.map((task) => task.id).filter(isTaskId));
  for (const { id } of tasks) {
    if (ids.has(id))
      return refuse(['workflow'], `The id "${id}" is given twice.`, 'Give each task an id of its own.');
    if (isTaskId(id)) {
      ids.set(id, id);
      continue;
    }
    const base =
      id
        .replace(/[^\p{L}\p{N}_.:()-]/gu, '_')
        .replace(/^[^\p{L}\p{N}_]/u, '_')
        .slice(0, 190) || '_';
    let made = base;
    for (let count = 2; used.has(made); count++) made = `${base}-${count}`;
    used.add(made);
    ids.set(id, made);
  }
  return ids;
}

function joinEdges(
  tasks: readonly Recorded[],
  ids: ReadonlyMap<string, string>,
  refuse: Refuse,
): Map<string, Set<string>> {
  // Version 1.4 names the ends of an edge by the tasks' names.
  const byName = new Map(tasks.map((task) => [task.name, task.id]));
  const idOf = (reference: string, of: string): string => {
    if (ids.has(reference)) return reference;
    const id = byName.get(reference);
    return (
      id ??
      refuse(
        ['workflow'],
        `The task "${of}" names "${reference}", which is not there.`,
        'Correct its parents or children.',
      )
    );
  };
  const parents = new Map(tasks.map((task) => [task.id, new Set<string>()]));
  for (const task of tasks) {
    for (const parent of task.parents) parents.get(task.id)!.add(idOf(parent, task.id));
    for (const child of task.children) parents.get(idOf(child, task.id))!.add(task.id);
  }
  return parents;
}

/** To a microsecond, which hides the error of binary fractions and nothing else. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
