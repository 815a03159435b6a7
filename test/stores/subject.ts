/** The DynamoDB adapters on a table of their own, with what reads its stream. */
import { EventLog } from '../../adapters/aws/event-log.ts';
import { DynamoExecutionReader } from '../../adapters/aws/execution-reader.ts';
import { DynamoExecutionStore } from '../../adapters/aws/execution-store.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import type { ExecutionStoreSubject } from '../ports/execution-subject.ts';
import { type OpenTable, openTable } from './dynamodb.ts';
import { newsIn, StreamReader } from './pump.ts';

export interface DynamoSubject extends ExecutionStoreSubject {
  opened: OpenTable;
  table: ItemTable;
  log: EventLog;
  stream: StreamReader;
  settled(): Promise<void>;
}

export async function openSubject(): Promise<DynamoSubject> {
  const opened = await openTable();
  const table = new ItemTable(opened.client, opened.tableName);
  const log = new EventLog(table);
  const stream = new StreamReader(opened);
  return {
    opened,
    table,
    log,
    stream,
    store: new DynamoExecutionStore(table),
    reader: new DynamoExecutionReader(table),
    settled: () =>
      stream.drain(async (records) => {
        await log.append(newsIn(records));
      }),
    close: async () => {
      stream.close();
      await opened.close();
    },
  };
}
