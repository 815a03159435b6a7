import { Heap, type Heaped } from '../heap.ts';
import type { Dependency, TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';
import type { Resolution } from '../ports/execution-store.ts';

interface Edge {
  child: number;
  on: Dependency['on'];
  kind: 'dependsOn' | 'triggeredBy';
  /** The parent's place among the child's. */
  place: number;
}

/** How a task ended, as its children see it; a tolerated failure satisfies both sides, a skip neither. */
export interface End {
  success: boolean;
  failure: boolean;
}

export const ENDS = {
  success: { success: true, failure: false },
  failure: { success: false, failure: true },
  toleratedFailure: { success: true, failure: true },
  neither: { success: false, failure: false },
} as const satisfies Record<string, End>;

/** A definition's tasks and the edges between them, indexed once. */
export interface Graph {
  tasks: readonly TaskDefinition[];
  indexOf(taskId: string): number | undefined;
  /** Edges that a task waits for. */
  edgeCount(index: number): number;
  /** Parents of a task, each once, by index. */
  parents(index: number): readonly number[];
  children(index: number): readonly Edge[];
  isSink(index: number): boolean;
  /** What the end of a task means for each child. */
  resolve(index: number, end: End): Resolution[];
  /** Every task that must end before this one starts, in definition order. */
  ancestors(index: number): number[];
}

export function compileGraph(definition: WorkflowDefinition): Graph {
  const tasks = definition.strategy === 'sequential' ? inSequence(definition.tasks) : definition.tasks;
  const indexes = new Map(tasks.map((task, index) => [task.id, index]));
  const children: Edge[][] = tasks.map(() => []);
  const parents: number[][] = tasks.map(() => []);
  const edgeCounts = tasks.map((task) => task.dependsOn.length + task.triggeredBy.length);
  tasks.forEach((task, child) => {
    const places = new Map<number, number>();
    for (const kind of ['dependsOn', 'triggeredBy'] as const) {
      for (const dependency of task[kind]) {
        const parent = indexes.get(dependency.task);
        if (parent === undefined)
          throw new Error(`task ${task.id} depends on ${dependency.task}, which is not there`);
        const place = places.get(parent) ?? places.size;
        if (place === places.size) parents[child]!.push(parent);
        places.set(parent, place);
        children[parent]!.push({ child, on: task.alwaysRun ? 'always' : dependency.on, kind, place });
      }
    }
  });
  return {
    tasks,
    indexOf: (taskId) => indexes.get(taskId),
    edgeCount: (index) => edgeCounts[index]!,
    parents: (index) => parents[index]!,
    children: (index) => children[index]!,
    isSink: (index) => children[index]!.length === 0,
    resolve: (index, end) => resolutions(tasks, parents, children[index]!, end),
    ancestors: (index) => ancestorsOf(parents, index),
  };
}

const satisfies = (on: Dependency['on'], end: End): boolean => on === 'always' || end[on];

function resolutions(
  tasks: readonly TaskDefinition[],
  parents: readonly (readonly number[])[],
  edges: readonly Edge[],
  end: End,
): Resolution[] {
  const byChild = new Map<number, Resolution>();
  for (const { child, on, kind, place } of edges) {
    let resolution = byChild.get(child);
    if (!resolution) {
      const among = { parents: parents[child]!.length, place };
      resolution = { taskId: tasks[child]!.id, unmet: 0, triggered: 0, edges: 0, ...among };
      byChild.set(child, resolution);
    }
    resolution.edges += 1;
    if (kind === 'dependsOn' && !satisfies(on, end)) resolution.unmet += 1;
    if (kind === 'triggeredBy' && satisfies(on, end)) resolution.triggered += 1;
  }
  return [...byChild.values()];
}

function ancestorsOf(parents: readonly (readonly number[])[], index: number): number[] {
  const seen = new Set<number>();
  const stack = [...parents[index]!];
  while (stack.length > 0) {
    const next = stack.pop()!;
    if (seen.has(next)) continue;
    seen.add(next);
    stack.push(...parents[next]!);
  }
  return [...seen].sort((a, b) => a - b);
}

/** Tasks of an execution that may run at once; undefined is any number. A redriven `sequential` one may have several ready. */
export const concurrencyOf = ({ strategy, maxConcurrency }: WorkflowDefinition): number | undefined =>
  strategy === 'sequential' ? 1 : maxConcurrency;

/** `sequential` as data flow: each task also waits for the end of the one before it, in the order written where the DAG allows. */
function inSequence(tasks: readonly TaskDefinition[]): TaskDefinition[] {
  const order = topologicalOrder(tasks);
  const before = new Map<string, string>();
  for (let i = 1; i < order.length; i++) before.set(order[i]!.id, order[i - 1]!.id);
  return tasks.map((task) => {
    const previous = before.get(task.id);
    return previous === undefined
      ? task
      : { ...task, dependsOn: [...task.dependsOn, { task: previous, on: 'always' }] };
  });
}

/** Kahn's algorithm, always taking the task written first. */
function topologicalOrder(tasks: readonly TaskDefinition[]): TaskDefinition[] {
  const nodes = new Map(
    tasks.map((task, index) => [task.id, { task, index, place: -1, waitsFor: 0, children: [] as string[] }]),
  );
  for (const { task } of nodes.values()) {
    for (const { task: parent } of [...task.dependsOn, ...task.triggeredBy]) {
      nodes.get(parent)!.children.push(task.id);
      nodes.get(task.id)!.waitsFor += 1;
    }
  }
  const free = new Heap<Heaped & { index: number; task: TaskDefinition }>((a, b) => a.index < b.index);
  for (const node of nodes.values()) if (node.waitsFor === 0) free.add(node);
  const order: TaskDefinition[] = [];
  while (free.size > 0) {
    const { task } = free.peek()!;
    const node = nodes.get(task.id)!;
    free.remove(node);
    order.push(task);
    for (const id of node.children) {
      const child = nodes.get(id)!;
      child.waitsFor -= 1;
      if (child.waitsFor === 0) free.add(child);
    }
  }
  return order;
}
