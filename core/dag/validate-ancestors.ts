import type { TaskDefinition } from '../workflow/definition.ts';
import type { Path } from '../workflow/issues.ts';
import { edgesOf, type GraphIssue } from './validate.ts';

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
 * the graph 32 at a time, one linear pass each. The graph has no cycles.
 */
export function findMissingAncestors(tasks: readonly TaskDefinition[], reads: readonly Read[]): GraphIssue[] {
  if (reads.length === 0) return [];
  const indexes = new Map(tasks.map((task, index) => [task.id, index]));
  const parents = tasks.map(
    (task, index) => new Set([...edgesOf(task, index)].map(({ edge }) => indexes.get(edge.task)!)),
  );
  const distant = reads.filter(({ reader, target }) => !parents[reader]!.has(target));
  if (distant.length === 0) return [];
  const { order, starts, edges } = pack(parents);
  const byTarget = Map.groupBy(distant, (read) => read.target);
  const targets = [...byTarget.keys()];
  const missing = new Set<Read>();
  const own = new Int32Array(tasks.length);
  // Every word is written before it is read, parents first.
  const above = new Int32Array(tasks.length);
  for (let from = 0; from < targets.length; from += targetsPerPass) {
    const pass = targets.slice(from, from + targetsPerPass);
    pass.forEach((target, bit) => (own[target] = 1 << bit));
    for (let at = 0; at < order.length; at++) {
      let bits = 0;
      for (let edge = starts[at]!; edge < starts[at + 1]!; edge++)
        bits |= above[edges[edge]!]! | own[edges[edge]!]!;
      above[order[at]!] = bits;
    }
    for (const target of pass) {
      for (const read of byTarget.get(target)!)
        if ((above[read.reader]! & own[target]!) === 0) missing.add(read);
      own[target] = 0;
    }
  }
  return distant.filter((read) => missing.has(read)).map((read) => notEnded(read, tasks[read.target]!.id));
}

/** Tasks with every parent before its children, and the parents of each in one flat list, in that order. */
function pack(parents: readonly ReadonlySet<number>[]): {
  order: number[];
  starts: Int32Array;
  edges: Int32Array;
} {
  const children: number[][] = parents.map(() => []);
  const left = parents.map((set, child) => {
    for (const parent of set) children[parent]!.push(child);
    return set.size;
  });
  const order = left.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < order.length; next++)
    for (const child of children[order[next]!]!) if (--left[child]! === 0) order.push(child);
  const starts = new Int32Array(order.length + 1);
  order.forEach((index, at) => (starts[at + 1] = starts[at]! + parents[index]!.size));
  return { order, starts, edges: Int32Array.from(order.flatMap((index) => [...parents[index]!])) };
}

function notEnded({ path, source }: Read, name: string): GraphIssue {
  return {
    path,
    message: `\`${source}\` reads the task "${name}", which may not have ended.`,
    fix: `Add "${name}" to dependsOn of this task.`,
  };
}
