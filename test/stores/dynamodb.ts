/** A table of its own on DynamoDB Local for every test that asks for one. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describe, inject } from 'vitest';
import { type IndexShape, TABLE } from '../../adapters/aws/table.ts';

export const emulators = inject('emulators');

/** Cases that need the emulators; skipped where they aren't. */
export const describeStores = describe.skipIf(!emulators);

const local = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

let client: DynamoDBClient | undefined;
let tables = 0;

export interface OpenTable {
  client: DynamoDBClient;
  tableName: string;
  streamArn: string;
  endpoint: string;
  close: () => Promise<void>;
}

/** A new, empty table with its indexes and its stream. */
export async function openTable(): Promise<OpenTable> {
  const endpoint = emulators!.dynamodbUrl;
  client ??= new DynamoDBClient({ ...local, endpoint });
  const tableName = `holdfast-${process.pid}-${++tables}`;
  const { TableDescription } = await client.send(new CreateTableCommand(tableInput(tableName)));
  return {
    client,
    tableName,
    streamArn: TableDescription!.LatestStreamArn!,
    endpoint,
    close: async () => {
      await client!.send(new DeleteTableCommand({ TableName: tableName }));
    },
  };
}

/** What clients beside `openTable`'s are made with. */
export const localCredentials = local;

function tableInput(tableName: string): CreateTableCommandInput {
  const names = new Set<string>([TABLE.partitionKey, TABLE.sortKey]);
  for (const index of TABLE.indexes) names.add(index.partitionKey).add(index.sortKey);
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(TABLE.partitionKey, TABLE.sortKey),
    GlobalSecondaryIndexes: TABLE.indexes.map((index: IndexShape) => ({
      IndexName: index.name,
      KeySchema: keySchema(index.partitionKey, index.sortKey),
      Projection:
        index.include.length > 0
          ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.include] }
          : { ProjectionType: 'KEYS_ONLY' },
    })),
    StreamSpecification: { StreamEnabled: true, StreamViewType: TABLE.stream },
  };
}

const keySchema = (partitionKey: string, sortKey: string): CreateTableCommandInput['KeySchema'] => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  { AttributeName: sortKey, KeyType: 'RANGE' },
];
