import { Conflict } from '../errors.ts';
import type { EventType } from '../event/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecutionStore } from '../ports/execution-store.ts';
import { type Execution, type ExecutionStatus, noExecution } from './execution.ts';

export interface SuspendPorts {
  store: Pick<ExecutionStore, 'get' | 'change' | 'tasks'>;
  clock: Clock;
}

interface Move {
  from: ExecutionStatus;
  to: ExecutionStatus;
  event: EventType;
  verb: string;
}

export const PAUSE: Move = { from: 'RUNNING', to: 'PAUSED', event: 'execution.paused', verb: 'paused' };
export const RESUME: Move = { from: 'PAUSED', to: 'RUNNING', event: 'execution.resumed', verb: 'resumed' };

/**
 * Moves an execution and its children between RUNNING and PAUSED; already there, it stays. `after` is called for each that moved.
 * Errors: `NotFound`; `Conflict` when it has ended or hasn't begun.
 */
export async function suspend(
  { store, clock }: SuspendPorts,
  id: string,
  move: Move,
  after?: (execution: Execution) => Promise<void>,
): Promise<Execution> {
  const atMs = clock.now();
  const { applied, execution } = await store.change({
    id,
    expect: { statuses: [move.from] },
    set: { status: move.to },
    events: [{ atMs, type: move.event }],
    atMs,
    durability: 'durable',
  });
  const current = execution ?? (await store.get(id));
  if (!current) throw noExecution(id);
  if (!applied && current.status !== move.to) {
    throw new Conflict(
      `execution ${id} is ${current.status}, and only a ${move.from} one can be ${move.verb}`,
      'Look at its state with GET /executions/{id}.',
    );
  }
  for (const { childId } of await store.tasks(id, ['WAITING'])) {
    const child = childId === undefined ? undefined : await store.get(childId);
    if (child?.status === move.from) await suspend({ store, clock }, child.id, move, after);
  }
  await after?.(current);
  return current;
}

/**
 * A child that began while its parent was being paused, when there was nothing of it to pause, pauses now: undefined for one
 * that may go on. The second look is for a parent that was resumed meanwhile, and found nothing to resume.
 */
export async function pauseWithParent(
  { store, clock }: SuspendPorts,
  { id, parent }: Execution,
): Promise<Execution | undefined> {
  const isPaused = async () => parent && (await store.get(parent.executionId))?.status === 'PAUSED';
  const become = async ({ from, to, event }: Move) => {
    const atMs = clock.now();
    const expect = { statuses: [from] };
    const events = [{ atMs, type: event }];
    return (await store.change({ id, expect, set: { status: to }, events, atMs, durability: 'ordered' }))
      .execution;
  };
  if (!(await isPaused())) return undefined;
  const paused = await become(PAUSE);
  return (await isPaused()) ? paused : become(RESUME);
}
