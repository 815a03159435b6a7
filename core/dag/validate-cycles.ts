import type { TaskDefinition } from '../workflow/definition.ts';
import { edgesOf, type GraphIssue } from './validate.ts';

const maxCyclesReported = 10;
const maxShown = 20;

/**
 * Cycles, each as its tasks in the order in which they would wait for each other. Tasks that only lead into a cycle or out
 * of one are stripped first (Kahn 1962, from both ends), so that every walk over what is left closes.
 */
export function findCycles(tasks: readonly TaskDefinition[]): GraphIssue[] {
  const indexes = new Map(tasks.map((task, index) => [task.id, index]));
  const parents = tasks.map((task, index) =>
    [...edgesOf(task, index)].map(({ edge }) => indexes.get(edge.task)!),
  );
  const children: number[][] = tasks.map(() => []);
  parents.forEach((list, child) => {
    for (const parent of list) children[parent]!.push(child);
  });
  const alive = tasks.map(() => true);
  strip(parents, children, alive);
  strip(children, parents, alive);

  const issues: GraphIssue[] = [];
  const walked = tasks.map(() => -1);
  for (let start = 0; start < tasks.length && issues.length < maxCyclesReported; start++) {
    if (!alive[start] || walked[start] !== -1) continue;
    const cycle = walk(start, children, alive, walked);
    if (cycle) issues.push(describeCycle(cycle, tasks));
  }
  return issues;
}

/** Removes every task none of whose `incoming` is alive, again and again. */
function strip(incoming: readonly number[][], outgoing: readonly number[][], alive: boolean[]): void {
  const left = incoming.map((list) => list.reduce((count, index) => count + (alive[index] ? 1 : 0), 0));
  const ready = left.flatMap((count, index) => (count === 0 && alive[index] ? [index] : []));
  while (ready.length > 0) {
    const index = ready.pop()!;
    alive[index] = false;
    for (const next of outgoing[index]!) if (--left[next]! === 0 && alive[next]) ready.push(next);
  }
}

/** Follows living children until one comes twice; undefined where the walk meets an earlier one. */
function walk(
  start: number,
  children: readonly number[][],
  alive: boolean[],
  walked: number[],
): number[] | undefined {
  const path: number[] = [];
  let index = start;
  while (walked[index] === -1) {
    walked[index] = start;
    path.push(index);
    index = children[index]!.find((child) => alive[child])!;
  }
  return walked[index] === start ? path.slice(path.indexOf(index)) : undefined;
}

function describeCycle(cycle: number[], tasks: readonly TaskDefinition[]): GraphIssue {
  const ids = cycle.map((index) => tasks[index]!.id);
  const shown =
    ids.length <= maxShown
      ? ids
      : [...ids.slice(0, maxShown / 2), `(${ids.length - maxShown} more)`, ...ids.slice(-maxShown / 2)];
  const first = cycle[0]!;
  const back = [...edgesOf(tasks[first]!, first)].find(({ edge }) => edge.task === ids.at(-1))!;
  return {
    path: back.path,
    message: `These tasks wait for each other: ${[...shown, ids[0]].join(' -> ')}.`,
    fix: `Remove one of these dependencies, such as that of "${ids[0]}" on "${ids.at(-1)}".`,
  };
}
