import { DynamoNetworkStore } from '../../adapters/aws/network-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { networkStoreSuite } from '../ports/network-store.suite.ts';
import { describeStores, openTable } from './dynamodb.ts';

describeStores('The network on DynamoDB', () => {
  networkStoreSuite('DynamoNetworkStore', async () => {
    const { client, tableName, close } = await openTable();
    return { store: new DynamoNetworkStore(new ItemTable(client, tableName)), close };
  });
});
