import { concurrencyOf } from '../../core/dag/graph.ts';
import { byRank, layOut } from '../../core/dag/plan.ts';
import { awaitSeconds, type Patience } from '../../core/execution/patience.ts';
import type { LineUp } from '../../core/execution/line-up.ts';
import type { Plan, Plans } from '../../core/execution/plans.ts';
import { POOLS, UNLIMITED_SECONDS } from '../../core/execution/steps.ts';
import { pauseWithParent } from '../../core/execution/suspend.ts';
import type { Waker } from '../../core/execution/wake.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ExecutionStore } from '../../core/ports/execution-store.ts';

export interface SeedInput {
  executionId: string;
  run: number;
}

export interface SeedPorts {
  store: Pick<ExecutionStore, 'get' | 'change' | 'tasks'>;
  plans: Plans;
  waker: Waker;
  lineUp: LineUp;
  clock: Clock;
  patience: Patience;
}

/** State `Seed`: lays out the tasks of an admitted execution once, and dispatches those that are ready each time it is asked. */
export function createSeed({ store, plans, waker, lineUp, clock, patience }: SeedPorts) {
  return async ({ executionId, run }: SeedInput): Promise<{ timeoutSeconds: number }> => {
    const plan = await plans.of(executionId, run);
    if (!plan) return { timeoutSeconds: UNLIMITED_SECONDS };
    const { definition, graph } = plan.program;
    const atOnce = concurrencyOf(definition);
    if (atOnce !== undefined) await waker.limit(POOLS.execution(executionId), atOnce);
    const atMs = clock.now();
    const deadlineMs = definition.timeoutMs === undefined ? undefined : atMs + definition.timeoutMs;
    // A redriven execution comes with its tasks laid out.
    const before = await store.get(executionId);
    const laidOut = (before?.total ?? 0) > 0;
    const startedMs = laidOut ? before?.startedMs : atMs;
    const seeds = laidOut ? undefined : layOut(definition, graph, plan.execution.priority);
    const { execution: seeded } = await store.change({
      id: executionId,
      expect: { statuses: ['QUEUED'], run },
      set: { status: 'RUNNING', startedMs, deadlineMs },
      seeds,
      events: [{ atMs, type: 'execution.started', data: { tasks: definition.tasks.length } }],
      atMs,
      durability: 'ordered',
    });
    const execution =
      (seeded?.status === 'RUNNING' && (await pauseWithParent({ store, clock }, seeded))) || seeded;
    if (execution?.status === 'RUNNING') await dispatch(plan);
    return { timeoutSeconds: awaitSeconds(execution ?? {}, atMs, patience) };
  };

  async function dispatch(plan: Plan): Promise<void> {
    // What waits goes first: it takes up the places it held before its host went away.
    const open = await store.tasks(plan.execution.id, ['WAITING', 'READY', 'PARKED']);
    const waitsFirst = (status: string) => (status === 'WAITING' ? 0 : 1);
    await lineUp(
      plan,
      open.toSorted((a, b) => waitsFirst(a.status) - waitsFirst(b.status) || byRank(a, b)),
    );
  }
}
