import type { NewEvent } from '../../core/event/event.ts';
import type { Claims } from '../../core/execution/claims.ts';
import type { Task } from '../../core/execution/execution.ts';
import { failed, succeeded } from '../../core/execution/outcome.ts';
import { ownPools } from '../../core/execution/places.ts';
import type { Plan } from '../../core/execution/plans.ts';
import type { Preparation } from '../../core/execution/prepare.ts';
import {
  END,
  EXPRESS_AGE_MS_MAX,
  type RunRef,
  type Step,
  taskName,
  UNLIMITED_SECONDS,
} from '../../core/execution/steps.ts';
import { isEngineType } from '../../core/workflow/definition.ts';
import type { RoutePorts } from './ports.ts';

type Begin = (plan: Plan, record: Task, ref: RunRef) => Promise<Step>;

/** Lets tasks wait, and takes them up again. */
export function createHold({ dispatcher, finish, clock }: RoutePorts, claims: Claims, begin: Begin) {
  return { hold, takeUp };

  /** Lets a task wait for a time, a signal or a child execution. */
  async function hold(
    plan: Plan,
    record: Task,
    ref: RunRef,
    how: Preparation & { kind: 'wait' | 'token' },
  ): Promise<Step> {
    const task = plan.program.graph.tasks[record.index]!;
    if (how.kind === 'wait' && how.ms > (task.timeoutMs ?? Infinity)) {
      const at = { ref, attempt: record.attempt, from: [record.status] };
      return finish(plan, failed(at, task, tooLong(how.ms, task.timeoutMs!), record.failures + 1));
    }
    const attempt = record.attempt + 1;
    const pools = ownPools(plan);
    if (pools.length > 0 && !(await claims.acquire(record, attempt, pools))) return END;
    const startedMs = clock.now();
    const dueMs = how.kind === 'wait' ? Math.ceil(startedMs + how.ms) : undefined;
    const reason = how.kind === 'wait' ? 'waits for a time' : how.reason;
    const set = { status: 'WAITING', attempt, startedMs, dueMs, reason } as const;
    const data: NewEvent['data'] = dueMs === undefined ? { reason } : { reason, dueMs };
    const event = { type: 'task.waiting', data } as const;
    if (!(await claims.claim(record, { set, durability: 'ordered', event }))) return END;
    return takeUp(plan, { ...record, ...set }, ref);
  }

  /** Takes a waiting task up: to begin with, after a delay, or after its host went away. */
  async function takeUp(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const { dueMs, attempt } = record;
    if (!(await holdsItsPlaces(plan, record))) return END;
    const name = taskName(ref.executionId, ref.taskId);
    if (dueMs === undefined) {
      const { timeoutMs } = plan.program.graph.tasks[record.index]!;
      const leftMs = timeoutMs === undefined ? Infinity : record.startedMs! + timeoutMs - clock.now();
      const timeoutSeconds = Math.min(UNLIMITED_SECONDS, Math.max(1, Math.ceil(leftMs / 1000)));
      const parked = { ref: { ...ref, attempt, parked: true }, timeoutSeconds };
      await dispatcher.start('parked', `${name}/${attempt}`, parked);
      return END;
    }
    const leftMs = dueMs - clock.now();
    if (leftMs <= 0) return due(plan, record, ref);
    const timestamp = new Date(dueMs).toISOString();
    const ageMs = clock.now() - (ref.sinceMs ?? clock.now());
    if (!ref.parked && ageMs + leftMs <= EXPRESS_AGE_MS_MAX) return { action: 'until', timestamp, ref };
    const { executionId, taskId, run, hops } = ref;
    const next = { executionId, taskId, run, hops };
    if (leftMs <= EXPRESS_AGE_MS_MAX) await dispatcher.start('task', name, next);
    else
      await dispatcher.start('timer', `${name}/${attempt}/${dueMs}`, {
        timestamp,
        ref: { ...next, parked: true },
      });
    return END;
  }

  async function due(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const { attempt, dueMs } = record;
    if (record.type === 'wait') {
      return finish(plan, succeeded({ ref, attempt, from: ['WAITING'] }, { output: { dueMs: dueMs! } }));
    }
    if (!ref.parked) return begin(plan, record, ref);
    // What comes next belongs on the Express lane.
    const { executionId, taskId, run, hops } = ref;
    await dispatcher.start('task', taskName(executionId, taskId), { executionId, taskId, run, hops });
    return END;
  }

  /** After a restart a waiting task asks again for the places it held; by then it may have ended and given them back. */
  async function holdsItsPlaces(plan: Plan, record: Task): Promise<boolean> {
    const { attempt } = record;
    const pools = ownPools(plan);
    // A wait before another try holds nothing: the attempt is over.
    const holds = isEngineType(record.type) && record.failure?.attempt !== attempt;
    if (!holds || pools.length === 0) return true;
    await claims.acquire(record, attempt, pools);
    return claims.stillHolds(record, attempt, 'WAITING');
  }
}

const tooLong = (ms: number, timeoutMs: number) => ({
  error: 'TaskTimeout',
  cause: `it would wait for ${ms} ms, and its timeout is ${timeoutMs} ms`,
  retryable: false,
});
