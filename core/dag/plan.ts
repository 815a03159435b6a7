import type { Task } from '../execution/execution.ts';
import type { TaskSeed } from '../ports/execution-store.ts';
import type { JsonValue } from '../json.ts';
import { isObject } from '../json.ts';
import type { TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';
import { type End, ENDS, type Graph } from './graph.ts';

/** The reason kept on a task that an operator passed over; its dependents run as if it had succeeded. */
export const PASSED_OVER = 'passed over by redrive';

/** The tasks of a fresh execution. */
export function layOut(definition: WorkflowDefinition, graph: Graph, priority: number): TaskSeed[] {
  return graph.tasks.map((task, index) => {
    const remaining = graph.edgeCount(index);
    return {
      ...seedOf(definition, task, index, priority),
      status: remaining === 0 ? 'READY' : 'PENDING',
      remaining,
      unmet: 0,
      triggered: 0,
      parents: graph.parents(index).length,
      inner: !graph.isSink(index),
    };
  });
}

export interface Redrive {
  skip: ReadonlySet<string>;
  outputs: ReadonlyMap<string, JsonValue>;
}

/**
 * The tasks of an execution that goes on from where it failed. What succeeded stands, and so do tolerated failures and
 * skips with nothing above them to run again; the rest is laid out as if it had not run.
 */
export function replan(
  definition: WorkflowDefinition,
  graph: Graph,
  priority: number,
  before: ReadonlyMap<string, Task>,
  redrive: Redrive,
): TaskSeed[] {
  const kept = new Map<number, TaskSeed & { end: End }>();
  graph.tasks.forEach((task, index) => {
    const stand = standing(task, before.get(task.id), redrive);
    if (stand) kept.set(index, { ...seedOf(definition, task, index, priority), ...stand });
  });
  keepSkips(graph, before, kept, redrive, (index) =>
    seedOf(definition, graph.tasks[index]!, index, priority),
  );

  const counters = graph.tasks.map((_, index) => ({
    remaining: graph.edgeCount(index),
    unmet: 0,
    triggered: 0,
  }));
  const heard = graph.tasks.map((): number[] => []);
  for (const [index, { end }] of kept) {
    for (const resolution of graph.resolve(index, end)) {
      const child = graph.indexOf(resolution.taskId)!;
      const counter = counters[child]!;
      heard[child]!.push(resolution.place!);
      counter.remaining -= resolution.edges;
      counter.unmet += resolution.unmet;
      counter.triggered += resolution.triggered;
    }
  }
  return graph.tasks.map((task, index): TaskSeed => {
    const stand = kept.get(index);
    if (stand) {
      const { end: _, ...seed } = stand;
      return { ...seed, ...counters[index]! };
    }
    const status = counters[index]!.remaining === 0 ? 'READY' : 'PENDING';
    const parents = graph.parents(index).length;
    const inner = graph.children(index).some(({ child }) => !kept.has(child));
    const open: TaskSeed = {
      ...seedOf(definition, task, index, priority),
      ...counters[index]!,
      parents,
      inner,
      status,
    };
    return heard[index]!.length > 0 ? { ...open, heard: heard[index] } : open;
  });
}

const isEdited = ({ skip, outputs }: Redrive, taskId: string): boolean =>
  skip.has(taskId) || outputs.has(taskId);

/** How a task that ended this way looks to its children. */
export function endOf(task: TaskDefinition, record: Pick<Task, 'status' | 'output' | 'reason'>): End {
  switch (record.status) {
    case 'SUCCEEDED':
      return task.type === 'condition' && isObject(record.output) && record.output.result === false
        ? ENDS.failure
        : ENDS.success;
    case 'FAILED':
      return task.critical ? ENDS.failure : ENDS.toleratedFailure;
    case 'SKIPPED':
      return record.reason === PASSED_OVER ? ENDS.success : ENDS.neither;
    default:
      return ENDS.neither;
  }
}

type Standing = Pick<
  TaskSeed,
  'status' | 'output' | 'outputRef' | 'reason' | 'remaining' | 'unmet' | 'triggered'
> & { end: End };

function standing(task: TaskDefinition, record: Task | undefined, redrive: Redrive): Standing | undefined {
  const counters = { remaining: 0, unmet: 0, triggered: 0 };
  const output = redrive.outputs.get(task.id);
  if (output !== undefined) return { ...counters, status: 'SUCCEEDED', output, end: ENDS.success };
  if (redrive.skip.has(task.id))
    return { ...counters, status: 'SKIPPED', reason: PASSED_OVER, end: ENDS.success };
  if (!record) return undefined;
  const stands =
    record.status === 'SUCCEEDED' ||
    (record.status === 'FAILED' && !task.critical) ||
    (record.status === 'SKIPPED' && record.reason === PASSED_OVER);
  if (!stands) return undefined;
  const { status, reason, outputRef } = record;
  return { ...counters, status, reason, output: record.output, outputRef, end: endOf(task, record) };
}

/** A skipped task stays skipped while everything above it stands as it was. */
function keepSkips(
  graph: Graph,
  before: ReadonlyMap<string, Task>,
  kept: Map<number, TaskSeed & { end: End }>,
  redrive: Redrive,
  seed: (index: number) => ReturnType<typeof seedOf>,
): void {
  const unchanged = (index: number): boolean => kept.has(index) && !isEdited(redrive, graph.tasks[index]!.id);
  let grew = true;
  while (grew) {
    grew = false;
    graph.tasks.forEach((task, index) => {
      const record = before.get(task.id);
      if (kept.has(index) || record?.status !== 'SKIPPED' || !graph.parents(index).every(unchanged)) return;
      kept.set(index, {
        ...seed(index),
        status: 'SKIPPED',
        reason: record.reason,
        remaining: 0,
        unmet: 0,
        triggered: 0,
        end: ENDS.neither,
      });
      grew = true;
    });
  }
}

function seedOf(definition: WorkflowDefinition, task: TaskDefinition, index: number, priority: number) {
  const own = definition.strategy === 'fifo' ? undefined : task.priority;
  return { taskId: task.id, index, type: task.type, priority: own ?? priority };
}

/** Highest priority first, then as written: the order in which tasks that became ready together are dispatched. */
export const byRank = (a: Pick<Task, 'priority' | 'index'>, b: Pick<Task, 'priority' | 'index'>): number =>
  b.priority - a.priority || a.index - b.index;
