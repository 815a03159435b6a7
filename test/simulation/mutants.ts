/** Fences taken out one at a time at the ports: a simulation that doesn't notice would prove nothing. */
import type { ExecutionStatus, TaskStatus } from '../../core/execution/execution.ts';
import type { ExecutionStore, HostRecovery } from '../../core/ports/execution-store.ts';
import type { Sabotage } from './world.ts';

const TASK_STATUSES: readonly TaskStatus[] = [
  'PENDING',
  'READY',
  'RUNNING',
  'WAITING',
  'PARKED',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
];
const STATUSES: readonly ExecutionStatus[] = [
  'QUEUED',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
];

type Store = ExecutionStore & HostRecovery;
const onStore = (store: (store: Store) => Partial<Store>): Sabotage => ({ store });

/** By name: what it leaves out. */
export const MUTANTS: Readonly<Record<string, Sabotage>> = {
  'a write by an older attempt is taken': onStore((store) => ({
    changeTask: async (change) => {
      const attempt = (await store.task(change))?.attempt ?? change.expect.attempt;
      return store.changeTask({ ...change, expect: { ...change.expect, attempt } });
    },
  })),
  'a write to a task in any status is taken': onStore((store) => ({
    changeTask: (change) =>
      store.changeTask({
        ...change,
        expect: { ...change.expect, statuses: TASK_STATUSES, failures: undefined },
      }),
  })),
  'an attempt fails as often as it is said to': onStore((store) => ({
    changeTask: (change) =>
      store.changeTask({ ...change, expect: { ...change.expect, failures: undefined } }),
  })),
  'a task of a paused or ended execution may be claimed': onStore((store) => ({
    changeTask: (change) =>
      store.changeTask({ ...change, expect: { ...change.expect, executionStatuses: STATUSES } }),
  })),
  'an execution changes whatever its status and run': onStore((store) => ({
    change: (change) => store.change({ ...change, expect: { statuses: STATUSES } }),
  })),
  'handlers start before their claim is durable': onStore((store) => ({
    changeTask: (change) => store.changeTask({ ...change, durability: 'ordered' }),
  })),
  'clients are answered before it is durable': onStore((store) => ({
    change: (change) => store.change({ ...change, durability: 'ordered' }),
  })),
  'attempts of a host that died are not taken up': onStore(() => ({ reclaim: async () => [] })),
  'executions that were queued are not taken up': onStore((store) => ({
    unfinished: async () => (await store.unfinished()).filter(({ status }) => status !== 'QUEUED'),
  })),
  'unmet dependencies are overlooked': onStore((store) => ({
    task: async (ref) => {
      const task = await store.task(ref);
      return task && { ...task, unmet: 0, triggered: 1 };
    },
  })),
  'a task is ready one parent early': onStore((store) => ({
    changeTask: async (change) => {
      const { executionId, resolve = [] } = change;
      const doubled = resolve.map(async (resolution) => {
        const child = await store.task({ executionId, taskId: resolution.taskId });
        return {
          ...resolution,
          edges: Math.max(resolution.edges, Math.min(child?.remaining ?? 0, resolution.edges + 1)),
        };
      });
      return store.changeTask({ ...change, resolve: await Promise.all(doubled) });
    },
  })),
  'the end of a task is lost on one of its children': onStore((store) => ({
    changeTask: (change) => store.changeTask({ ...change, resolve: change.resolve?.slice(1) }),
  })),
  'the same key starts again': onStore((store) => {
    let copies = 0;
    return {
      create: (execution, events) =>
        store.create(
          execution.parent ? execution : { ...execution, id: `${execution.id}${copies++}` },
          events,
        ),
    };
  }),
  'a signal is acknowledged and dropped': onStore(() => ({ putSignal: async () => true })),
  'checkpoints are dropped': onStore(() => ({ checkpoint: async () => undefined })),
  'a place is given to whoever asks': { slots: () => ({ acquire: async () => true }) },
  'whoever waits for a place is not told of it': {
    slots: (slots) => ({
      release: async (holder) => {
        await slots.release(holder);
        return [];
      },
    }),
  },
  'places are kept': { slots: () => ({ release: async () => [] }) },
  'one start in ten is lost': {
    dispatcher: (dispatcher) => {
      let starts = 0;
      return { start: async (...given) => (++starts % 10 === 0 ? undefined : dispatcher.start(...given)) };
    },
  },
};
