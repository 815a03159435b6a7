/** What bundles are moved on with beside custody and lanes, on DynamoDB. */
import { expect, test } from 'vitest';
import { DynamoChunks } from '../../adapters/aws/chunks.ts';
import { DynamoContactLeases } from '../../adapters/aws/contact-leases.ts';
import { SqsContactTimers } from '../../adapters/aws/contact-timers.ts';
import { DynamoFailoverMemories } from '../../adapters/aws/failover-memories.ts';
import { ItemTable } from '../../adapters/aws/item-table.ts';
import { DynamoNetworkStore } from '../../adapters/aws/network-store.ts';
import { DynamoNodeKeys } from '../../adapters/aws/node-keys.ts';
import { DynamoTurns } from '../../adapters/aws/turns.ts';
import { Failover } from '../../core/failover/failover.ts';
import { chunksOf } from '../../core/node/chunks.ts';
import { FORMER_KEY_MS } from '../../core/node/former-keys.ts';
import { type ChunkFrame, decodeFrame, FrameRefused } from '../../core/node/frames.ts';
import { view } from '../core/failover/channels.ts';
import { contactLeasesSuite } from '../ports/contact-leases.suite.ts';
import { describeStores, openTable } from './dynamodb.ts';

const T0 = 1_700_000_000_000;
const AWAY = { kind: 'failover', from: 'primary', to: 'satellite' } as const;
const BACK = { kind: 'return', from: 'satellite', to: 'primary' } as const;

const clock = { now: () => Date.now() };

async function openItems() {
  const { client, tableName, close } = await openTable();
  return { table: new ItemTable(client, tableName), close };
}

const chunks = (id: string, bytes: Uint8Array, chunkBytes: number): ChunkFrame[] =>
  [...chunksOf(id, bytes, chunkBytes)].map((frame) => decodeFrame(frame) as ChunkFrame);

describeStores('Carriage on DynamoDB', () => {
  contactLeasesSuite('DynamoContactLeases', async (at) => {
    const { table, close } = await openItems();
    return { leases: new DynamoContactLeases(table, at), close };
  });

  test('parts of bundles come together once, in any order and side by side', async () => {
    const { table, close } = await openItems();
    const store = new DynamoChunks(table, clock);
    const bytes = Uint8Array.from({ length: 300_000 }, (_, n) => n % 251);
    const parts = chunks('b1', bytes, 64_000).reverse();
    const wholes = await Promise.all(parts.map((part) => store.add('edge', 'primary', part)));
    const found = wholes.filter((whole) => whole !== undefined);
    expect(found.length).toBeGreaterThan(0);
    for (const whole of found) expect(Buffer.from(whole).equals(Buffer.from(bytes))).toBe(true);
    const left = await table.query({ pk: `CHUNKS#` });
    expect(left).toEqual([]);
    await close();
  });

  test('parts of another neighbour or channel are of another bundle, and a repeated one counts once', async () => {
    const { table, close } = await openItems();
    const store = new DynamoChunks(table, clock);
    const [one, two] = chunks('b1', new Uint8Array(3000), 2000) as [ChunkFrame, ChunkFrame];
    expect(await store.add('edge', 'primary', one)).toBeUndefined();
    expect(await store.add('edge', 'primary', one)).toBeUndefined();
    expect(await store.add('edge', 'secondary', two)).toBeUndefined();
    expect(await store.add('other', 'primary', two)).toBeUndefined();
    expect(await store.add('edge', 'primary', two)).toHaveLength(3000);
    await close();
  });

  test('refuses a whole that is damaged, and lets its parts go', async () => {
    const { table, close } = await openItems();
    const store = new DynamoChunks(table, clock);
    const [one, two] = chunks('b1', new Uint8Array(3000), 2000) as [ChunkFrame, ChunkFrame];
    const damaged = { ...two, data: two.data.map((byte) => byte ^ 1) };
    await store.add('edge', 'primary', one);
    await expect(store.add('edge', 'primary', damaged)).rejects.toThrow(FrameRefused);
    expect(await store.add('edge', 'primary', two)).toBeUndefined();
    expect(await store.add('edge', 'primary', one)).toHaveLength(3000);
    await close();
  });

  test('turns are counted for each key, also side by side', async () => {
    const { table, close } = await openItems();
    const turns = new DynamoTurns(table);
    const taken = await Promise.all(Array.from({ length: 10 }, () => turns.next('a')));
    expect(taken.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await turns.next('b')).toBe(0);
    await close();
  });

  test('what is remembered of channels is changed by whoever knew it as it is, and counts switches', async () => {
    const { table, close } = await openItems();
    const memories = new DynamoFailoverMemories(table);
    const failover = new Failover();
    const memory = () => failover.memory(T0);
    expect(await memories.get('edge')).toBeUndefined();
    expect(await memories.put('edge', memory(), [], 0)).toBe(1);
    expect(await memories.put('edge', memory(), [AWAY], 0)).toBeUndefined();
    failover.observe('satellite', view('up'), T0);
    expect(await memories.put('edge', memory(), [AWAY, AWAY, BACK], 1)).toBe(2);
    expect(await memories.put('far', memory(), [AWAY], 0)).toBe(1);
    expect(await memories.put('edge', memory(), [AWAY], 2)).toBe(3);
    expect(await memories.put('edge', memory(), [BACK], 2)).toBeUndefined();
    expect(await memories.get('edge')).toEqual({ version: 3, memory: memory() });
    const counted = await memories.switches();
    expect(counted.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
      { node: 'edge', ...AWAY, count: 3 },
      { node: 'edge', ...BACK, count: 1 },
      { node: 'far', ...AWAY, count: 1 },
    ]);
    await close();
  });

  test('each node has a key of its own, another one each time, and reads a day what came with the former ones', async () => {
    const { table, close } = await openItems();
    let nowMs = T0;
    const keys = new DynamoNodeKeys(table, { now: () => nowMs });
    const of = async (nodeId: string) => {
      const { present, former } = (await keys.get(nodeId))!;
      return [present, ...former].map((key) => Buffer.from(key).toString('base64url'));
    };
    const [first, far, second] = [await keys.make('edge'), await keys.make('far'), await keys.make('edge')];
    expect(new Set([first, far, second]).size).toBe(3);
    expect(await of('edge')).toEqual([second, first]);
    expect(await of('far')).toEqual([far]);
    await keys.forget('edge');
    await keys.forget('edge');
    expect(await keys.get('edge')).toBeUndefined();
    const third = await keys.make('edge');
    expect(await of('edge')).toEqual([third, second, first]);
    nowMs += FORMER_KEY_MS;
    expect(await of('edge')).toEqual([third]);
    await close();
  });

  test('a node that comes with the secret it joined with keeps its key, and nobody else', async () => {
    const { table, close } = await openItems();
    const keys = new DynamoNodeKeys(table, { now: () => T0 });
    const made = await keys.make('edge', 'its secret');
    expect(await keys.make('edge', 'its secret')).toBe(made);
    expect(await keys.isSecret('edge', 'its secret')).toBe(true);
    expect(await keys.isSecret('edge', 'another')).toBe(false);
    expect(await keys.isSecret('far', 'its secret')).toBe(false);
    await keys.forget('edge');
    expect(await keys.isSecret('edge', 'its secret')).toBe(false);
    expect(await keys.make('edge', 'its secret')).not.toBe(made);
    await close();
  });

  test('what is remembered of the channels to a node goes with the node', async () => {
    const { table, close } = await openItems();
    const [network, memories] = [new DynamoNetworkStore(table), new DynamoFailoverMemories(table)];
    await network.change(() => ({ nodes: [{ id: 'edge', kind: 'edge', capabilities: [] }] }));
    await memories.put('edge', new Failover().memory(T0), [AWAY], 0);
    await network.change(() => ({ nodes: [] }));
    expect(await memories.get('edge')).toBeUndefined();
    await close();
  });

  test('a contact is called once, whoever sets its timer and however often', async () => {
    const { table, close } = await openItems();
    const sent: string[] = [];
    const messages = { send: async ({ body }: { body: string }) => void sent.push(body) };
    const timers = () => new SqsContactTimers({ table, messages });
    const contact = { to: 'edge', link: 'pass', startMs: 1000.5, endMs: 2000 };
    const one = timers();
    await one.set(contact);
    await one.set(contact);
    await timers().set(contact);
    expect(sent.map((body) => JSON.parse(body) as unknown)).toEqual([contact]);
    await one.set({ ...contact, startMs: 2000 });
    expect(sent).toHaveLength(2);
    await close();
  });
});
