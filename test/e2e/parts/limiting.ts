import { describe, expect, test } from 'vitest';
import { type OpenHost, useHost } from '../host.ts';
import { mostAtOnce } from './engine-types.ts';

export function limiting(open: OpenHost): void {
  describe('one task at a time (MAX_TASKS)', () => {
    const host = useHost(open, { maxTasks: 1 });
    const control = (id: string, verb: string) => host.http.post(`/executions/${id}/${verb}`);
    const hold = (id: string, ms: number, more = {}) => ({ id, type: 'hold', input: { ms }, ...more });
    const queued = async (count: number) => {
      for (;;) if ((await host.http.get('/stats')).body.pools.tasks.queued === count) return;
    };
    /** Takes the only place, for as long as it isn't cancelled. */
    const occupy = async (): Promise<string> => {
      const id = await host.begin({ name: 'occupies', tasks: [hold('long', 60_000)] });
      await host.taskEvent(id, 'long', 'task.started');
      return id;
    };
    /** The tasks in the order they were started in, when they all waited for the place at first. */
    const orderOf = async (definition: { name: string; tasks: object[] }): Promise<string[]> => {
      const occupies = await occupy();
      const id = await host.begin({ ...definition });
      await queued(definition.tasks.length);
      await control(occupies, 'cancel');
      await host.ended(id);
      const events = await host.http.events(id);
      expect(mostAtOnce(events)).toBe(1);
      return events.filter(({ type }) => type === 'task.started').map(({ taskId }) => taskId);
    };

    test('runs the highest priority first, by number or by name', async () => {
      const tasks = [
        hold('low', 1, { priority: 'low' }),
        hold('normal', 1),
        hold('nine', 1, { priority: 9 }),
        hold('critical', 1, { priority: 'critical' }),
        hold('high', 1, { priority: 'high' }),
      ];
      const order = await orderOf({ name: 'priorities', tasks });
      expect(order).toEqual(['critical', 'nine', 'high', 'normal', 'low']);
    });

    test('ignores the priorities of tasks in the fifo strategy', async () => {
      const tasks = [
        hold('first', 1),
        hold('second', 1, { priority: 'low' }),
        hold('third', 1, { priority: 'critical' }),
      ];
      const fifo = { name: 'fifo', strategy: 'fifo', tasks };
      expect(await orderOf(fifo)).toEqual(['first', 'second', 'third']);
    });

    test('gives the place of a cancelled task to the next', async () => {
      const runs = await occupy();
      const waits = await host.begin({ name: 'waits', tasks: [hold('short', 1)] });
      await queued(1);
      await control(runs, 'cancel');
      expect(await host.ended(waits)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('passes over a task that was cancelled while it waited for a place', async () => {
      const runs = await occupy();
      const dropped = await host.begin({ name: 'dropped', tasks: [hold('short', 1)] });
      await queued(1);
      const last = await host.begin({ name: 'last', tasks: [hold('short', 1)] });
      await queued(2);
      await control(dropped, 'cancel');
      await control(runs, 'cancel');
      expect(await host.ended(last)).toMatchObject({ status: 'SUCCEEDED' });
      expect(await host.places()).toEqual({});
    });

    test('passes over a paused execution, which takes its turn when resumed', async () => {
      const runs = await occupy();
      const paused = await host.begin({ name: 'paused-in-queue', tasks: [hold('short', 1)] });
      await queued(1);
      await control(paused, 'pause');
      const last = await host.begin({ name: 'last', tasks: [hold('short', 1)] });
      await control(runs, 'cancel');
      expect(await host.ended(last)).toMatchObject({ status: 'SUCCEEDED' });
      expect((await host.execution(paused)).status).toBe('PAUSED');
      await control(paused, 'resume');
      expect(await host.ended(paused)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('holds no place while a task waits, for a time, a signal or a child', async () => {
      const waiting = await host.begin({
        name: 'waiters',
        tasks: [
          { id: 'signal', type: 'signal' },
          { id: 'time', type: 'wait', input: { seconds: 60 } },
          { id: 'child', type: 'map', input: { items: [1, 2, 3], task: hold('one', 1) } },
        ],
      });
      await host.taskEvent(waiting, 'child', 'task.succeeded');
      await control(waiting, 'cancel');
    });
  });

  describe('one workflow at a time (MAX_WORKFLOWS)', () => {
    const host = useHost(open, { maxWorkflows: 1 });
    const control = (id: string, verb: string) => host.http.post(`/executions/${id}/${verb}`);
    const waits = { name: 'waits', tasks: [{ id: 'go', type: 'signal' }] };
    const go = (id: string) => host.http.post(`/executions/${id}/signals/go`);

    test('queues what is too much, and starts it by priority as places come free', async () => {
      const first = await host.begin(waits);
      await host.taskEvent(first, 'go', 'task.waiting');
      const low = await host.start('waits', { priority: 'low' });
      const high = await host.start('waits', { priority: 'high' });
      expect((await host.execution(low)).status).toBe('QUEUED');
      await go(first);
      await host.event(high, ({ type }) => type === 'execution.started');
      expect((await host.execution(low)).status).toBe('QUEUED');
      await go(high);
      await go(low);
      expect(await host.ended(low)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('passes over one that was cancelled while it queued', async () => {
      const first = await host.begin(waits);
      await host.taskEvent(first, 'go', 'task.waiting');
      const dropped = await host.start('waits');
      const last = await host.start('waits');
      expect((await control(dropped, 'cancel')).body.status).toBe('CANCELLED');
      await go(first);
      await go(last);
      expect(await host.ended(last)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('lets children run in the place of their parent', async () => {
      await host.submit({ name: 'child', tasks: [{ id: 'one', type: 'pass' }] });
      const done = await host.run({
        name: 'parent',
        tasks: [{ id: 'call', type: 'workflow', input: { workflow: 'child' } }],
      });
      expect(done.status).toBe('SUCCEEDED');
    });

    test('lets a redriven execution queue again', async () => {
      const { executionId } = await host.run({
        name: 'fails',
        tasks: [{ id: 'flaky', type: 'flaky', input: { until: 2 } }],
      });
      const first = await host.begin(waits);
      await host.taskEvent(first, 'go', 'task.waiting');
      await control(executionId, 'redrive');
      expect((await host.execution(executionId)).status).toBe('QUEUED');
      await go(first);
      expect(await host.ended(executionId, 2)).toMatchObject({ status: 'SUCCEEDED' });
    });
  });
}
