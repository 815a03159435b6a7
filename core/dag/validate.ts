import type { Dependency, TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';
import type { Path } from '../workflow/issues.ts';
import { suggestion } from '../workflow/names.ts';
import { findCycles } from './validate-cycles.ts';
import { findUnreachable } from './validate-reachable.ts';

/** Something wrong with a definition; `path` is in the canonical form. */
export interface GraphIssue {
  path: Path;
  message: string;
  fix: string;
}

/** Duplicate ids, unknown and self dependencies, cycles and tasks that can never run. Linear in tasks and edges. */
export function validateGraph({ tasks }: Pick<WorkflowDefinition, 'tasks'>): GraphIssue[] {
  const named = [...duplicateIds(tasks), ...dependencyIssues(tasks)];
  // Cycles and reachability speak of tasks by id, so ids come first.
  if (named.length > 0) return named;
  const cycles = findCycles(tasks);
  return cycles.length > 0 ? cycles : findUnreachable(tasks);
}

/** Every edge that a task waits for, with its place. */
export function* edgesOf(task: TaskDefinition, index: number): Generator<{ edge: Dependency; path: Path }> {
  for (const kind of ['dependsOn', 'triggeredBy'] as const)
    for (let place = 0; place < task[kind].length; place++)
      yield { edge: task[kind][place]!, path: ['tasks', index, kind, place] };
}

function duplicateIds(tasks: readonly TaskDefinition[]): GraphIssue[] {
  const first = new Map<string, number>();
  return tasks.flatMap((task, index) => {
    const earlier = first.get(task.id);
    if (earlier === undefined) first.set(task.id, index);
    if (earlier === undefined) return [];
    return {
      path: ['tasks', index, 'id'],
      message: `The id "${task.id}" is already that of task ${earlier + 1} of the list.`,
      fix: 'Give each task an id of its own.',
    };
  });
}

function dependencyIssues(tasks: readonly TaskDefinition[]): GraphIssue[] {
  const ids = new Set(tasks.map((task) => task.id));
  const issues: GraphIssue[] = [];
  tasks.forEach((task, index) => {
    for (const { edge, path } of edgesOf(task, index)) {
      if (edge.task === task.id)
        issues.push({
          path,
          message: `The task "${task.id}" depends on itself.`,
          fix: 'Remove the dependency.',
        });
      else if (!ids.has(edge.task))
        issues.push({
          path,
          message: `There is no task "${edge.task}".${suggestion(edge.task, ids)}`,
          fix: 'Name a task of this workflow by its id.',
        });
    }
  });
  return issues;
}
