/** What several processes do to one execution at the same time. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { ExecutionChange } from '../../core/ports/execution-store.ts';
import { ask, claim, edge, event, pending, seed, started, T0 } from '../ports/execution-fixtures.ts';
import { describeStores } from './dynamodb.ts';
import { type DynamoSubject, openSubject } from './subject.ts';
import { WatchedClient } from './watched-client.ts';

const ROUNDS = 8;
const ENDS = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];

describeStores('Of several processes', () => {
  let subject: DynamoSubject;
  let table: ItemTable;
  beforeAll(async () => {
    subject = await openSubject();
    ({ table } = subject);
  });
  afterAll(() => subject.close());

  const end = (id: string, status: 'FAILED' | 'CANCELLED'): ExecutionChange => ({
    id,
    expect: { statuses: ['RUNNING', 'PAUSED'] },
    set: { status, endedMs: T0 + 5 },
    cancelOpen: 'over',
    events: [event(status === 'FAILED' ? 'execution.failed' : 'execution.cancelled')],
    atMs: T0 + 5,
    durability: 'durable',
  });

  it('one redrives, and its tasks are laid out alone', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `redriven-${round}`;
      await started(subject.store, id, [seed(0), seed(1), pending(2, 2)]);
      await claim(subject.store, id, 't0');
      await subject.store.change(end(id, 'FAILED'));
      const redrives = ['a', 'b', 'b', 'c'].map((name, at) =>
        new DynamoExecutionStore(table).change({
          id,
          expect: { statuses: ['FAILED', 'CANCELLED'], run: 1 },
          set: { status: 'QUEUED', run: 2, definitionHash: name },
          seeds: [seed(0, { type: name }), seed(1, { type: name, taskId: `only-${name}` })],
          events: [event('execution.redriven', { atMs: T0 + at })],
          atMs: T0 + 6,
          durability: 'durable',
        }),
      );
      const answers = await Promise.all(redrives);
      expect(answers.filter(({ applied }) => applied)).toHaveLength(1);
      const winner = (await subject.store.get(id))!.definitionHash;
      const tasks = await subject.store.tasks(id);
      expect(tasks).toMatchObject([
        { taskId: 't0', type: winner, status: 'READY', attempt: 1 },
        { taskId: `only-${winner}`, type: winner, status: 'READY', attempt: 0 },
      ]);
      const kept = await table.query<{ sk: string }>({
        pk: `E#${id}`,
        that: 'begins_with(#sk, :tasks)',
        values: { tasks: 'T#' },
      });
      expect(kept).toHaveLength(2);
    }
  });

  it('none claims, ends or wakes a task that a cancel has closed', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const id = `cancelled-${round}`;
      const seeds = [...Array.from({ length: 6 }, (_, at) => seed(at)), pending(6, 3), pending(7, 3)];
      await started(subject.store, id, seeds);
      const work = [0, 1, 2, 3, 4, 5].map(async (at) => {
        const store = new DynamoExecutionStore(table);
        if (!(await claim(store, id, `t${at}`)).applied) return;
        await store.changeTask(ask(id, `t${at}`, { resolve: [edge(at < 3 ? 't6' : 't7')] }));
      });
      const cancels = [0, 1].map(async (at) => {
        await new Promise((resolve) => setTimeout(resolve, round * 3 * at));
        return new DynamoExecutionStore(table).change(end(id, 'CANCELLED'));
      });
      const [changed] = await Promise.all([Promise.all(cancels), ...work]);
      expect(changed.some(({ applied }) => applied)).toBe(true);
      const tasks = await subject.store.tasks(id);
      expect(tasks.filter(({ status }) => !ENDS.includes(status))).toEqual([]);
      expect(await subject.store.allEnded(id)).toBe(true);
      const counts = await subject.reader.counts(id);
      for (const status of ['SUCCEEDED', 'CANCELLED'] as const) {
        expect(counts[status]).toBe(tasks.filter((task) => task.status === status).length);
      }
    }
  });

  it('one ends a task while another cancels, and the end stands', async () => {
    const id = 'ended';
    await started(subject.store, id, [seed(0), seed(1)]);
    await claim(subject.store, id, 't0');
    const watched = new WatchedClient();
    const canceller = new DynamoExecutionStore(new ItemTable(watched.client, subject.opened.tableName));
    // It has seen the task RUNNING by then.
    watched.beforeWrite('T#a#t0', async () => {
      const late = ask(id, 't0', {
        executionStatuses: ['RUNNING', 'CANCELLED'],
        set: { status: 'SUCCEEDED', output: 1 },
      });
      expect(await subject.store.changeTask(late)).toMatchObject({ applied: true });
    });
    await canceller.change(end(id, 'CANCELLED'));
    expect(await subject.store.tasks(id)).toMatchObject([
      { status: 'SUCCEEDED', output: 1, reason: undefined },
      { status: 'CANCELLED' },
    ]);
    expect(await subject.reader.counts(id)).toMatchObject({ SUCCEEDED: 1, CANCELLED: 1 });
  });

  it('one claims a task while another cancels, and it is closed all the same', async () => {
    const id = 'claimed';
    await started(subject.store, id, [seed(0)]);
    const watched = new WatchedClient();
    const claimer = new DynamoExecutionStore(new ItemTable(watched.client, subject.opened.tableName));
    watched.beforeWrite('T#a#t0', () => subject.store.change(end(id, 'CANCELLED')));
    expect(await claim(claimer, id, 't0')).toMatchObject({ applied: false, task: { status: 'CANCELLED' } });
  });

  it('a writer from before a redrive changes nothing of it', async () => {
    const id = 'stale';
    await started(subject.store, id, [seed(0), pending(1, 1)]);
    await claim(subject.store, id, 't0');
    const late = ask(id, 't0', { resolve: [edge('t1')] });
    await subject.store.changeTask(late);
    await subject.store.change(end(id, 'FAILED'));
    await subject.store.change({
      id,
      expect: { statuses: ['FAILED'] },
      set: { status: 'RUNNING', run: 2 },
      // What succeeded stands, and what waits for it was told by the lay-out.
      seeds: [seed(0, { status: 'SUCCEEDED' }), seed(1), pending(2, 1)],
      atMs: T0 + 6,
      durability: 'durable',
    });
    const again = { ...late, resolve: [edge('t1'), edge('t2')] };
    expect(await subject.store.changeTask(again)).toMatchObject({ applied: true, ready: [{ taskId: 't1' }] });
    expect(await subject.store.task({ executionId: id, taskId: 't2' })).toMatchObject({
      status: 'PENDING',
      remaining: 1,
    });
    expect(await subject.store.allEnded(id)).toBe(false);
  });
});
