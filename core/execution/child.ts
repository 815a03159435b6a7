import { hashJson } from '../hash.ts';
import { compileCondition, compileTemplate } from '../expression/index.ts';
import { isObject, type JsonObject } from '../json.ts';
import { InvalidInput } from '../errors.ts';
import {
  DEFINITION_LIMITS,
  type TaskDefinition,
  VARIABLE_NAME,
  type VariableDefinition,
  type WorkflowDefinition,
} from '../workflow/definition.ts';
import { mapOf, parallelOf, wrapped } from './child-definition.ts';
import type { Execution } from './execution.ts';
import { outputTemplate, taskProgram } from './expressions.ts';
import type { Plan } from './plans.ts';
import type { PrepareSources } from './prepare.ts';
import { childFields, compileProgram } from './program.ts';
import { taskScope } from './scope.ts';

/** What a `workflow`, `parallel` or `map` task wants run. */
export type Child =
  | { kind: 'workflow'; workflow: string; version?: number; variables: JsonObject }
  | { kind: 'inline'; definition: WorkflowDefinition; variables: JsonObject };

/** Errors: `ExpressionError`, `InvalidInput`. */
export async function childOf(sources: PrepareSources, plan: Plan, task: TaskDefinition): Promise<Child> {
  const { program, execution } = plan;
  const own = taskProgram(program, program.graph.indexOf(task.id)!);
  const ambient = { now: () => sources.clock.now(), random: () => sources.random.next() };
  const input = await own.input.render(await taskScope(sources, program, own, execution), undefined, ambient);
  const { workflow, version, variables } = input as JsonObject;
  if (task.type === 'workflow') {
    if (typeof workflow !== 'string')
      throw new InvalidInput(
        `input.workflow of ${task.id} is ${JSON.stringify(workflow)}`,
        'Give the name of a stored workflow.',
      );
    return {
      kind: 'workflow',
      workflow,
      version: version as number | undefined,
      variables: isObject(variables) ? (variables as JsonObject) : {},
    };
  }
  const definition = task.type === 'map' ? mapOf(plan, task, input as JsonObject) : parallelOf(plan, task);
  const names = outerNames(definition, program.quotedNames);
  const scope = await taskScope(sources, program, { ...own, names }, execution);
  const read = Object.fromEntries(names.filter((name) => name in scope).map((name) => [name, scope[name]!]));
  const everything = names.includes('variables') || names.includes('vars') ? execution.variables : {};
  const values = { ...everything, ...read };
  return {
    kind: 'inline',
    definition: { ...definition, variables: declarationsOf(values) },
    variables: values,
  };
}

/** The same for the same task and content, so that a retried or redriven parent finds the child it already has. */
export function childId(
  parent: Pick<Execution, 'id'>,
  taskId: string,
  definitionHash: string,
  variables: JsonObject,
): string {
  return `${parent.id}.${hashJson([taskId, definitionHash, variables]).slice(0, 16)}`;
}

/** Declared, so that the child's expressions may use names such as `load-data`. */
function declarationsOf(values: JsonObject): VariableDefinition[] {
  return Object.keys(values)
    .filter((name) => VARIABLE_NAME.test(name) && name.length <= DEFINITION_LIMITS.nameCharacters)
    .map((name) => ({ name, type: 'any', required: false }));
}

/** Names that a child's expressions take from outside it. `quotedNames` are those of its parent. */
function outerNames(definition: WorkflowDefinition, quotedNames: readonly string[]): string[] {
  const inner = new Set(definition.tasks.map(({ id }) => id));
  const names = new Set<string>();
  const program = compileProgram(definition, quotedNames);
  // Tasks of a map share one template: the first stands for all.
  const isMap = definition.tasks.every(({ bindings }) => bindings !== undefined && 'item' in bindings);
  for (const [index, task] of definition.tasks.slice(0, isMap ? 1 : undefined).entries()) {
    const own = new Set(Object.keys(task.bindings ?? {}));
    for (const name of [...taskProgram(program, index).names, ...deferredNames(task, program.quotedNames)])
      if (!own.has(name) && !inner.has(name)) names.add(name);
  }
  for (const name of outputTemplate(program)?.names ?? [])
    if (!inner.has(name) && name !== 'outputs' && name !== 'tasks') names.add(name);
  return [...names];
}

/** Names that the tasks within a task read, however deep. A condition and an aggregate are expressions without a `${`. */
function deferredNames({ type, input }: TaskDefinition, quotedNames: readonly string[]): string[] {
  if (childFields(type).length === 0) return [];
  const {
    task,
    tasks = [],
    aggregate,
  } = input as unknown as Partial<{
    task: TaskDefinition;
    tasks: TaskDefinition[];
    aggregate: string;
  }>;
  const names = new Set(compileTemplate(input, { names: quotedNames }).names);
  if (aggregate !== undefined)
    for (const name of compileTemplate(wrapped(aggregate), { names: quotedNames }).names) names.add(name);
  const within = task ? [task] : tasks;
  for (const inner of within) {
    const condition = inner.condition && compileCondition(inner.condition, { names: quotedNames });
    for (const name of condition ? condition.names : []) names.add(name);
    for (const name of deferredNames(inner, quotedNames)) names.add(name);
  }
  for (const { id } of within) names.delete(id);
  return [...names];
}
