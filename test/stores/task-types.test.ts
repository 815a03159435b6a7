import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { DynamoTaskTypes, FRESH_MS } from '../../adapters/aws/task-types.ts';
import type { TaskType } from '../../core/ports/task-types.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';

const resize: TaskType = { type: 'resize', functionName: 'arn:resize', maxConcurrency: 4 };
const render: TaskType = { type: 'render', functionName: 'arn:render', long: true };

describeStores('Task types in DynamoDB', () => {
  let table: OpenTable;
  let calls = 0;
  let nowMs = 0;
  const open = (): DynamoTaskTypes => {
    const send = (command: never) => {
      calls++;
      return table.client.send(command);
    };
    const client = { send } as unknown as DynamoDBClient;
    return new DynamoTaskTypes({
      table: new ItemTable(client, table.tableName),
      clock: { now: () => nowMs },
    });
  };
  /** Of the table, by `work`. */
  const callsOf = async (work: () => Promise<unknown>): Promise<number> => {
    calls = 0;
    await work();
    return calls;
  };

  beforeEach(async () => {
    table = await openTable();
    nowMs = 0;
  });
  afterEach(() => table.close());

  it('finds and lists what is offered, as it was offered', async () => {
    const types = open();
    for (const type of [resize, render]) await types.offer(type);
    expect(await open().list()).toEqual([render, resize]);
    expect(await open().find('resize')).toEqual(resize);
    expect(await open().find('render')).toEqual(render);
    expect(await open().find('nobody')).toBeUndefined();
  });

  it('remembers for a while what it has found', async () => {
    await open().offer(resize);
    const types = open();
    await types.find('resize');
    expect(await callsOf(() => types.find('resize'))).toBe(0);
    nowMs += FRESH_MS + 1;
    expect(await callsOf(() => types.find('resize'))).toBe(1);
  });

  it('looks in the table for what it does not know: a task parks only when nobody offers its type', async () => {
    const types = open();
    expect(await types.find('resize')).toBeUndefined();
    await open().offer(resize);
    expect(await types.find('resize')).toEqual(resize);
  });

  it('takes up a new function and a withdrawal once what it remembers is old', async () => {
    const [types, other] = [open(), open()];
    for (const type of [resize, render]) await types.offer(type);
    for (const { type } of [resize, render]) await types.find(type);
    await other.offer({ type: 'resize', functionName: 'arn:resize:2' });
    await other.withdraw('render');
    nowMs += FRESH_MS + 1;
    expect(await types.find('resize')).toEqual({ type: 'resize', functionName: 'arn:resize:2' });
    expect(await types.find('render')).toBeUndefined();
  });
});
