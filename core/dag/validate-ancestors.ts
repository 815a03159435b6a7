import type { TaskDefinition } from '../workflow/definition.ts';
import type { Path } from '../workflow/issues.ts';
import { edgesOf, type GraphIssue } from './validate.ts';
import { notEnded } from './validate-references.ts';

/** A task that reads another one's result, both by index. */
export interface Read {
  reader: number;
  target: number;
  path: Path;
  source: string;
}

/** One bit of a 32-bit word for each target of a pass. */
const targetsPerPass = 32;

/**
 * Reads whose target is not an ancestor of the reader. Direct parents are seen at once; for the rest, the targets flow down
 * the graph 32 at a time, one linear pass each.
 */
export function findMissingAncestors(tasks: readonly TaskDefinition[], reads: readonly Read[]): GraphIssue[] {
  const indexes = new Map(tasks.map((task, index) => [task.id, index]));
  const parentsOf = (index: number): number[] =>
    [...edgesOf(tasks[index]!, index)].map(({ edge }) => indexes.get(edge.task)!);
  const open = reads.filter(
    ({ reader, target }) =>
      !tasks[reader]!.dependsOn.concat(tasks[reader]!.triggeredBy).some(
        (edge) => edge.task === tasks[target]!.id,
      ),
  );
  if (open.length === 0) return [];
  const parents = tasks.map((_, index) => parentsOf(index));
  const order = parentsFirst(parents);
  const targets = [...new Set(open.map((read) => read.target))];
  const missing = new Set<Read>();
  for (let from = 0; from < targets.length; from += targetsPerPass) {
    const bits = new Map(targets.slice(from, from + targetsPerPass).map((target, bit) => [target, 1 << bit]));
    const above = new Int32Array(tasks.length);
    for (const index of order)
      for (const parent of parents[index]!) above[index]! |= above[parent]! | (bits.get(parent) ?? 0);
    for (const read of open) {
      const bit = bits.get(read.target);
      if (bit !== undefined && (above[read.reader]! & bit) === 0) missing.add(read);
    }
  }
  return open
    .filter((read) => missing.has(read))
    .map((read) => notEnded(read.path, read.source, tasks[read.target]!.id));
}

function parentsFirst(parents: readonly (readonly number[])[]): number[] {
  const children: number[][] = parents.map(() => []);
  const left = parents.map((list, child) => {
    for (const parent of list) children[parent]!.push(child);
    return list.length;
  });
  const order = left.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < order.length; next++)
    for (const child of children[order[next]!]!) if (--left[child]! === 0) order.push(child);
  return order;
}
