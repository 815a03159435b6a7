/** A function that dies in the middle of its work, at each call to the table in turn, before it or after it. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DynamoSlots } from '../../adapters/aws/slots.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import type { Slots } from '../../core/ports/slots.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';
import { audit } from './slots-audit.ts';

let table: OpenTable;
const open = (client: DynamoDBClient): DynamoSlots =>
  new DynamoSlots({
    client,
    tableName: table.tableName,
    clock: new SystemClock(),
    random: inOrder,
    cacheMs: 0,
  });

/** Always the first of several; no number twice. */
let drawn = 0;
const inOrder = { next: () => ++drawn / 2 ** 48 };

class Died extends Error {}

/** A client whose process dies at the call `at`, counted from 1. */
function mortal(at: number, isSent: boolean): DynamoDBClient {
  let calls = 0;
  const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
    calls++;
    if (calls > at || (calls === at && !isSent)) throw new Died();
    const answer = await table.client.send(command);
    if (calls === at) throw new Died();
    return answer;
  };
  return { send } as unknown as DynamoDBClient;
}

/** Holders and pools of each round have names of their own. */
const ask = (slots: Slots, id: string, holder: string, ...pools: string[]) =>
  slots.acquire({
    holder: `task/${id}/${holder}`,
    pools: pools.map((pool) => `${pool}-${id}`),
    priority: 5,
    readyMs: 0,
    index: 0,
  });

interface Case {
  name: string;
  prepare: (slots: Slots, id: string) => Promise<unknown>;
  act: (slots: Slots, id: string) => Promise<unknown>;
  /** Who holds when it was done again and everybody has asked again. */
  holding: string[];
}

const size = (slots: Slots, id: string, p: number, q: number) =>
  Promise.all([slots.limit(`p-${id}`, p), slots.limit(`q-${id}`, q)]);

const CASES: Case[] = [
  {
    name: 'takes a place',
    prepare: (slots, id) => size(slots, id, 1, 1),
    act: (slots, id) => ask(slots, id, 'a', 'p', 'q'),
    holding: ['a'],
  },
  {
    name: 'waits for a place',
    prepare: async (slots, id) => {
      await size(slots, id, 1, 1);
      await ask(slots, id, 'a', 'p');
    },
    act: (slots, id) => ask(slots, id, 'b', 'p', 'q'),
    holding: ['a'],
  },
  {
    name: 'hands its places over',
    prepare: async (slots, id) => {
      await size(slots, id, 1, 1);
      for (const holder of ['a', 'b', 'c']) await ask(slots, id, holder, 'p', 'q');
    },
    act: (slots, id) => slots.release(`task/${id}/a`),
    holding: ['b'],
  },
  {
    name: 'gives back more than the first in line takes',
    prepare: async (slots, id) => {
      await size(slots, id, 1, 1);
      await ask(slots, id, 'a', 'p', 'q');
      await ask(slots, id, 'b', 'p');
      await ask(slots, id, 'c', 'q');
    },
    act: (slots, id) => slots.release(`task/${id}/a`),
    holding: ['b', 'c'],
  },
  {
    name: 'leaves its line',
    prepare: async (slots, id) => {
      await size(slots, id, 1, 1);
      for (const holder of ['a', 'b', 'c']) await ask(slots, id, holder, 'p');
      await slots.release(`task/${id}/a`);
    },
    act: (slots, id) => slots.release(`task/${id}/c`),
    holding: ['b'],
  },
  {
    name: 'lets a pool grow',
    prepare: async (slots, id) => {
      await size(slots, id, 0, 1);
      for (const holder of ['a', 'b', 'c']) await ask(slots, id, holder, 'p');
    },
    act: (slots, id) => slots.limit(`p-${id}`, 2),
    holding: ['a', 'b'],
  },
  {
    name: 'lets go of a pool',
    prepare: async (slots, id) => {
      await size(slots, id, 1, 1);
      for (const holder of ['a', 'b', 'c']) await ask(slots, id, holder, 'p');
    },
    act: (slots, id) => slots.limit(`p-${id}`, Number.POSITIVE_INFINITY),
    holding: ['a', 'b', 'c'],
  },
];

describeStores('A function that dies', { timeout: 180_000 }, () => {
  beforeEach(async () => {
    table = await openTable();
  });
  afterEach(() => table.close());

  it.each(CASES)('while it $name leaves every count right, and nobody stuck who asks again', async (one) => {
    const whole = open(table.client);
    for (const isSent of [false, true]) {
      for (let at = 1, isOver = false; !isOver; at++) {
        const id = `${CASES.indexOf(one)}-${at}-${isSent}`;
        await one.prepare(whole, id);
        isOver = await one.act(open(mortal(at, isSent)), id).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Died)) throw error;
            return false;
          },
        );
        const after = await audit(table);
        expect(after.wrong).toEqual([]);

        await one.act(whole, id);
        for (const request of after.waiting) await whole.acquire(request);
        const { wrong, stuck, holding } = await audit(table);
        expect({ wrong, stuck }).toEqual({ wrong: [], stuck: [] });
        const own = holding.filter((holder) => holder.startsWith(`task/${id}/`));
        expect(own.map((holder) => holder.split('/')[2]!).sort((a, b) => a.localeCompare(b))).toEqual(
          one.holding,
        );
        for (const holder of ['a', 'b', 'c']) await whole.release(`task/${id}/${holder}`);
      }
    }
  });
});
