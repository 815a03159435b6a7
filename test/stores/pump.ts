/** Reads a table's stream as Lambda would, and hands the records on. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { newsOf, type News, type StreamImage } from '../../adapters/aws/news.ts';
import { localCredentials, type OpenTable } from './dynamodb.ts';

export class StreamReader {
  readonly #table: OpenTable;
  readonly #streams: DynamoDBStreamsClient;
  readonly #iterators = new Map<string, string | undefined>();
  #sentinels = 0;

  constructor(table: OpenTable) {
    this.#table = table;
    this.#streams = new DynamoDBStreamsClient({ ...localCredentials, endpoint: table.endpoint });
  }

  /** Hands on the records of every write so far, in order, a batch at a time. */
  async drain(take: (records: _Record[]) => Promise<void>): Promise<void> {
    const sentinel = `SENTINEL#${++this.#sentinels}`;
    await this.#table.client.send(
      new PutItemCommand({
        TableName: this.#table.tableName,
        Item: { pk: { S: sentinel }, sk: { S: sentinel } },
      }),
    );
    for (let seen = false; !seen; ) {
      await this.#findShards();
      for (const [shard, iterator] of this.#iterators) {
        if (iterator === undefined) continue;
        const { Records = [], NextShardIterator } = await this.#streams.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: 1000 }),
        );
        this.#iterators.set(shard, NextShardIterator);
        seen ||= Records.some((record) => record.dynamodb?.Keys?.pk?.S === sentinel);
        if (Records.length > 0) await take(Records);
      }
    }
  }

  close(): void {
    this.#streams.destroy();
  }

  async #findShards(): Promise<void> {
    const { streamArn: StreamArn } = this.#table;
    const { StreamDescription } = await this.#streams.send(new DescribeStreamCommand({ StreamArn }));
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      if (this.#iterators.has(ShardId!)) continue;
      const { ShardIterator } = await this.#streams.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      this.#iterators.set(ShardId!, ShardIterator);
    }
  }
}

/** What these records tell. */
export const newsIn = (records: readonly _Record[]): News[] =>
  records.flatMap(({ dynamodb }) => {
    const news = dynamodb?.NewImage && newsOf(dynamodb.NewImage as StreamImage, dynamodb.SequenceNumber!);
    return news ? [news] : [];
  });
