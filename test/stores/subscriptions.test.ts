import { afterEach } from 'vitest';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { DynamoSubscriptions } from '../../adapters/aws/subscriptions.ts';
import { subscriptionsSuite } from '../ports/subscriptions.suite.ts';
import { describeStores, openTable, type OpenTable } from './dynamodb.ts';

describeStores('Subscriptions on DynamoDB', () => {
  const opened: OpenTable[] = [];
  afterEach(async () => {
    for (const table of opened.splice(0)) await table.close();
  });

  subscriptionsSuite('DynamoSubscriptions', async (clock) => {
    const table = await openTable();
    opened.push(table);
    return new DynamoSubscriptions(new ItemTable(table.client, table.tableName), clock);
  });
});
