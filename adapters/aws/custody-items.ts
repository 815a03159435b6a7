/**
 * What `DynamoCustodyStore` keeps in the table.
 *
 * | pk | sk | holds |
 * |---|---|---|
 * | `CUSTODY#<bundle>` | `T` | a transfer; in `listed` by how it stands, in `related` by the neighbour that its hop leads to |
 * | `CUSTODY#<bundle>` | `B#<hash>` | its bytes while it is open, up to 16 KiB; larger ones are payloads |
 * | `CUSTODY#DUE#<shard>` | `<dueMs>#<bundle>` | that it is due then: there while it is open, moved in the transaction that moves `dueMs` |
 * | `CUSTODY#TOTALS#<shard>` | `TOTALS` | what the bundles of this shard add up to |
 *
 * In the indexes an open one is ordered by precedence and expiry, one that has ended by expiry.
 */
import { createHash } from 'node:crypto';
import type { Transfer, TransferHop, TransferState } from '../../core/custody/transfer.ts';
import { isOpen } from '../../core/custody/change.ts';
import { PRECEDENCES, type Precedence } from '../../core/satellite/precedence.ts';
import type { Value, Values } from './item.ts';
import type { Key } from './item-table.ts';
import { pad } from './keys.ts';

export interface TransferItem extends Key {
  bundleId: string;
  source: string;
  destination: string;
  from?: string;
  precedence: Precedence;
  label?: Transfer['label'];
  sizeBytes: number;
  acceptedMs: number;
  expiresMs: number;
  /** Its state, under the name that the index `listed` keeps. */
  status: TransferState;
  attempt: number;
  hop?: TransferHop;
  dueMs: number;
  reason: string;
  endedMs?: number;
  /** Where its bytes are: a sort key beside it, or a reference to a payload. */
  bytesAt: string;
  /** Another one for each write. */
  by: string;
}

const NAME_BYTES_MAX = 512;
/** Each is a partition of `listed` and of what is due. A page or a look at what is due asks all of them. */
const SHARDS = 8;
/** Transactions of one instant clash where they meet at one counter, so there are more of them. */
const TOTALS_SHARDS = 32;

/** A bundle in keys: a long id is told by its hash. */
export function nameOf(bundleId: string): string {
  if (Buffer.byteLength(bundleId) <= NAME_BYTES_MAX) return bundleId;
  return `sha256:${createHash('sha256').update(bundleId).digest('hex')}`;
}

const partitionOf = (name: string): string => `CUSTODY#${name}`;
export const transferKey = (bundleId: string): Key => ({ pk: partitionOf(nameOf(bundleId)), sk: 'T' });
export const bytesKey = (bundleId: string, sk: string): Key => ({ pk: partitionOf(nameOf(bundleId)), sk });

const hashOf = (bundleId: string): number => createHash('sha256').update(bundleId).digest().readUInt16BE();
const all = (count: number, keyOf: (shard: number) => string): string[] =>
  Array.from({ length: count }, (_, shard) => keyOf(shard));

/** Sorts times, fractions too. */
const timeKey = (ms: number): string => ms.toFixed(3).padStart(20, '0');

const duePk = (shard: number): string => `CUSTODY#DUE#${shard}`;
export const DUE_PKS = all(SHARDS, duePk);
export const dueKey = ({ bundleId, dueMs }: Pick<Transfer, 'bundleId' | 'dueMs'>): Key => ({
  pk: duePk(hashOf(bundleId) % SHARDS),
  sk: `${timeKey(dueMs)}#${nameOf(bundleId)}`,
});
/** Sorts behind all that is due by then: `$` comes after `#`. */
export const dueUntil = (atMs: number): string => `${timeKey(atMs)}$`;
export const transferKeyOfDue = (sk: string): Key => ({
  pk: partitionOf(sk.slice(sk.indexOf('#') + 1)),
  sk: 'T',
});

const openPk = (shard: number): string => `CUSTODY#OPEN#${shard}`;
const overPk = (shard: number): string => `CUSTODY#OVER#${shard}`;
export const OPEN_PKS = all(SHARDS, openPk);
export const OVER_PKS = all(SHARDS, overPk);
export const neighbourPk = (to: string): string => `CUSTODY#TO#${to}`;
export const overBefore = timeKey;
export const isOpenOrder = (text: string): boolean => /^[0-5]#\d{16,}\.\d{3}#./s.test(text);

/** Where the transfer is in the indexes. */
function places(transfer: Transfer): Values {
  const { bundleId, precedence, expiresMs, hop } = transfer;
  const shard = hashOf(bundleId) % SHARDS;
  const name = nameOf(bundleId);
  if (!isOpen(transfer)) return { list: overPk(shard), order: `${timeKey(expiresMs)}#${name}` };
  const order = `${PRECEDENCES.indexOf(precedence)}#${timeKey(expiresMs)}#${name}`;
  return { list: openPk(shard), order, related: hop && neighbourPk(hop.to) };
}

export function itemOf(transfer: Transfer, bytesAt: string, by: string): Key & Values {
  const { state, label, hop, ...rest } = transfer;
  return {
    ...transferKey(transfer.bundleId),
    ...rest,
    label: label as Value | undefined,
    hop: hop as Value | undefined,
    status: state,
    ...places(transfer),
    bytesAt,
    by,
  };
}

export function transferOf(item: TransferItem): Transfer {
  const { bundleId, source, destination, from, precedence, label, sizeBytes, acceptedMs, expiresMs } = item;
  const { status, attempt, hop, dueMs, reason, endedMs } = item;
  return {
    bundleId,
    source,
    destination,
    ...(from !== undefined && { from }),
    precedence,
    ...(label !== undefined && { label }),
    sizeBytes,
    acceptedMs,
    expiresMs,
    state: status,
    attempt,
    ...(hop !== undefined && { hop }),
    dueMs,
    reason,
    ...(endedMs !== undefined && { endedMs }),
  };
}

const totalsPk = (shard: number): string => `CUSTODY#TOTALS#${pad(shard, 2)}`;
export const TOTALS_KEYS = all(TOTALS_SHARDS, totalsPk).map((pk): Key => ({ pk, sk: 'TOTALS' }));
export const totalsKeyOf = (bundleId: string): Key => TOTALS_KEYS[hashOf(bundleId) % TOTALS_SHARDS]!;
