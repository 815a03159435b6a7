import { isObject } from '../json.ts';
import type { Dependency, TaskDefinition } from '../workflow/definition.ts';
import type { GraphIssue } from './validate.ts';

/**
 * Tasks that certainly never run: whose edges exclude each other, or need what can't happen. Nothing is said of tasks
 * below them. A task that always runs, and edges to one whose failure is tolerated (both outcomes hold then), are exempt.
 */
export function findUnreachable(tasks: readonly TaskDefinition[]): GraphIssue[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return tasks.flatMap((task, index) => {
    if (task.alwaysRun) return [];
    const place = task.dependsOn.findIndex((edge) => isImpossible(edge, byId));
    if (place !== -1)
      return {
        path: ['tasks', index, 'dependsOn', place],
        message: `The task "${task.id}" can never run: "${task.dependsOn[place]!.task}" only waits and can't fail.`,
        fix: 'Depend on its success, or remove the task.',
      };
    const needs = new Map<string, Dependency['on']>();
    for (const [at, edge] of task.dependsOn.entries()) {
      if (excludes(needs, edge, byId)) return contradiction(task, index, ['dependsOn', at], edge);
      if (edge.on !== 'always') needs.set(edge.task, edge.on);
    }
    const { triggeredBy } = task;
    const none =
      triggeredBy.length > 0 &&
      triggeredBy.every((edge) => excludes(needs, edge, byId) || isImpossible(edge, byId));
    return none ? contradiction(task, index, ['triggeredBy', 0], triggeredBy[0]!) : [];
  });
}

/** True when the other outcome of the same task is needed already. */
function excludes(
  needs: ReadonlyMap<string, Dependency['on']>,
  edge: Dependency,
  byId: ReadonlyMap<string, TaskDefinition>,
): boolean {
  const needed = needs.get(edge.task);
  return needed !== undefined && edge.on !== 'always' && needed !== edge.on && byId.get(edge.task)!.critical;
}

/** The failure of a wait for a fixed time without a limit. */
function isImpossible(edge: Dependency, byId: ReadonlyMap<string, TaskDefinition>): boolean {
  const parent = byId.get(edge.task)!;
  if (edge.on !== 'failure' || parent.type !== 'wait' || parent.condition !== undefined) return false;
  if (parent.timeoutMs !== undefined || !isObject(parent.input)) return false;
  return typeof parent.input.ms === 'number' || typeof parent.input.seconds === 'number';
}

function contradiction(
  task: TaskDefinition,
  index: number,
  at: (string | number)[],
  edge: Dependency,
): GraphIssue {
  return {
    path: ['tasks', index, ...at],
    message: `The task "${task.id}" can never run: it needs both the success and the failure of "${edge.task}".`,
    fix: 'Use `on: always`, or two tasks, one for each outcome.',
  };
}
