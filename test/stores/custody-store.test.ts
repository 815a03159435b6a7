import { afterAll, expect, it } from 'vitest';
import { DynamoCustodyStore } from '../../adapters/aws/custody-store.ts';
import { MemoryPayloadStore } from '../../adapters/embedded/payload-store.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { SystemRandom } from '../../adapters/system/random.ts';
import { bytesOf, hopTo, T0, transfer } from '../ports/custody-fixtures.ts';
import { custodyStoreSuite } from '../ports/custody-store.suite.ts';
import { clashing } from './clashing.ts';
import { describeStores, type OpenTable, openTable } from './dynamodb.ts';
import { Crash, WatchedClient } from './watched-client.ts';

const payloads = new MemoryPayloadStore();

const over = (client: OpenTable['client'], tableName: string) =>
  new DynamoCustodyStore({
    client,
    tableName,
    payloads,
    clock: new SystemClock(),
    random: new SystemRandom(),
  });

describeStores('Custody on DynamoDB', () => {
  const tables: OpenTable[] = [];
  afterAll(() => Promise.all(tables.map((table) => table.close())));
  const newTable = async () => {
    const table = await openTable();
    tables.push(table);
    return table;
  };

  custodyStoreSuite(
    'DynamoCustodyStore',
    async () => {
      const { client, tableName, close } = await openTable();
      return { store: over(client, tableName), close };
    },
    { numRuns: 6, stepsMax: 40 },
  );

  custodyStoreSuite(
    'DynamoCustodyStore on a table whose transactions clash',
    async () => {
      const { client, tableName, close } = await openTable();
      return { store: over(clashing(client), tableName), close };
    },
    { numRuns: 2, stepsMax: 30 },
  );

  /** Accepts, books, releases and ends a bundle of 900 bytes. */
  const life = [
    (store: DynamoCustodyStore) => store.accept(transfer('b'), bytesOf(900)),
    (store: DynamoCustodyStore) =>
      store.change({
        bundleId: 'b',
        expect: { states: ['waiting'], attempt: 0 },
        set: { state: 'booked', hop: hopTo('edge-1'), dueMs: T0 + 60_000, reason: 'the next pass' },
      }),
    (store: DynamoCustodyStore) =>
      store.change({
        bundleId: 'b',
        expect: { states: ['booked'], attempt: 0 },
        set: { state: 'released', attempt: 1, dueMs: T0 + 61_000 },
      }),
    (store: DynamoCustodyStore) =>
      store.change({
        bundleId: 'b',
        expect: { states: ['released'], attempt: 1 },
        set: { state: 'acknowledged', endedMs: T0 + 62_000 },
      }),
  ];

  it('a bundle takes no more units than are said of it', async () => {
    const { tableName } = await newTable();
    const watched = new WatchedClient();
    const store = over(watched.client, tableName);
    const taken: number[] = [];
    for (const act of [...life, () => store.forget(Number.MAX_SAFE_INTEGER, 10)]) {
      const before = watched.writeUnits;
      await act(store);
      taken.push(watched.writeUnits - before);
    }
    console.log(`write units to accept, book, release, end, forget: ${taken.join(', ')}`);
    expect(taken.reduce((sum, units) => sum + units)).toBeLessThanOrEqual(37 + 2);
  });

  it('a step whose answer got lost is known for what it did', async () => {
    const { tableName } = await newTable();
    const watched = new WatchedClient();
    const store = over(watched.client, tableName);
    for (const act of life) {
      watched.loseAnswer();
      expect(await act(store)).toBe(true);
    }
    expect(await store.totals()).toMatchObject({
      accepted: { bundles: 1 },
      released: { bundles: 0 },
      acknowledged: { bundles: 1 },
    });
  });

  it('a step that dies between any two calls is not done or done whole, and who repeats it carries it through', async () => {
    for (let calls = 0, died = true; died; calls++) {
      const { client, tableName } = await newTable();
      const store = over(client, tableName);
      died = false;
      for (const [at, act] of life.entries()) {
        const watched = new WatchedClient();
        watched.crashAfter(calls);
        await act(over(watched.client, tableName)).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          died = true;
        });
        const before = await store.totals();
        const wasDone = before.accepted.bundles === 1 && (await store.get('b'))!.state === STATES[at];
        expect(await act(store), `${at} after ${calls} calls`).toBe(!wasDone);
        const { accepted, ...rest } = await store.totals();
        expect(accepted).toEqual({ bundles: 1, bytes: 100 });
        expect(rest[STATES[at]!]).toEqual(accepted);
        expect(await store.due(T0 + 99_000, 10)).toHaveLength(at === 3 ? 0 : 1);
        expect(await store.bytes('b')).toEqual(at === 3 ? undefined : bytesOf(900));
      }
    }
  });

  it('many who accept and change at once lose nothing', async () => {
    const { client, tableName } = await newTable();
    const store = over(clashing(client), tableName);
    const ids = Array.from({ length: 40 }, (_, at) => `b${at}`);
    await Promise.all(
      ids.map(async (bundleId, at) => {
        await store.accept(transfer(bundleId), bytesOf(10));
        const set = at % 2 ? { state: 'dead' as const, endedMs: T0 } : { state: 'booked' as const };
        await store.change({ bundleId, expect: { states: ['waiting'] }, set });
      }),
    );
    expect(await store.totals()).toMatchObject({
      accepted: { bundles: 40, bytes: 4000 },
      waiting: { bundles: 0, bytes: 0 },
      booked: { bundles: 20, bytes: 2000 },
      dead: { bundles: 20, bytes: 2000 },
    });
  });
});

const STATES = ['waiting', 'booked', 'released', 'acknowledged'] as const;
