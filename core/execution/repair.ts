import { endOf } from '../dag/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dispatcher } from '../ports/dispatcher.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import type { TaskTypes } from '../ports/task-types.ts';
import { EXECUTION_ENDS, type Execution, TASK_ENDS, type Task } from './execution.ts';
import { LIVE } from './finish.ts';
import type { LineUp } from './line-up.ts';
import type { Rest } from './patience.ts';
import { waitsUntilMs } from './placed.ts';
import type { Plan, Plans } from './plans.ts';
import { isSignalled, signalName } from './signal.ts';
import { taskHolder, taskName } from './steps.ts';
import type { Waker } from './wake.ts';

export interface RepairPorts {
  store: Pick<ExecutionStore, 'get' | 'tasks' | 'changeTask' | 'signal'>;
  plans: Plans;
  types: TaskTypes;
  dispatcher: Dispatcher;
  waker: Waker;
  lineUp: LineUp;
  clock: Clock;
}

/**
 * Takes up tasks that a crash between two steps left to nobody; harmless for those that are not lost. `open`: how many have not ended;
 * `rest`: all of them wait, and none was lost.
 */
export type Repair = (execution: Execution) => Promise<{ open: number; rest?: Rest }>;

/** Somebody at work on a task has moved it on by then. */
const LOST_MS = 60_000;
/** The service ends Express executions after five minutes, and functions after fifteen. */
const EXPRESS_MS = 5 * 60_000;
const FUNCTION_MS = 15 * 60_000;

export function createRepair(ports: RepairPorts): Repair {
  const { store, plans, types, dispatcher, waker, lineUp, clock } = ports;

  return async ({ id, run, status }) => {
    const plan = await plans.of(id, run);
    if (!plan) return { open: 0 };
    const tasks = await store.tasks(id);
    const open = tasks.filter((task) => !TASK_ENDS.includes(task.status));
    if (status !== 'RUNNING') return { open: open.length };
    await waker.releaseLost(id);
    const lostBeforeMs = clock.now() - LOST_MS;
    // Most of those that are READY for so long wait for a place.
    const ready = open.filter((task) => task.status === 'READY' && (task.readyMs ?? 0) < lostBeforeMs);
    await lineUp(plan, ready, true);
    let lost = 0;
    for (const task of open) if (await look(plan, task)) lost++;
    lost += await tellChildren(plan, tasks);
    return { open: open.length, ...(lost === 0 && restOf(plan, open, lostBeforeMs)) };
  };

  /** Whether it was lost. */
  async function look(plan: Plan, task: Task): Promise<boolean> {
    const lostBeforeMs = clock.now() - LOST_MS;
    const { status, dueMs, startedMs = 0 } = task;
    // A node may be there, or its type have been offered, at the moment in which it was parked.
    if (status === 'PARKED' && (task.unplaced || (await types.find(task.type)))) return dispatch(plan, task);
    if (status === 'WAITING' && dueMs !== undefined && dueMs < lostBeforeMs) return dispatch(plan, task);
    if (status === 'RUNNING' && startedMs < lostBeforeMs - (await longestMs(task.type)))
      return interrupt(plan, task);
    if (status !== 'WAITING' || dueMs !== undefined || startedMs >= lostBeforeMs) return false;
    if (untilMsOf(plan, task) < lostBeforeMs || (await isAnswerable(plan, task))) return dispatch(plan, task);
    return false;
  }

  /** What it waits for has come, or was never begun: Park sees to either. */
  async function isAnswerable({ program }: Plan, task: Task): Promise<boolean> {
    const { executionId, childId, nodeId } = task;
    if (isSignalled(task)) {
      const definition = program.graph.tasks[task.index]!;
      return (await store.signal(executionId, signalName(definition, definition.input))) !== undefined;
    }
    if (nodeId !== undefined) return childId === undefined;
    const child = childId === undefined ? undefined : await store.get(childId);
    return child === undefined || EXECUTION_ENDS.includes(child.status);
  }

  async function longestMs(type: string): Promise<number> {
    return (await types.find(type))?.long ? FUNCTION_MS : EXPRESS_MS;
  }

  async function dispatch({ execution }: Plan, { executionId, taskId }: Task): Promise<true> {
    const ref = { executionId, taskId, run: execution.run, hops: 0 };
    await dispatcher.start('task', taskName(executionId, taskId), ref);
    return true;
  }

  async function interrupt(plan: Plan, task: Task): Promise<boolean> {
    const { executionId, taskId, attempt } = task;
    const atMs = clock.now();
    const { applied } = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: ['RUNNING'], attempt, executionStatuses: LIVE },
      set: { status: 'READY', interruptions: task.interruptions + 1 },
      events: [{ atMs, type: 'task.interrupted', taskId, attempt }],
      atMs,
      durability: 'durable',
    });
    if (!applied) return false;
    await waker.release(taskHolder(executionId, taskId, attempt));
    return dispatch(plan, task);
  }

  /**
   * Repeats the ends of parents that a PENDING task should have heard of: every one of its parents has ended, and it waits still.
   * Returns how many parents that were.
   */
  async function tellChildren(plan: Plan, tasks: readonly Task[]): Promise<number> {
    const { graph } = plan.program;
    const byId = new Map(tasks.map((task) => [task.taskId, task]));
    const recordOf = (index: number) => byId.get(graph.tasks[index]!.id);
    const silent = new Set<number>();
    for (const task of tasks) {
      if (task.status !== 'PENDING') continue;
      const parents = graph.parents(graph.indexOf(task.taskId)!);
      const all = parents.every((parent) => TASK_ENDS.includes(recordOf(parent)?.status ?? 'PENDING'));
      if (all) for (const parent of parents) silent.add(parent);
    }
    const atMs = clock.now();
    for (const index of silent) {
      const { executionId, taskId, attempt, status } = recordOf(index)!;
      const changed = await store.changeTask({
        executionId,
        taskId,
        expect: { statuses: [], attempt, executionStatuses: LIVE },
        set: { status },
        resolve: graph.resolve(index, endOf(graph.tasks[index]!, recordOf(index)!)),
        atMs,
        durability: 'durable',
      });
      if (changed.applied) await lineUp(plan, changed.ready);
    }
    return silent.size;
  }
}

const untilMsOf = ({ program }: Plan, task: Task): number =>
  waitsUntilMs(program.graph.tasks[task.index]!, task);

/** Where all that are open wait, for so long that none can be lost any more, or come after what waits. */
function restOf(plan: Plan, open: readonly Task[], lostBeforeMs: number): { rest: Rest } | undefined {
  const waiting = open.filter(({ status }) => status === 'WAITING');
  if (waiting.length === 0 || open.some(({ status }) => status !== 'WAITING' && status !== 'PENDING'))
    return undefined;
  if (waiting.some(({ dueMs, startedMs = 0 }) => dueMs === undefined && startedMs >= lostBeforeMs))
    return undefined;
  const times = waiting.map((task) => task.dueMs ?? untilMsOf(plan, task));
  const untilMs = times.reduce((first, ms) => Math.min(first, ms)) + LOST_MS;
  return { rest: { untilMs, awaitsAnswers: waiting.some(({ dueMs }) => dueMs === undefined) } };
}
