import { expect, it } from 'vitest';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { TaskChanged } from '../../core/ports/execution-store.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { ask, edge, pending, seed, started } from '../ports/execution-fixtures.ts';
import { describeStores, openTable } from './dynamodb.ts';
import { WatchedClient } from './watched-client.ts';

const PARENTS = 1000;
const AT_ONCE = 64;
const WRITES_MAX = 60;

describeStores('A task with 1,000 parents that end side by side', () => {
  it('becomes READY once, and no item is written often', { timeout: 300_000 }, async () => {
    const table = await openTable();
    const watched = new WatchedClient();
    const store = new DynamoExecutionStore(new ItemTable(watched.client, table.tableName));
    const parents = Array.from({ length: PARENTS }, (_, index) => seed(index, { inner: true }));
    const join = pending(PARENTS, PARENTS, { taskId: 'join', parents: PARENTS });
    await started(store, 'e1', [...parents, join]);
    const answers: TaskChanged[] = [];
    await eachOf(parents, AT_ONCE, async ({ taskId }, place) => {
      const resolve = [
        edge('join', { parents: PARENTS, place, unmet: place % 2, triggered: place % 3 === 0 ? 1 : 0 }),
      ];
      answers.push(await store.changeTask(ask('e1', taskId, { from: ['READY'], attempt: 0, resolve })));
    });

    expect(answers.every(({ applied }) => applied)).toBe(true);
    const ready = answers.flatMap((answer) => (answer.applied ? answer.ready : []));
    expect(ready).toMatchObject([
      { taskId: 'join', status: 'READY', remaining: 0, unmet: 500, triggered: 334 },
    ]);
    expect(Math.max(...watched.writes.values())).toBeLessThanOrEqual(WRITES_MAX);
    expect(await store.allEnded('e1')).toBe(false);
    const last = await store.changeTask(ask('e1', 'join', { from: ['READY'], attempt: 0 }));
    expect(last).toMatchObject({ applied: true, ended: true, token: 'token-e1' });
    expect(await store.allEnded('e1')).toBe(true);
    await table.close();
  });

  it('hears of the ends that were repeated, and of each once', async () => {
    const table = await openTable();
    const store = new DynamoExecutionStore(new ItemTable(table.client, table.tableName));
    const parents = Array.from({ length: 60 }, (_, index) => seed(index));
    await started(store, 'e1', [...parents, pending(60, 60, { taskId: 'join', parents: 60 })]);
    const ends = parents.map(({ taskId }, place) =>
      ask('e1', taskId, { from: ['READY'], attempt: 0, resolve: [edge('join', { parents: 60, place })] }),
    );
    const answers = await Promise.all(
      [...ends, ...ends].map((end) => store.changeTask({ ...end, expect: { ...end.expect } })),
    );
    expect(answers.some((answer) => answer.applied && answer.ready.length > 0)).toBe(true);
    expect(await store.task({ executionId: 'e1', taskId: 'join' })).toMatchObject({
      status: 'READY',
      remaining: 0,
    });
    for (const end of ends) {
      expect(await store.changeTask(end)).toMatchObject({ applied: true, ended: false });
    }
    expect(await store.task({ executionId: 'e1', taskId: 'join' })).toMatchObject({
      status: 'READY',
      remaining: 0,
    });
    await table.close();
  });

  it('ends an execution of 120 tasks that nothing comes after with the last of them', async () => {
    const table = await openTable();
    const store = new DynamoExecutionStore(new ItemTable(table.client, table.tableName));
    const tasks = Array.from({ length: 120 }, (_, index) => seed(index));
    await started(store, 'e1', tasks);
    const answers: TaskChanged[] = [];
    await eachOf(tasks, AT_ONCE, async ({ taskId }) => {
      answers.push(await store.changeTask(ask('e1', taskId, { from: ['READY'], attempt: 0 })));
    });
    expect(answers.filter((answer) => answer.applied && answer.ended)).toMatchObject([{ token: 'token-e1' }]);
    expect(await store.allEnded('e1')).toBe(true);
    await table.close();
  });
});
