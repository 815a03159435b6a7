import { compileGraph, type Graph } from '../dag/graph.ts';
import { compileCondition, compileTemplate, type Template } from '../expression/index.ts';
import { isObject, type JsonValue } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';

export type Condition = ReturnType<typeof compileCondition>;

/** What a task's expressions need, compiled at its first use. */
export interface TaskProgram {
  task: TaskDefinition;
  index: number;
  input: Template;
  condition?: Condition;
  /** Names that `input` and `condition` read. */
  names: readonly string[];
}

/** A definition made ready to run. */
export interface Program {
  definition: WorkflowDefinition;
  graph: Graph;
  /** Names that expressions may use though they are no JSONata names (`load-data`). */
  quotedNames: readonly string[];
  task(index: number): TaskProgram;
  output?: Template;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NO_NAMES: readonly string[] = [];

/** `outerNames`: names that expressions may use beside the definition's own. */
export function compileProgram(
  definition: WorkflowDefinition,
  outerNames: readonly string[] = NO_NAMES,
): Program {
  const graph = compileGraph(definition);
  const names = [
    ...definition.variables.map((v) => v.name),
    ...definition.tasks.map((t) => t.id),
    ...outerNames,
  ];
  const quotedNames = names.filter((name) => !PLAIN_NAME.test(name));
  const programs: (TaskProgram | undefined)[] = [];
  return {
    definition,
    graph,
    quotedNames,
    task: (index) => (programs[index] ??= compileTask(graph.tasks[index]!, index, quotedNames)),
    output:
      definition.output === undefined
        ? undefined
        : compileTemplate(definition.output, { names: quotedNames }, 'output'),
  };
}

function compileTask(task: TaskDefinition, index: number, names: readonly string[]): TaskProgram {
  const input = compileTemplate(ownInput(task), { names }, 'input');
  const condition = task.condition === undefined ? undefined : compileCondition(task.condition, { names });
  const read = condition ? [...new Set([...input.names, ...condition.names])] : input.names;
  return { task, index, input, condition, names: read.length === 0 ? NO_NAMES : read };
}

/** Fields of a task's input whose expressions belong to the child execution, not to the task. */
export function childFields(type: string): readonly string[] {
  return type === 'map' ? ['task', 'aggregate'] : type === 'parallel' ? ['tasks'] : [];
}

function ownInput(task: TaskDefinition): JsonValue {
  const deferred = childFields(task.type);
  if (deferred.length === 0 || !isObject(task.input)) return task.input;
  return Object.fromEntries(Object.entries(task.input).filter(([key]) => !deferred.includes(key)));
}
