/** Looks through everything that `DynamoSlots` keeps. */
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshal } from '../../adapters/aws/item.ts';
import { entryKey, type HolderItem, lineKey, shardKey } from '../../adapters/aws/slot-items.ts';
import type { SlotRequest } from '../../core/ports/slots.ts';
import type { OpenTable } from './dynamodb.ts';

type Item = { pk: string; sk: string; size?: number; held?: number };

export interface Audit {
  /** What must never be, in words. */
  wrong: string[];
  /** What must not be once everybody who waits has asked again. */
  stuck: string[];
  holding: string[];
  /** Those who wait, as they may ask again. */
  waiting: SlotRequest[];
  items: Item[];
}

export async function audit({ client, tableName }: OpenTable): Promise<Audit> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }));
  const items = Items.map((item) => unmarshal<Item>(item));
  const byKey = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]));
  const at = ({ pk, sk }: { pk: string; sk: string }) => byKey.get(`${pk} ${sk}`);
  const wrong: string[] = [];
  const stuck: string[] = [];

  const holders = items.filter((item): item is Item & HolderItem => 'state' in item);
  const counts = new Map<string, number>();
  for (const { places = {} } of holders)
    for (const [pool, shard] of Object.entries(places)) {
      const { pk, sk } = shardKey(pool, shard);
      counts.set(`${pk} ${sk}`, (counts.get(`${pk} ${sk}`) ?? 0) + 1);
    }
  for (const item of items.filter(({ sk }) => sk.startsWith('SHARD#')))
    if (item.held !== (counts.get(`${item.pk} ${item.sk}`) ?? 0))
      wrong.push(`${item.pk} ${item.sk} counts ${item.held}, not ${counts.get(`${item.pk} ${item.sk}`)}`);
  for (const [key, count] of counts)
    if (!byKey.has(key)) wrong.push(`${key} is missing, and ${count} hold there`);

  const held = (pool: string): number =>
    items
      .filter(({ pk, sk }) => pk === `POOL#${pool}` && sk.startsWith('SHARD#'))
      .reduce((sum, item) => sum + item.held!, 0);
  const size = (pool: string): number => byKey.get(`POOL#${pool} SIZE`)?.size ?? Infinity;
  for (const { pk, size: places } of items.filter(({ sk }) => sk === 'SIZE'))
    if (held(pk.slice('POOL#'.length)) > places!) wrong.push(`${pk} has ${places} places, and more are held`);

  for (const { sk, line, entry } of holders.filter(({ state }) => state === 'WAITING')) {
    const pools = line!.split('\n');
    if (!at(entryKey(line!, entry!))) stuck.push(`${sk} waits, and is not in its line`);
    for (const pool of pools)
      if (!at(lineKey(pool, line!))) stuck.push(`${pool} does not know the line of ${sk}`);
    if (pools.every((pool) => held(pool) < size(pool))) stuck.push(`${sk} waits, and there is room`);
  }
  const holding = holders.filter(({ state }) => state === 'HELD').map(({ sk }) => sk);
  return {
    wrong,
    stuck,
    holding,
    waiting: holders
      .filter(({ state }) => state === 'WAITING')
      .map(({ sk, line }) => ({ holder: sk, pools: line!.split('\n'), priority: 5, readyMs: 0, index: 0 })),
    items,
  };
}
