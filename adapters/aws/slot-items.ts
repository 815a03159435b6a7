/**
 * What `DynamoSlots` keeps in the table.
 *
 * - `POOL#<pool>`/`SIZE`: how many places it has; none while nobody sized it. In the index, so that pools can be listed.
 * - `POOL#<pool>`/`SHARD#<nn>`: how many places are held, counted in parts so that askers seldom meet on one item. None is 0.
 * - `POOL#<pool>`/`LINE#<pools>`: there is, or lately was, a line of waiters that want a place of this pool among others.
 * - `LINE#<pools>`/`<rank>#<holder>#<ticket>`: a waiter in its line, the next one first. A hint: its `HOLDER` item decides.
 * - `SLOTS#<execution>`/`<holder>`: what a holder holds, or that it waits. Counters change with it in one transaction, or not at all.
 * - `SLOTS`/`SIZED`: somebody sized a pool, ever.
 */
import { AGEING_MS, type SlotRequest } from '../../core/ports/slots.ts';
import type { Key } from './item-table.ts';

/** A place in each pool, by the shard that counts it. */
export type Places = Readonly<Record<string, number>>;

export interface HolderItem extends Key {
  state: 'HELD' | 'WAITING';
  /** Tells this asking from an earlier or a later one of the same holder. */
  ticket: string;
  atMs: number;
  /** Of one who holds. */
  places?: Places;
  /** Of one who waits: its line, and where it stands in it. */
  line?: string;
  entry?: string;
}

export interface Line {
  id: string;
  pools: readonly string[];
  /** When somebody last joined it, or up to `LINE_FRESH_MS` earlier. */
  atMs: number;
}

export interface PoolState {
  pool: string;
  /** `Infinity`: unlimited. */
  size: number;
  held: number;
  shards: ReadonlyMap<number, number>;
  lines: readonly Line[];
}

export const SIZED: Key = { pk: 'SLOTS', sk: 'SIZED' };
/** The partition of the index that lists the pools. */
export const POOL_LIST = 'POOLS';

export const poolPartition = (pool: string): string => `POOL#${pool}`;
export const sizeKey = (pool: string): Key => ({ pk: poolPartition(pool), sk: 'SIZE' });
export const shardKey = (pool: string, shard: number): Key => ({
  pk: poolPartition(pool),
  sk: `SHARD#${String(shard).padStart(2, '0')}`,
});
export const lineKey = (pool: string, line: string): Key => ({
  pk: poolPartition(pool),
  sk: `LINE#${line}`,
});
export const entryKey = (line: string, entry: string): Key => ({ pk: `LINE#${line}`, sk: entry });
export const entryPartition = (line: string): string => `LINE#${line}`;
export const holdersPartition = (executionId: string): string => `SLOTS#${executionId}`;
/** Holders of an execution are together, so that all of them can be found. */
export const holderKey = (holder: string): Key => ({
  pk: holdersPartition(holder.split('/')[1] ?? holder),
  sk: holder,
});

/** The line of those who want these pools, whatever their order. */
export const lineOf = (pools: readonly string[]): string => [...pools].sort().join('\n');

export const SHARD_PLACES = 8;
const SHARDS_MAX = 32;
const EVEN_SIZE = SHARD_PLACES * SHARDS_MAX;

/**
 * Places that a shard may count: eight each, one shard after the other, until there are 32; then evenly. No shard's part shrinks
 * while a pool grows, so no sum ever exceeds a size that only grew.
 */
export function shardPlaces(size: number, shard: number): number {
  if (shard >= SHARDS_MAX) return 0;
  if (size > EVEN_SIZE) return Math.floor(size / SHARDS_MAX) + (shard < size % SHARDS_MAX ? 1 : 0);
  return Math.max(0, Math.min(SHARD_PLACES, size - shard * SHARD_PLACES));
}

export const hasRoom = ({ held, size }: PoolState): boolean => held < size;
export const isSized = ({ size }: PoolState): boolean => Number.isFinite(size);

/** The shards that can count one more. */
export function roomyShards({ size, shards }: PoolState): number[] {
  const roomy: number[] = [];
  for (let shard = 0; shard < SHARDS_MAX; shard++) {
    if ((shards.get(shard) ?? 0) < shardPlaces(size, shard)) roomy.push(shard);
  }
  return roomy;
}

/** Above any score below 0: the highest priority there is, at the beginning of time. */
const SCORE_OFFSET = 1e9;
const digits = (value: number, count: number): string =>
  String(Math.max(0, Math.round(value))).padStart(count, '0');

/** Sorts waiters of a line, and of different lines, the next one first. Waiting raises all alike, so it never changes. */
export function entryOf({ holder, priority, readyMs, index }: SlotRequest, ticket: string): string {
  const score = (readyMs - priority * AGEING_MS + SCORE_OFFSET) * 1000;
  return `${digits(score, 16)}#${digits(readyMs, 14)}#${digits(index, 10)}#${holder}#${ticket}`;
}

/** The holder and the ticket of an entry. */
export function waiterOf(entry: string): { holder: string; ticket: string } {
  const from = 16 + 1 + 14 + 1 + 10 + 1;
  const to = entry.lastIndexOf('#');
  return { holder: entry.slice(from, to), ticket: entry.slice(to + 1) };
}
