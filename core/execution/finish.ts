import type { End } from '../dag/graph.ts';
import { byRank } from '../dag/plan.ts';
import type { NewEvent } from '../event/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskTokens } from '../ports/dispatcher.ts';
import type { ExecutionStore, TaskUpdate } from '../ports/execution-store.ts';
import type { TaskStatus } from './execution.ts';
import type { LineUp } from './line-up.ts';
import type { Plan } from './plans.ts';
import { END, EXPRESS_AGE_MS_MAX, HOPS_MAX, type RunRef, type Step, taskHolder } from './steps.ts';
import type { Waker } from './wake.ts';

export interface FinishPorts {
  store: Pick<ExecutionStore, 'changeTask'>;
  lineUp: LineUp;
  tokens: TaskTokens;
  waker: Waker;
  clock: Clock;
}

export interface Finish {
  ref: RunRef;
  attempt: number;
  /** Statuses it may end from. */
  from: readonly TaskStatus[];
  /** Failures before this one, where it is to be told from one that is being healed already. */
  after?: number;
  end: End;
  set: TaskUpdate & { status: TaskStatus };
  event: Pick<NewEvent, 'type' | 'data'>;
}

/** Commits the end of a task in one transaction, continues one ready child inline and dispatches the others. */
export type Finisher = (plan: Plan, finish: Finish) => Promise<Step>;

/** An execution in any of these lets a running attempt end. */
export const LIVE = ['RUNNING', 'PAUSED'] as const;

export function createFinisher({ store, lineUp, tokens, waker, clock }: FinishPorts): Finisher {
  return async (plan, { ref, attempt, from, after, end, set, event }) => {
    const { executionId, taskId, run } = ref;
    const atMs = clock.now();
    const { graph } = plan.program;
    const changed = await store.changeTask({
      executionId,
      taskId,
      expect: { statuses: from, attempt, failures: after, executionStatuses: LIVE },
      set: { ...set, endedMs: atMs, dueMs: undefined },
      resolve: graph.resolve(graph.indexOf(taskId)!, end),
      events: [{ ...event, atMs, taskId, attempt }],
      atMs,
      // Whatever comes of it is durable only with it: a child's claim, the execution's end.
      durability: 'ordered',
    });
    // Applied or not, this attempt is over.
    await waker.release(taskHolder(executionId, taskId, attempt));
    if (!changed.applied) return END;
    if (changed.ended && changed.token) await tokens.succeed(changed.token, {});
    const ready = changed.ready.length > 1 ? changed.ready.toSorted(byRank) : changed.ready;
    const { detached, hops, sinceMs = atMs } = ref;
    const goesOn = !detached && hops < HOPS_MAX && atMs - sinceMs < EXPRESS_AGE_MS_MAX;
    const inline = goesOn ? ready[0] : undefined;
    await lineUp(plan, inline ? ready.slice(1) : ready);
    if (!inline) return END;
    return { action: 'route', ref: { executionId, taskId: inline.taskId, run, hops: hops + 1, sinceMs } };
  };
}
