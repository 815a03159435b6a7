/** Two functions at work at the same time: all of one happens before each call to the table that the other makes, in turn. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LINE_KEPT_MS } from '../../adapters/aws/slot-pools.ts';
import { DynamoSlots } from '../../adapters/aws/slots.ts';
import type { Slots } from '../../core/ports/slots.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';
import { audit } from './slots-audit.ts';

let table: OpenTable;
let nowMs = 0;
let drawn = 0;

const open = (client: DynamoDBClient): DynamoSlots =>
  new DynamoSlots({
    client,
    tableName: table.tableName,
    clock: { now: () => nowMs, sleep: () => Promise.resolve() },
    random: { next: () => ++drawn / 2 ** 48 },
    cacheMs: 0,
  });

/** A client that lets something else happen before its call `at`, counted from 1. */
function interrupted(at: number, meanwhile: () => Promise<unknown>): DynamoDBClient {
  let calls = 0;
  const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
    if (++calls === at) await meanwhile();
    return table.client.send(command);
  };
  return { send } as unknown as DynamoDBClient;
}

type Act = (slots: Slots, id: string) => Promise<unknown>;

const ask =
  (holder: string, ...pools: string[]): Act =>
  (slots, id) =>
    slots.acquire({
      holder: `task/${id}/${holder}`,
      pools: pools.map((pool) => `${pool}-${id}`),
      priority: 5,
      readyMs: 0,
      index: 0,
    });
const giveBack =
  (holder: string): Act =>
  (slots, id) =>
    slots.release(`task/${id}/${holder}`);
const limit =
  (pool: string, size: number): Act =>
  (slots, id) =>
    slots.limit(`${pool}-${id}`, size);
/** So long that an empty line may be forgotten. */
const passTime: Act = async () => {
  nowMs += LINE_KEPT_MS + 1;
};

interface Case {
  name: string;
  before: Act[];
  both: [Act, Act];
}

const one = [limit('p', 1), limit('q', 1)];
const CASES: Case[] = [
  { name: 'two ask for the last place', before: one, both: [ask('a', 'p'), ask('b', 'p')] },
  { name: 'the same one asks twice', before: one, both: [ask('a', 'p'), ask('a', 'p')] },
  {
    name: 'one asks for what another gives back',
    before: [...one, ask('a', 'p')],
    both: [ask('b', 'p'), giveBack('a')],
  },
  {
    name: 'one asks for two pools and another gives back one of them',
    before: [...one, ask('a', 'p')],
    both: [ask('b', 'p', 'q'), giveBack('a')],
  },
  {
    name: 'two give back what a third waits for',
    before: [...one, ask('a', 'p'), ask('b', 'q'), ask('c', 'p', 'q')],
    both: [giveBack('a'), giveBack('b')],
  },
  {
    name: 'two give back what two wait for',
    before: [limit('p', 2), ...['a', 'b', 'c', 'd'].map((holder) => ask(holder, 'p'))],
    both: [giveBack('a'), giveBack('b')],
  },
  {
    name: 'one gives back twice what another waits for',
    before: [...one, ask('a', 'p'), ask('b', 'p')],
    both: [giveBack('a'), giveBack('a')],
  },
  {
    name: 'one stops waiting for what another gives back',
    before: [...one, ask('a', 'p'), ask('b', 'p'), ask('c', 'p')],
    both: [giveBack('b'), giveBack('a')],
  },
  {
    name: 'one stops waiting and asks anew while another gives back',
    before: [...one, ask('a', 'p'), ask('b', 'p')],
    both: [
      async (slots, id) => [await giveBack('b')(slots, id), await ask('b', 'p')(slots, id)],
      giveBack('a'),
    ],
  },
  {
    name: 'one waits while the pool grows',
    before: [limit('p', 1), ask('a', 'p')],
    both: [ask('b', 'p'), limit('p', 2)],
  },
  {
    name: 'one waits while the pool is let go of',
    before: [limit('p', 1), ask('a', 'p')],
    both: [ask('b', 'p'), limit('p', Number.POSITIVE_INFINITY)],
  },
  {
    name: 'one asks while the line is forgotten that it would join',
    before: [...one, ask('a', 'p'), ask('b', 'p'), giveBack('b'), passTime],
    both: [ask('c', 'p'), giveBack('a')],
  },
  {
    name: 'one joins a line that another forgets, and a third gives back meanwhile',
    before: [limit('p', 2), ask('a', 'p'), ask('x', 'p'), ask('b', 'p'), giveBack('b'), passTime],
    both: [
      async (slots, id) => [await ask('c', 'p')(slots, id), await ask('d', 'p')(slots, id)],
      async (slots, id) => [await giveBack('a')(slots, id), await giveBack('x')(slots, id)],
    ],
  },
];

describeStores('When two are at work at the same time', { timeout: 180_000 }, () => {
  beforeEach(async () => {
    table = await openTable();
    nowMs = 0;
  });
  afterEach(() => table.close());

  it.each(CASES)('limits hold and nobody waits for what is free: $name', async ({ name, before, both }) => {
    const whole = open(table.client);
    for (const [outer, inner] of [both, both.toReversed() as [Act, Act]]) {
      for (let at = 1, isOver = false; !isOver; at++) {
        const id = `${both.indexOf(outer)}-${at}`;
        for (const step of before) await step(whole, id);
        isOver = true;
        const meanwhile = async () => {
          isOver = false;
          await inner(whole, id);
        };
        await outer(open(interrupted(at, meanwhile)), id);
        const { wrong, stuck, holding, waiting } = await audit(table);
        expect({ name, at, wrong, stuck }).toEqual({ name, at, wrong: [], stuck: [] });
        for (const holder of [...holding, ...waiting.map((one) => one.holder)]) await whole.release(holder);
      }
    }
  });
});
