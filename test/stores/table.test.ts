import { DescribeTableCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { TABLE } from '../../adapters/aws/table.ts';
import { describeStores, openTable } from './dynamodb.ts';

describeStores('The table', () => {
  it('is made with its stream, and lists what has the attributes of an index', async () => {
    const table = await openTable();
    const { client, tableName: TableName } = table;
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table!.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' });
    for (const [at, { name, partitionKey, sortKey }] of TABLE.indexes.entries()) {
      const keys = { pk: { S: `p${at}` }, sk: { S: 's' } };
      await client.send(
        new PutItemCommand({
          TableName,
          Item: { ...keys, [partitionKey]: { S: 'x' }, [sortKey]: { S: 'y' } },
        }),
      );
      const { Items } = await client.send(
        new QueryCommand({
          TableName,
          IndexName: name,
          KeyConditionExpression: '#p = :p',
          ExpressionAttributeNames: { '#p': partitionKey },
          ExpressionAttributeValues: { ':p': { S: 'x' } },
        }),
      );
      expect(Items).toMatchObject([keys]);
    }
    await table.close();
  });
});
