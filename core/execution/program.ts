import { compileGraph, type Graph } from '../dag/graph.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';

/** A definition made ready to run. What its expressions need is compiled by `expressions.ts`, at their first use. */
export interface Program {
  definition: WorkflowDefinition;
  graph: Graph;
  /** Names that expressions may use though they are no JSONata names (`load-data`). */
  quotedNames: readonly string[];
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NO_NAMES: readonly string[] = [];

/** `outerNames`: names that expressions may use beside the definition's own. */
export function compileProgram(
  definition: WorkflowDefinition,
  outerNames: readonly string[] = NO_NAMES,
): Program {
  const names = [
    ...definition.variables.map((v) => v.name),
    ...definition.tasks.map((t) => t.id),
    ...outerNames,
  ];
  const quotedNames = names.filter((name) => !PLAIN_NAME.test(name));
  return { definition, graph: compileGraph(definition), quotedNames };
}

/** Fields of a task's input whose expressions belong to the child execution, not to the task. */
export function childFields(type: string): readonly string[] {
  return type === 'map' ? ['task', 'aggregate'] : type === 'parallel' ? ['tasks'] : [];
}
