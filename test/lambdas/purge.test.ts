import { describe, expect, test } from 'vitest';
import type { DynamoDBRecord } from 'aws-lambda';
import { allOf, dispatchRecord } from '../../adapters/aws/outbox.ts';
import { createPurge, type PurgeRecord } from '../../lambdas/purge/purge.ts';

const records = (...expired: (string | undefined)[]): PurgeRecord[] =>
  expired.map((executionId, at) => ({ id: `${at}`, expired: () => executionId }));

function purging(fails: readonly string[] = []) {
  const purged: string[] = [];
  const said: unknown[] = [];
  const purge = createPurge({
    purge: async (executionId) => {
      if (fails.includes(executionId)) throw new Error('throttled');
      purged.push(executionId);
    },
    logger: { error: (_, fields) => void said.push(fields) },
  });
  return { purge, purged, said };
}

describe('purge', () => {
  test('deletes what is left of executions that are gone', async () => {
    const { purge, purged } = purging();
    expect(await purge(records('ex_1', undefined, 'ex_2'))).toBeUndefined();
    expect(purged.toSorted()).toEqual(['ex_1', 'ex_2']);
  });

  test('asks for the first that failed again, and says which it was', async () => {
    const { purge, purged, said } = purging(['ex_2', 'ex_3']);
    expect(await purge(records('ex_1', 'ex_2', 'ex_3', 'ex_4'))).toBe('1');
    expect(purged.toSorted()).toEqual(['ex_1', 'ex_4']);
    expect(said).toContainEqual({ executionId: 'ex_2', error: 'Error: throttled' });
  });
});

describe('a record of the stream', () => {
  const removed = (sk: string, eventName: DynamoDBRecord['eventName'] = 'REMOVE'): DynamoDBRecord => ({
    eventName,
    dynamodb: { Keys: { pk: { S: 'E#ex_1' }, sk: { S: sk } } },
  });

  test('tells of an execution that was deleted', () => {
    expect(dispatchRecord('1', removed('META')).expired()).toBe('ex_1');
  });

  test('tells of nothing where something else was, or where it was written', () => {
    expect(dispatchRecord('1', removed('T#a#one')).expired()).toBeUndefined();
    expect(dispatchRecord('1', removed('META', 'MODIFY')).expired()).toBeUndefined();
  });
});

test('several use cases over the same records ask for the earliest that any of them failed at', async () => {
  const failsAt = (id?: string) => async () => id;
  const three = records('a', 'b', 'c');
  expect(await allOf<PurgeRecord>(failsAt('2'), failsAt('1'))(three)).toBe('1');
  expect(await allOf<PurgeRecord>(failsAt(), failsAt('2'))(three)).toBe('2');
  expect(await allOf<PurgeRecord>(failsAt(), failsAt())(three)).toBeUndefined();
});
