/** The calls that the adapters make on the table, in plain values, with errors that the engine knows. */
import { randomBytes } from 'node:crypto';
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { eachOf } from '../../core/side-by-side.ts';
import { failure, isNamed } from './failures.ts';
import { type Attributes, attributeOf, marshal, unmarshal, type Value, type Values } from './item.ts';

export interface Key {
  pk: string;
  sk: string;
}

/** An expression with `#name` for every attribute and `:name` for every value. */
export interface Condition {
  that: string;
  values?: Values;
}

export interface Update {
  key: Key;
  /** `undefined` removes the attribute. */
  set?: Values;
  /** Added to numbers, joined to sets. */
  add?: Values;
  /** @default whatever is there */
  only?: Condition;
}

export interface Written<T> {
  applied: boolean;
  /** As it is after the write; as it stands where that was refused, undefined where there is none. */
  item: T | undefined;
}

export interface QueryRequest {
  pk: string;
  /** On the sort key: `#sk > :after`. */
  that?: string;
  values?: Values;
  /** Of what is read only this is returned. */
  filter?: string;
  index?: { name: string; partitionKey: string };
  /** Newest first. */
  backwards?: boolean;
  /** Items to return. */
  limit?: number;
  /** Items to read at a time, filtered ones included; as many as 1 MB holds unless given. */
  pageSize?: number;
  consistent?: boolean;
  /** Attributes to return, all of them unless given. */
  only?: readonly string[];
}

const BATCH_ITEMS_MAX = 100;
const BATCHES_AT_ONCE = 4;
const BATCH_TRIES_MAX = 6;

export class ItemTable {
  readonly name: string;
  readonly #client: DynamoDBClient;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async get<T>(key: Key, { consistent = true }: { consistent?: boolean } = {}): Promise<T | undefined> {
    const { Item } = await this.#call(() =>
      this.#client.send(
        new GetItemCommand({ TableName: this.name, Key: marshal({ ...key }), ConsistentRead: consistent }),
      ),
    );
    return Item && unmarshal<T>(Item);
  }

  /** Those that are there, in any order. */
  async getAll<T extends Key>(keys: readonly Key[]): Promise<T[]> {
    const batches: Key[][] = [];
    for (let at = 0; at < keys.length; at += BATCH_ITEMS_MAX)
      batches.push(keys.slice(at, at + BATCH_ITEMS_MAX));
    const found: T[] = [];
    await eachOf(batches, BATCHES_AT_ONCE, async (batch) => {
      let wanted: Attributes[] | undefined = batch.map((key) => marshal({ ...key }));
      for (let tried = 1; wanted && wanted.length > 0; tried++) {
        const asked: Attributes[] = wanted;
        const { Responses, UnprocessedKeys } = await this.#call(() =>
          this.#client.send(
            new BatchGetItemCommand({ RequestItems: { [this.name]: { Keys: asked, ConsistentRead: true } } }),
          ),
        );
        for (const item of Responses?.[this.name] ?? []) found.push(unmarshal<T>(item));
        wanted = UnprocessedKeys?.[this.name]?.Keys;
        if (tried === BATCH_TRIES_MAX && wanted?.length) throw unprocessed(wanted.length);
      }
    });
    return found;
  }

  /** Read as they are asked for. */
  async *pages<T>(request: QueryRequest): AsyncGenerator<T[]> {
    let start: Attributes | undefined;
    let left = request.limit ?? Infinity;
    do {
      const input = queryInput(this.name, request, left, start);
      const { Items = [], LastEvaluatedKey } = await this.#call(() =>
        this.#client.send(new QueryCommand(input)),
      );
      left -= Items.length;
      start = LastEvaluatedKey;
      if (Items.length > 0) yield Items.map((item) => unmarshal<T>(item));
    } while (start && left > 0);
  }

  async query<T>(request: QueryRequest): Promise<T[]> {
    const found: T[] = [];
    for await (const page of this.pages<T>(request)) found.push(...page);
    return found;
  }

  /** Puts an item where there is none. */
  async insert<T>(item: Key & Values): Promise<Written<T>> {
    const by = nonce();
    return this.#write<T>(by, () =>
      this.#client
        .send(
          new PutItemCommand({
            TableName: this.name,
            Item: marshal({ ...item, by }),
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        .then(() => ({ ...item, by }) as T),
    );
  }

  /** Puts an item, whatever was there. */
  async put(item: Key & Values): Promise<void> {
    await this.#call(() =>
      this.#client.send(new PutItemCommand({ TableName: this.name, Item: marshal(item) })),
    );
  }

  async update<T>(update: Update): Promise<Written<T>> {
    const by = nonce();
    return this.#write<T>(by, async () => {
      const input = updateInput(this.name, { ...update, set: { ...update.set, by } });
      const { Attributes } = await this.#client.send(new UpdateItemCommand(input));
      return unmarshal<T>(Attributes!);
    });
  }

  async delete(key: Key, only?: Condition): Promise<boolean> {
    const { applied } = await this.#write<Key>('', async () => {
      await this.#client.send(
        new DeleteItemCommand({
          TableName: this.name,
          Key: marshal({ ...key }),
          ...(only && { ConditionExpression: only.that, ...namesAndValues([only.that], only.values) }),
        }),
      );
      return key;
    });
    return applied;
  }

  /** A refused write that finds its own mark was done by a try whose answer got lost. */
  async #write<T>(by: string, send: () => Promise<T>): Promise<Written<T>> {
    try {
      return { applied: true, item: await this.#call(send) };
    } catch (error) {
      if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
      const { Item } = error as { Item?: Attributes };
      const item = Item && unmarshal<T & { by?: string }>(Item);
      return { applied: by !== '' && item?.by === by, item };
    }
  }

  async #call<R>(send: () => Promise<R>): Promise<R> {
    try {
      return await send();
    } catch (error) {
      throw failure(error, `The table ${this.name} did not answer`);
    }
  }
}

/** Tells this write from any other. */
const nonce = (): string => randomBytes(6).toString('base64url');

function queryInput(
  table: string,
  request: QueryRequest,
  limit: number,
  start: Attributes | undefined,
): QueryCommandInput {
  const { pk, that, values, filter, index, backwards, pageSize = Infinity, consistent, only } = request;
  const size = filter ? pageSize : Math.min(limit, pageSize);
  const condition = `#${index?.partitionKey ?? 'pk'} = :pk${that ? ` AND ${that}` : ''}`;
  const projection = only?.map((name) => `#${name}`).join(', ');
  return {
    TableName: table,
    IndexName: index?.name,
    KeyConditionExpression: condition,
    FilterExpression: filter,
    ProjectionExpression: projection,
    ...namesAndValues([condition, filter, projection], { ...values, pk }),
    ScanIndexForward: !backwards,
    Limit: Number.isFinite(size) ? size : undefined,
    ConsistentRead: consistent,
    ExclusiveStartKey: start,
  };
}

function updateInput(table: string, { key, set = {}, add = {}, only }: Update): UpdateItemCommandInput {
  const values: Record<string, Value | undefined> = { ...only?.values };
  const sets: string[] = [];
  const removes: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) removes.push(`#${name}`);
    else {
      sets.push(`#${name} = :set_${name}`);
      values[`set_${name}`] = value;
    }
  }
  const adds = Object.entries(add).map(([name, value]) => {
    values[`add_${name}`] = value;
    return `#${name} :add_${name}`;
  });
  const clause = (verb: string, parts: string[]): string =>
    parts.length > 0 ? `${verb} ${parts.join(', ')} ` : '';
  const expression = clause('SET', sets) + clause('REMOVE', removes) + clause('ADD', adds);
  return {
    TableName: table,
    Key: marshal({ ...key }),
    UpdateExpression: expression.trim(),
    ConditionExpression: only?.that,
    ...namesAndValues([expression, only?.that], values),
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

export function namesAndValues(expressions: readonly (string | undefined)[], values: Values = {}) {
  const names: Record<string, string> = {};
  for (const expression of expressions) {
    for (const [, name] of expression?.matchAll(/#(\w+)/g) ?? []) names[`#${name}`] = name!;
  }
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) attributes[`:${name}`] = attributeOf(value);
  }
  return {
    ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
    ExpressionAttributeValues: Object.keys(attributes).length > 0 ? attributes : undefined,
  };
}

/** Named as the service names it, so that it is known as transient. */
function unprocessed(count: number): unknown {
  const error = Object.assign(new Error(`${count} keys were left out again and again`), {
    name: 'ProvisionedThroughputExceededException',
  });
  return failure(error, 'A batch was not read to its end');
}
