/** What a task costs in units of the table, from its lay-out to its place in the log. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
import { expect, it } from 'vitest';
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { Resolution, TaskSeed } from '../../core/ports/execution-store.ts';
import { ask, edge, event, pending, seed, started, T0 } from '../ports/execution-fixtures.ts';
import { describeStores } from './dynamodb.ts';
import { newsIn } from './pump.ts';
import { openSubject } from './subject.ts';
import { WatchedClient } from './watched-client.ts';

const TASKS = 100;
const WRITE_UNITS_MAX = 6;
const READ_UNITS_MAX = 4;
/** Records of a batch, as they come while tasks of a second or so go on. */
const BATCH = 20;

interface Shape {
  seeds: TaskSeed[];
  resolve: (at: number) => Resolution[];
}

const last = TASKS - 1;
const chain: Shape = {
  seeds: Array.from({ length: TASKS }, (_, at) =>
    at === 0 ? seed(0, { inner: true }) : pending(at, 1, { parents: 1, inner: at < last }),
  ),
  resolve: (at) => (at < last ? [edge(`t${at + 1}`, { parents: 1, place: 0 })] : []),
};

const fan: Shape = {
  seeds: Array.from({ length: TASKS }, (_, at) => {
    if (at === 0) return seed(0, { inner: true });
    if (at < last) return pending(at, 1, { parents: 1, inner: true });
    return pending(at, last - 1, { parents: last - 1 });
  }),
  resolve: (at) => {
    if (at === 0)
      return Array.from({ length: last - 1 }, (_, n) => edge(`t${n + 1}`, { parents: 1, place: 0 }));
    return at < last ? [edge(`t${last}`, { parents: last - 1, place: at - 1 })] : [];
  },
};

describeStores('A task', () => {
  it.each([
    ['chain', chain],
    ['fan', fan],
  ] as const)('of a %s takes few units', async (name, { seeds, resolve }) => {
    const subject = await openSubject();
    const watched = new WatchedClient();
    const table = new ItemTable(watched.client, subject.opened.tableName);
    const store = new DynamoExecutionStore(table);
    const log = new EventLog(table);
    const id = 'ex_01K0000000000000000000000';
    await started(store, id, seeds);
    for (const { taskId, index } of seeds) {
      const attempt = 1;
      const taken = {
        status: 'RUNNING',
        attempt,
        startedMs: T0 + 2,
        dueMs: undefined,
        reason: undefined,
      } as const;
      await store.changeTask(
        ask(id, taskId, {
          from: ['READY'],
          attempt: 0,
          set: taken,
          events: [event('task.started', { taskId, attempt })],
        }),
      );
      const set = { status: 'SUCCEEDED', output: { sum: index }, endedMs: T0 + 3, dueMs: undefined } as const;
      const events = [event('task.succeeded', { taskId, attempt })];
      const changed = await store.changeTask(ask(id, taskId, { set, resolve: resolve(index), events }));
      expect(changed).toMatchObject({ applied: true, ended: index === last });
    }
    await subject.stream.drain(async (records) => {
      const news = newsIn(records);
      for (let at = 0; at < news.length; at += BATCH) await log.append(news.slice(at, at + BATCH));
    });
    const perTask = { write: watched.writeUnits / TASKS, read: watched.readUnits / TASKS };
    console.log(`${name}: ${perTask.write} write units and ${perTask.read} read units a task`);
    expect(perTask.write).toBeLessThanOrEqual(WRITE_UNITS_MAX);
    expect(perTask.read).toBeLessThanOrEqual(READ_UNITS_MAX);
    await subject.close();
  });
});
