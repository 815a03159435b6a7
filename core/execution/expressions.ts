import { compileCondition, compileTemplate, type Template } from '../expression/index.ts';
import { isObject, type JsonValue } from '../json.ts';
import type { Placement, TaskDefinition } from '../workflow/definition.ts';
import { childFields, type Program } from './program.ts';

export type Condition = ReturnType<typeof compileCondition>;

/** What a task's expressions need. */
export interface TaskProgram {
  task: TaskDefinition;
  index: number;
  input: Template;
  condition?: Condition;
  /** `nodes`, `capabilities` and `sticky` of the placement. */
  placement?: Template;
  /** Names that any of these reads. */
  names: readonly string[];
}

interface Compiled {
  tasks: (TaskProgram | undefined)[];
  output?: Template;
}

const NO_NAMES: readonly string[] = [];
const compiled = new WeakMap<Program, Compiled>();

function compiledOf(program: Program): Compiled {
  let known = compiled.get(program);
  if (known === undefined) compiled.set(program, (known = { tasks: [] }));
  return known;
}

/** Compiled at its first use. Errors: `ExpressionSyntaxError`. */
export function taskProgram(program: Program, index: number): TaskProgram {
  return (compiledOf(program).tasks[index] ??= compileTask(
    program.graph.tasks[index]!,
    index,
    program.quotedNames,
  ));
}

/** What makes the execution's output, where the definition says so. Errors: `ExpressionSyntaxError`. */
export function outputTemplate(program: Program): Template | undefined {
  const { definition, quotedNames: names } = program;
  if (definition.output === undefined) return undefined;
  return (compiledOf(program).output ??= compileTemplate(definition.output, { names }, 'output'));
}

function compileTask(task: TaskDefinition, index: number, names: readonly string[]): TaskProgram {
  const input = compileTemplate(ownInput(task), { names }, 'input');
  const condition = task.condition === undefined ? undefined : compileCondition(task.condition, { names });
  const placement = task.placement && compileTemplate(namesOf(task.placement), { names }, 'placement');
  const read = [input, condition, placement].flatMap((each) => each?.names ?? []);
  return {
    task,
    index,
    input,
    condition,
    placement,
    names: read.length === 0 ? NO_NAMES : [...new Set(read)],
  };
}

/** What of a placement may hold expressions. */
const namesOf = ({ nodes = [], capabilities = [], sticky }: Placement): JsonValue => ({
  nodes,
  capabilities,
  sticky: sticky ?? null,
});

function ownInput(task: TaskDefinition): JsonValue {
  const deferred = childFields(task.type);
  if (deferred.length === 0 || !isObject(task.input)) return task.input;
  return Object.fromEntries(Object.entries(task.input).filter(([key]) => !deferred.includes(key)));
}
