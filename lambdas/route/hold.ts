import type { NewEvent } from '../../core/event/event.ts';
import type { Claim, Claims } from '../../core/execution/claims.ts';
import type { Task } from '../../core/execution/execution.ts';
import { failed, succeeded } from '../../core/execution/outcome.ts';
import { waitsUntilMs } from '../../core/execution/placed.ts';
import { ownPools } from '../../core/execution/places.ts';
import type { Plan } from '../../core/execution/plans.ts';
import type { Preparation } from '../../core/execution/prepare.ts';
import { END, EXPRESS_AGE_MS_MAX, type RunRef, type Step, taskName } from '../../core/execution/steps.ts';
import type { Placed } from '../../core/placement/placement.ts';
import { isEngineType } from '../../core/workflow/definition.ts';
import type { RoutePorts } from './ports.ts';

type Begin = (plan: Plan, record: Task, ref: RunRef) => Promise<Step>;

/** Lets tasks wait, and takes them up again. */
export function createHold({ dispatcher, timers, finish, clock }: RoutePorts, claims: Claims, begin: Begin) {
  return { hold, send, takeUp };

  /** Lets a task wait for a time, a signal or a child execution. */
  async function hold(
    plan: Plan,
    record: Task,
    ref: RunRef,
    how: Preparation & { kind: 'wait' | 'park' },
    before?: Claim['before'],
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
    if (!(await claims.claim(record, { set, durability: 'ordered', event, before }))) return END;
    return takeUp(plan, { ...record, ...set }, ref);
  }

  /** Lets a task wait for another node: what it is to run there goes out by `Park`. */
  async function send(
    plan: Plan,
    record: Task,
    ref: RunRef,
    { node, reason, path, arrivalMs }: Placed & { kind: 'node' },
  ): Promise<Step> {
    const attempt = record.attempt + 1;
    const pools = ownPools(plan);
    if (pools.length > 0 && !(await claims.acquire(record, attempt, pools))) return END;
    const set = {
      status: 'WAITING',
      attempt,
      startedMs: clock.now(),
      dueMs: undefined,
      reason,
      childId: undefined,
      nodeId: node,
      unplaced: undefined,
    } as const;
    const event = { type: 'task.placed', data: { node, reason, path, arrivalMs } } as const;
    // No other node may hear of an attempt that this host could forget.
    if (!(await claims.claim(record, { set, durability: 'durable', event }))) return END;
    return takeUp(plan, { ...record, ...set }, ref);
  }

  /** Takes a waiting task up: to begin with, after a delay, at its time limit, or after its host went away. */
  async function takeUp(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    if (!(await holdsItsPlaces(plan, record))) return END;
    if (ref.detached) return handOver(ref);
    const { attempt, dueMs } = record;
    const isTimed = dueMs !== undefined;
    const untilMs = dueMs ?? waitsUntilMs(plan.program.graph.tasks[record.index]!, record);
    const leftMs = untilMs - clock.now();
    const claimed = { ...ref, attempt };
    if (leftMs <= 0)
      return isTimed ? due(plan, record, ref) : { action: 'heal', ref: claimed, failure: TIME_UP };
    const park: Step = { action: 'park', ref: claimed };
    if (leftMs === Infinity) return park;
    const timestamp = new Date(untilMs).toISOString();
    if (leftMs > EXPRESS_AGE_MS_MAX) {
      await timers.set({ timestamp, ref: anew(ref) });
      return isTimed ? END : park;
    }
    const ageMs = clock.now() - (ref.sinceMs ?? clock.now());
    if (ageMs + leftMs > EXPRESS_AGE_MS_MAX) return handOver(ref);
    return isTimed ? { action: 'until', timestamp, ref } : { ...park, timestamp };
  }

  async function due(plan: Plan, record: Task, ref: RunRef): Promise<Step> {
    const { attempt, dueMs } = record;
    if (record.type === 'wait') {
      return finish(plan, succeeded({ ref, attempt, from: ['WAITING'] }, { output: { dueMs: dueMs! } }));
    }
    return begin(plan, record, ref);
  }

  /** To a new machine of the Express lane. */
  async function handOver(ref: RunRef): Promise<Step> {
    await dispatcher.start('task', taskName(ref.executionId, ref.taskId), anew(ref));
    return END;
  }

  /** After a restart a waiting task asks again for the places it held; by then it may have ended and given them back. */
  async function holdsItsPlaces(plan: Plan, record: Task): Promise<boolean> {
    const { attempt } = record;
    const pools = ownPools(plan);
    // A wait before another try holds nothing: the attempt is over.
    const waits = isEngineType(record.type) || record.nodeId !== undefined;
    const holds = waits && record.failure?.attempt !== attempt;
    if (!holds || pools.length === 0) return true;
    await claims.acquire(record, attempt, pools);
    return claims.stillHolds(record, attempt, 'WAITING');
  }
}

/** As a state names its own time limit; Heal says how long it was. */
const TIME_UP = { error: 'States.Timeout', cause: '' };

const anew = ({ executionId, taskId, run, hops }: RunRef) => ({ executionId, taskId, run, hops });

const tooLong = (ms: number, timeoutMs: number) => ({
  error: 'TaskTimeout',
  cause: `it would wait for ${ms} ms, and its timeout is ${timeoutMs} ms`,
  retryable: false,
});
