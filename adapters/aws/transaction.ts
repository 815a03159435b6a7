/** Writes of several items at once, in plain values. They cost double and clash with each other: only where nothing less will do. */
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactWriteItemsCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { failure, isNamed } from './failures.ts';
import { marshal, unmarshal, type Values } from './item.ts';
import { type Condition, type Key, namesAndValues } from './item-table.ts';

export type Action =
  | { put: Key & Values; only?: Condition }
  /** `update` is an expression as `Condition`s are. */
  | { update: Key; to: string; values?: Values; only?: Condition }
  | { delete: Key; only?: Condition };

export type Transacted =
  | { done: true }
  /** `refused`: the actions whose conditions don't hold, with the items that stand there. None: it clashed, and may be tried again. */
  | { done: false; refused: Map<number, Values | undefined> };

/** Reasons that say nothing about the data: the same transaction may succeed in a moment. */
const CLASHES: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

/** All of the actions, on different items, or none. Errors: `StoreUnavailable`. */
export async function transact(
  client: DynamoDBClient,
  tableName: string,
  actions: readonly Action[],
): Promise<Transacted> {
  try {
    // The client makes up a token for its own retries: one whose answer was lost is not done twice.
    await client.send(
      new TransactWriteItemsCommand({ TransactItems: actions.map((action) => itemOf(tableName, action)) }),
    );
    return { done: true };
  } catch (error) {
    if (isClash(error)) return { done: false, refused: new Map() };
    if (!isNamed(error, 'TransactionCanceledException'))
      throw failure(error, `The table ${tableName} did not answer`);
    const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: CancellationReason[] };
    const refused = new Map<number, Values | undefined>();
    for (const [at, { Code: code = 'None', Item: item }] of reasons.entries()) {
      if (code === 'ConditionalCheckFailed') refused.set(at, item && unmarshal<Values>(item));
      else if (code !== 'None' && !CLASHES.has(code)) throw error;
    }
    return { done: false, refused };
  }
}

/** A single write met a transaction under way on its item, or a transaction its own first try. */
export const isClash = (error: unknown): boolean =>
  isNamed(error, 'TransactionConflictException', 'TransactionInProgressException');

function itemOf(tableName: string, action: Action): TransactWriteItem {
  const { that } = action.only ?? {};
  const common = {
    TableName: tableName,
    ConditionExpression: that,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  if ('put' in action) {
    return { Put: { ...common, ...namesAndValues([that], action.only?.values), Item: marshal(action.put) } };
  }
  if ('delete' in action) {
    const expressions = namesAndValues([that], action.only?.values);
    return { Delete: { ...common, ...expressions, Key: marshal({ ...action.delete }) } };
  }
  const expressions = namesAndValues([that, action.to], { ...action.values, ...action.only?.values });
  return {
    Update: {
      ...common,
      ...expressions,
      Key: marshal({ ...action.update }),
      UpdateExpression: action.to,
    },
  };
}
