import { expect, it } from 'vitest';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { metaKey } from '../../adapters/aws/keys.ts';
import { expiredOf, purge } from '../../adapters/aws/purge.ts';
import { ask, claim, event, seed, started, T0 } from '../ports/execution-fixtures.ts';
import { describeStores } from './dynamodb.ts';
import { openSubject } from './subject.ts';

const DAY_MS = 24 * 3600 * 1000;

describeStores('An execution that is over', () => {
  it('expires after its retention, and what belonged to it goes with it', async () => {
    const subject = await openSubject();
    const { table, reader } = subject;
    const store = new DynamoExecutionStore(table, { days: 30 });
    for (const id of ['e1', 'e2']) await started(store, id, [seed(0)]);
    await claim(store, 'e1', 't0');
    await store.changeTask(ask('e1', 't0', { set: { status: 'SUCCEEDED', output: 'x'.repeat(5000) } }));
    await store.change({
      id: 'e1',
      expect: { statuses: ['RUNNING'] },
      set: { status: 'SUCCEEDED', endedMs: T0 },
      events: [event('execution.succeeded')],
      atMs: T0,
      durability: 'durable',
    });
    await subject.settled();
    expect(await table.get(metaKey('e1'))).toMatchObject({ expires: (T0 + 30 * DAY_MS) / 1000 });
    expect(await table.get(metaKey('e2'))).not.toHaveProperty('expires');

    await purge(table, 'e1');
    expect(await reader.get('e1')).toBeDefined();
    // As the service does when the time has come.
    await table.delete(metaKey('e1'));
    expect(expiredOf({ pk: { S: 'E#e1' }, sk: { S: 'META' } })).toBe('e1');
    await purge(table, 'e1');
    for (const pk of ['E#e1', 'L#e1']) expect(await table.query({ pk })).toEqual([]);
    expect(await reader.tasks('e2', { limit: 10 })).toHaveLength(1);
    const { events, cursor } = await reader.feed(0, 100);
    expect(new Set(events.map(({ executionId }) => executionId))).toEqual(new Set(['e2']));
    expect((await reader.feed(cursor, 100)).events).toEqual([]);
    await subject.close();
  });
});
