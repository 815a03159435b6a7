import { isObject, type JsonObject } from '../json.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { Execution, TaskFailure } from './execution.ts';
import { unpack } from './payload.ts';
import type { TaskProgram } from './expressions.ts';
import type { Program } from './program.ts';

export interface ScopeSources {
  store: Pick<ExecutionStore, 'task'>;
  payloads: PayloadStore;
}

type Owner = Pick<Execution, 'id' | 'kind' | 'workflow' | 'variables'>;

/** Names that stand for something else than a variable, a task or a field of a parent's output. */
export const RESERVED_NAMES = ['variables', 'vars', 'tasks', 'results', 'execution'] as const;

/**
 * What a task's expressions see. A name is, in this order: a binding (`item`), a variable, a task (`{output, status, error}`),
 * a reserved name, a field of a parent's output. Only what is read is loaded.
 */
export async function taskScope(
  sources: ScopeSources,
  program: Program,
  { task, index, names }: TaskProgram,
  execution: Owner,
): Promise<JsonObject> {
  if (names.length === 0) return {};
  const wanted = names.includes('*') ? everyName(program, index) : names;
  const scope = await scopeOf(sources, program, execution, wanted, () => program.graph.ancestors(index));
  const unknown =
    names.includes('*') ||
    wanted.some((name) => !(name in scope) && !(task.bindings && name in task.bindings));
  if (unknown) {
    for (const parent of program.graph.parents(index)) {
      const { output } = await view(sources, execution.id, program.graph.tasks[parent]!.id);
      if (isObject(output))
        for (const key of Object.keys(output)) if (!(key in scope)) scope[key] = output[key]!;
    }
  }
  return task.bindings ? { ...scope, ...task.bindings } : scope;
}

/** What `names` stand for, parents' fields aside. `readable` are the tasks that `tasks` holds. */
export async function scopeOf(
  sources: ScopeSources,
  program: Program,
  execution: Owner,
  names: readonly string[],
  readable: () => readonly number[],
): Promise<JsonObject> {
  const scope: JsonObject = {};
  for (const name of names) {
    const outer = execution.variables[name];
    // What a child was given under these names are its parent's tasks; its own stand beside them.
    const inherits =
      execution.kind === 'child' && isObject(outer) && (name === 'tasks' || name === 'results');
    if (Object.hasOwn(execution.variables, name) && !inherits) scope[name] = execution.variables[name]!;
    else if (program.graph.indexOf(name) !== undefined) scope[name] = await view(sources, execution.id, name);
    else if (name === 'variables' || name === 'vars') scope[name] = execution.variables;
    else if (name === 'execution') scope[name] = { id: execution.id, workflow: execution.workflow };
    else if (name === 'tasks' || name === 'results') {
      const views: JsonObject = inherits ? { ...(outer as JsonObject) } : {};
      for (const index of readable()) {
        const { id } = program.graph.tasks[index]!;
        views[id] = await view(sources, execution.id, id);
      }
      scope[name] = views;
    }
  }
  return scope;
}

async function view(
  { store, payloads }: ScopeSources,
  executionId: string,
  taskId: string,
): Promise<JsonObject> {
  const task = await store.task({ executionId, taskId });
  if (!task) return { status: 'PENDING', output: null };
  const output = await unpack(task, payloads);
  return {
    status: task.status,
    output,
    ...(task.failure ? { error: shown(task.failure) } : {}),
  };
}

function shown({ error, cause, taskId, attempt }: TaskFailure): JsonObject {
  return { error, cause, ...(taskId !== undefined && { taskId }), ...(attempt !== undefined && { attempt }) };
}

const everyName = (program: Program, index: number): string[] => [
  ...program.definition.variables.map(({ name }) => name),
  ...program.graph.ancestors(index).map((ancestor) => program.graph.tasks[ancestor]!.id),
  ...RESERVED_NAMES,
];
