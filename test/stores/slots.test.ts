import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, expect, it, vi } from 'vitest';
import { DynamoSlots } from '../../adapters/aws/slots.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { VirtualClock } from '../embedded/virtual-clock.ts';
import { slotsSuite } from '../ports/slots.suite.ts';
import { clashing } from './clashing.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';
import { audit } from './slots-audit.ts';

const tables: OpenTable[] = [];
afterAll(() => Promise.all(tables.map((table) => table.close())));

async function newTable(): Promise<OpenTable> {
  const table = await openTable();
  tables.push(table);
  return table;
}

const over = (
  { client, tableName }: Pick<OpenTable, 'client' | 'tableName'>,
  clock: Clock = new SystemClock(),
): DynamoSlots => new DynamoSlots({ client, tableName, clock, random: new SystemRandom(), cacheMs: 0 });

/** Time that runs a thousand times as fast, so that lines are forgotten as soon as they are empty. */
const startMs = Date.now();
const hasty: Clock = {
  now: () => startMs + (Date.now() - startMs) * 1000,
  sleep: (ms) => new SystemClock().sleep(ms),
};

/** The emulator does some hundred calls a second on a busy machine. */
const SLOW = { timeout: 180_000 };

describeStores('Places in DynamoDB', SLOW, () => {
  slotsSuite('Places in DynamoDB', async () => over(await newTable()), {
    numRuns: 10,
    stepsMax: 40,
    countsFromSize: true,
  });

  it.each([
    ['while lines are kept', new SystemClock()],
    ['while empty lines are forgotten at once', hasty],
  ])(
    'holds its limits and wakes everybody when fifty ask and give back at the same time, %s',
    async (_, clock) => {
      const table = await newTable();
      const limits: Record<string, number> = { tasks: 12, 'type/a': 5, 'type/b': 3 };
      // As many functions as run at once share nothing but the table.
      const { client, tableName } = table;
      const functions = Array.from({ length: 10 }, () =>
        over({ client: clashing(client), tableName }, clock),
      );
      for (const [pool, size] of Object.entries(limits)) await functions[0]!.limit(pool, size);

      const inUse = new Map<string, number>();
      const most = new Map<string, number>();
      const use = (pools: readonly string[], by: 1 | -1) => {
        for (const pool of pools) {
          const now = (inUse.get(pool) ?? 0) + by;
          inUse.set(pool, now);
          most.set(pool, Math.max(most.get(pool) ?? 0, now));
        }
      };
      const woken = new Map<string, { promise: Promise<void>; resolve: () => void }>();
      const turnOf = (holder: string) => {
        const turn = woken.get(holder) ?? Promise.withResolvers<void>();
        woken.set(holder, turn);
        return turn;
      };

      const wants = [['tasks', 'type/a'], ['tasks', 'type/b'], ['tasks'], ['type/b', 'type/a'], ['type/a']];
      const worker = async (at: number): Promise<void> => {
        for (let round = 0; round < 3; round++) {
          const slots = functions[(at + round) % functions.length]!;
          const pools = wants[(at + round) % wants.length]!;
          const holder = `task/e${at % 4}/t${at}/${round}`;
          const request = { holder, pools, priority: at % 3, readyMs: clock.now(), index: at };
          if (!(await slots.acquire(request))) await turnOf(holder).promise;
          use(pools, 1);
          await new Promise((resolve) => setImmediate(resolve));
          use(pools, -1);
          for (const granted of await slots.release(holder)) turnOf(granted).resolve();
        }
      };
      await Promise.all(Array.from({ length: 50 }, (_, at) => worker(at)));

      for (const [pool, size] of Object.entries(limits)) expect(most.get(pool)).toBeLessThanOrEqual(size);
      expect(await audit(table)).toMatchObject({ wrong: [], stuck: [], holding: [], waiting: [] });
      for (const { held, queued } of Object.values(await functions[0]!.usage()))
        expect({ held, queued }).toEqual({ held: 0, queued: 0 });
    },
  );

  it('gives exactly as many places as there are, over however many counters', async () => {
    const table = await newTable();
    const slots = over(table);
    await slots.limit('tasks', 20);
    const holders = Array.from({ length: 40 }, (_, at) => `task/e/t${at}`);
    const ask = (holder: string) =>
      slots.acquire({ holder, pools: ['tasks'], priority: 5, readyMs: 0, index: 0 });
    const got = await Promise.all(holders.map(ask));
    expect(got.filter(Boolean)).toHaveLength(20);
    expect(await slots.usage()).toEqual({ tasks: { size: 20, held: 20, queued: 20 } });
    const { items, ...found } = await audit(table);
    expect(found).toMatchObject({ wrong: [], stuck: [] });
    expect(items.filter(({ sk }) => sk.startsWith('SHARD#')).map(({ held }) => held)).toEqual([8, 8, 4]);
  });

  it('tells who holds and who waits for an execution, so that its dead can be released', async () => {
    const slots = over(await newTable());
    await slots.limit('tasks', 1);
    const ask = (holder: string) =>
      slots.acquire({ holder, pools: ['tasks'], priority: 5, readyMs: 0, index: 0 });
    for (const holder of ['task/e1/a/1', 'task/e1/b/1', 'task/e2/a/1']) await ask(holder);
    expect(await slots.holders('e1')).toEqual(['task/e1/a/1', 'task/e1/b/1']);
    expect(await slots.holders('e3')).toEqual([]);
    expect(await slots.release('task/e1/a/1')).toEqual(['task/e1/b/1']);
  });
});

describeStores('What places cost', SLOW, () => {
  /** Slots that note what they send: reads, and write units as the service bills them. */
  async function metered(clock: Clock, cacheMs?: number) {
    const table = await newTable();
    const spent = { reads: 0, writeUnits: 0 };
    const send = (command: Parameters<DynamoDBClient['send']>[0]) => {
      if (command instanceof TransactWriteItemsCommand)
        spent.writeUnits += 2 * command.input.TransactItems!.length;
      else if (command instanceof QueryCommand || command instanceof GetItemCommand) spent.reads++;
      else spent.writeUnits++;
      return table.client.send(command);
    };
    const client = { send } as unknown as DynamoDBClient;
    const random = new SystemRandom();
    const slots = new DynamoSlots({ client, tableName: table.tableName, clock, random, cacheMs });
    const cost = async (work: Promise<unknown>) => {
      await work;
      const { ...sum } = spent;
      Object.assign(spent, { reads: 0, writeUnits: 0 });
      return sum;
    };
    return { table, slots, cost };
  }
  const request = (holder: string, ...pools: string[]) => ({
    holder: `task/e/${holder}`,
    pools,
    priority: 5,
    readyMs: 0,
    index: 0,
  });

  it('is one read in five seconds while nobody sized a pool', async () => {
    const clock = new VirtualClock();
    const { slots, cost } = await metered(clock);
    const work = async () => {
      for (let at = 0; at < 100; at++) {
        await slots.acquire(request(`t${at}`, 'tasks', 'type/x'));
        await slots.release(`task/e/t${at}`);
      }
      await slots.limit('execution/e', Number.POSITIVE_INFINITY);
    };
    expect(await cost(work())).toEqual({ reads: 1, writeUnits: 0 });
    await clock.advance(5000);
    expect(await cost(work())).toEqual({ reads: 1, writeUnits: 0 });
  });

  it('is two write units a pool and two more to take a place, and to give it back', async () => {
    const { slots, cost } = await metered(new SystemClock(), 0);
    for (const pool of ['tasks', 'type/x']) await slots.limit(pool, 1);
    await cost(Promise.resolve());
    expect(await cost(slots.acquire(request('a', 'tasks', 'any')))).toMatchObject({ writeUnits: 4 });
    expect(await cost(slots.release('task/e/a'))).toMatchObject({ writeUnits: 4 });
    expect(await cost(slots.acquire(request('b', 'tasks', 'type/x')))).toMatchObject({ writeUnits: 6 });
    expect(await cost(slots.release('task/e/b'))).toMatchObject({ writeUnits: 6 });
  });

  it('is two write units to wait and five to be let in, however many pools', async () => {
    const { slots, cost } = await metered(new SystemClock(), 0);
    for (const pool of ['tasks', 'type/x']) await slots.limit(pool, 1);
    for (const holder of ['a', 'b']) await slots.acquire(request(holder, 'tasks', 'type/x'));
    await cost(Promise.resolve());
    expect(await cost(slots.acquire(request('c', 'tasks', 'type/x')))).toMatchObject({ writeUnits: 2 });
    expect(await cost(slots.release('task/e/a'))).toMatchObject({ writeUnits: 5 });
  });

  it('counts nothing before everybody knows that there is something to give back', async () => {
    const clock = new VirtualClock();
    const { table, slots } = await metered(clock);
    const unaware = new DynamoSlots({
      client: table.client,
      tableName: table.tableName,
      clock,
      random: new SystemRandom(),
    });
    expect(await unaware.acquire(request('a', 'tasks'))).toBe(true);
    const limited = slots.limit('tasks', 1);
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    expect(await slots.acquire(request('b', 'tasks'))).toBe(true);
    await clock.advance(5000);
    await limited;
    expect(await slots.usage()).toEqual({ tasks: { size: 1, held: 0, queued: 0 } });
    expect(await slots.acquire(request('c', 'tasks'))).toBe(true);
    // By now it has looked again, and finds what it is asked to give back.
    await unaware.release('task/e/c');
    expect(await slots.usage()).toEqual({ tasks: { size: 1, held: 0, queued: 0 } });
  });
});
