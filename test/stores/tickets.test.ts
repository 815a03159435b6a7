import { afterAll, beforeAll, expect, it } from 'vitest';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { DynamoTickets } from '../../adapters/aws/tickets.ts';
import { ticketsSuite } from '../ports/tickets.suite.ts';
import { describeStores, openTable, type OpenTable } from './dynamodb.ts';

describeStores('Tickets on DynamoDB', () => {
  let opened: OpenTable;
  let table: ItemTable;
  beforeAll(async () => {
    opened = await openTable();
    table = new ItemTable(opened.client, opened.tableName);
  });
  afterAll(() => opened.close());

  ticketsSuite('DynamoTickets', (clock) => new DynamoTickets(table, clock));

  it('keeps nothing that opens a socket', async () => {
    const { ticket } = await new DynamoTickets(table, { now: () => 0 }).issue({ subject: 'ada' });
    const { Items } = await opened.client.send(new ScanCommand({ TableName: opened.tableName }));
    expect(JSON.stringify(Items)).toContain('ada');
    expect(JSON.stringify(Items)).not.toContain(ticket);
  });
});
