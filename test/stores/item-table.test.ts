import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { describeStores, localCredentials, type OpenTable, openTable } from './dynamodb.ts';
import { WatchedClient } from './watched-client.ts';

const key = { pk: 'a', sk: 'b' };

describeStores('A write whose answer got lost', () => {
  let opened: OpenTable;
  let watched: WatchedClient;
  let table: ItemTable;
  beforeEach(async () => {
    opened = await openTable();
    watched = new WatchedClient();
    table = new ItemTable(watched.client, opened.tableName);
  });
  afterEach(() => opened.close());

  it('is known for its own when it is tried again', async () => {
    watched.loseAnswer();
    expect(await table.insert({ ...key, n: 0 })).toMatchObject({ applied: true, item: { n: 0 } });
    watched.loseAnswer();
    const next = { key, set: { n: 1 }, only: { that: '#n = :before', values: { before: 0 } } };
    expect(await table.update(next)).toMatchObject({ applied: true, item: { n: 1 } });
    expect(await table.update(next)).toMatchObject({ applied: false, item: { n: 1 } });
  });

  it('is not, when another did the same', async () => {
    await new ItemTable(opened.client, opened.tableName).insert({ ...key, n: 0 });
    expect(await table.insert({ ...key, n: 0 })).toMatchObject({ applied: false, item: { n: 0 } });
  });

  it('fails as StoreUnavailable where the table can not be reached', async () => {
    const nobody = new DynamoDBClient({
      ...localCredentials,
      endpoint: 'http://127.0.0.1:1',
      maxAttempts: 1,
    });
    const refused = new ItemTable(nobody, opened.tableName).get(key);
    await expect(refused).rejects.toMatchObject({ name: 'StoreUnavailable' });
  });
});
