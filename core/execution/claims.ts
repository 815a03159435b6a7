import type { NewEvent } from '../event/event.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExecutionStore, TaskUpdate } from '../ports/execution-store.ts';
import type { Slots } from '../ports/slots.ts';
import type { Task } from './execution.ts';
import { taskHolder } from './steps.ts';
import type { Waker } from './wake.ts';

export interface ClaimPorts {
  store: Pick<ExecutionStore, 'task' | 'changeTask'>;
  slots: Slots;
  waker: Waker;
  clock: Clock;
}

export interface Claim {
  set: TaskUpdate;
  durability: 'durable' | 'ordered';
  event: Pick<NewEvent, 'type' | 'data'>;
  /** Told before it. */
  before?: Pick<NewEvent, 'type' | 'data'>;
}

/** How a task becomes an attempt's own: places first, then the claim under its fence. */
export interface Claims {
  /** Asks for the places of an attempt. False: it waits in line, and is dispatched when its turn comes. */
  acquire(record: Task, attempt: number, pools: readonly string[]): Promise<boolean>;
  /** Moves the task on from `record`. Whoever loses gives back the places it took for the attempt it didn't get. */
  claim(record: Task, claim: Claim): Promise<boolean>;
  /** Gives back, or stops waiting for, the places of the attempt that would have been next. */
  release(record: Task): Promise<void>;
  /** Whether the attempt is the task's own still; gives its places back if not. */
  stillHolds(record: Task, attempt: number, status: Task['status']): Promise<boolean>;
}

export function createClaims({ store, slots, waker, clock }: ClaimPorts): Claims {
  const release = ({ executionId, taskId, attempt }: Task): Promise<void> =>
    waker.release(taskHolder(executionId, taskId, attempt + 1));

  return {
    release,
    acquire({ executionId, taskId, priority, index, readyMs = clock.now() }, attempt, pools) {
      return slots.acquire({
        holder: taskHolder(executionId, taskId, attempt),
        pools,
        priority,
        readyMs,
        index,
      });
    },
    async claim(record, { set, durability, event, before }) {
      const { executionId, taskId } = record;
      const atMs = clock.now();
      const attempt = set.attempt ?? record.attempt;
      const changed = await store.changeTask({
        executionId,
        taskId,
        expect: { statuses: [record.status], attempt: record.attempt, executionStatuses: ['RUNNING'] },
        set,
        events: (before ? [before, event] : [event]).map((each) => ({ ...each, atMs, taskId, attempt })),
        atMs,
        durability,
      });
      if (!changed.applied && !isHeld(changed.task, record)) await release(record);
      return changed.applied;
    },
    async stillHolds({ executionId, taskId }, attempt, status) {
      const now = await store.task({ executionId, taskId });
      if (now?.status === status && now.attempt === attempt) return true;
      await waker.release(taskHolder(executionId, taskId, attempt));
      return false;
    },
  };
}

/** Whether somebody else runs the attempt after `before`, in the same places: it neither failed nor ended since. */
const isHeld = (now: Task | undefined, before: Task): boolean =>
  now?.attempt === before.attempt + 1 &&
  now.failures === before.failures &&
  (now.status === 'RUNNING' || now.status === 'WAITING');
