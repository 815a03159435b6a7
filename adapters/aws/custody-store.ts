/**
 * The ledger of bundles on DynamoDB; see the port. `custody-items.ts` says what is kept.
 *
 * **Nothing is half done** because a transfer, when it is due and what all add up to change in one transaction, on condition that
 * the transfer is as it was read. Bytes are written before it and deleted after it.
 *
 * **What it costs**, in write units, an index's counted once, where a transfer has less than 1 KB and its bundle k KB up to 16: 7 + k
 * to accept, 10 to book, 9 to release, 9 + k to end, 2 to forget, and a read unit or two each; so 37 + 2 k for a bundle that waits
 * for a contact, $23 a million and $1.25 for each KB. A look at what is due reads 8 partitions.
 *
 * **What it carries.** Transactions of one instant clash at a counter, and are tried again. Each of the 32 counters takes some 50 a
 * second at 20 ms each: about 1,500 steps a second, some 400 bundles.
 */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { changedBy, checkAccepted, isOpen } from '../../core/custody/change.ts';
import { notACursor, PAGE_LIMIT } from '../../core/custody/listing.ts';
import { noTotals } from '../../core/custody/totals.ts';
import type { CustodyTotals, Transfer } from '../../core/custody/transfer.ts';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  CustodyStore,
  TransferChange,
  TransferFilter,
  TransferPage,
} from '../../core/ports/custody-store.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import type { Random } from '../../core/ports/random.ts';
import { eachOf } from '../../core/side-by-side.ts';
import { CustodyBytes } from './custody-bytes.ts';
import {
  DUE_PKS,
  dueKey,
  dueUntil,
  isOpenOrder,
  itemOf,
  neighbourPk,
  OPEN_PKS,
  OVER_PKS,
  overBefore,
  TOTALS_KEYS,
  totalsKeyOf,
  type TransferItem,
  transferKey,
  transferKeyOfDue,
  transferOf,
} from './custody-items.ts';
import { ItemTable, type Key, type QueryRequest } from './item-table.ts';
import { WRITES_AT_ONCE } from './table.ts';
import { type Action, transact } from './transaction.ts';

export interface DynamoCustodyStoreOptions {
  client: DynamoDBClient;
  tableName: string;
  /** Keeps the bytes of larger bundles. */
  payloads: PayloadStore;
  clock: Pick<Clock, 'sleep'>;
  random: Random;
}

/** With the pauses below some five seconds. */
const TRIES_MAX = 30;
const PAUSE_MS_FIRST = 10;
const PAUSE_MS_MAX = 500;

type Indexed = Key & { order: string };

export class DynamoCustodyStore implements CustodyStore {
  readonly #options: DynamoCustodyStoreOptions;
  readonly #table: ItemTable;
  readonly #bytes: CustodyBytes;

  constructor(options: DynamoCustodyStoreOptions) {
    this.#options = options;
    this.#table = new ItemTable(options.client, options.tableName);
    this.#bytes = new CustodyBytes(this.#table, options.payloads);
  }

  async accept(transfer: Transfer, bytes: Uint8Array): Promise<boolean> {
    checkAccepted(transfer, bytes);
    const { bundleId, state, sizeBytes } = transfer;
    if (await this.#item(bundleId)) return false;
    const at = await this.#bytes.put(transfer, bytes);
    const by = nonce();
    const item = itemOf(transfer, at, by);
    const actions: Action[] = [
      { put: item, only: { that: 'attribute_not_exists(#pk)' } },
      { put: { ...dueKey(transfer) } },
      added(bundleId, { accepted: 1, [state]: 1 }, sizeBytes),
    ];
    return this.#untilSettled(bundleId, async () => {
      if (await this.#commit(actions)) return true;
      const standing = await this.#item(bundleId);
      if (!standing) return undefined;
      if (standing.by !== by && standing.bytesAt !== at) await this.#bytes.letGo(bundleId, at);
      return standing.by === by;
    });
  }

  async get(bundleId: string): Promise<Transfer | undefined> {
    const item = await this.#item(bundleId);
    return item && transferOf(item);
  }

  async bytes(bundleId: string): Promise<Uint8Array | undefined> {
    const bytesOf = async (): Promise<{ at?: string; bytes?: Uint8Array }> => {
      const item = await this.#item(bundleId);
      if (!item || !isOpen(transferOf(item))) return {};
      return { at: item.bytesAt, bytes: await this.#bytes.get(bundleId, item.bytesAt) };
    };
    const first = await bytesOf();
    if (first.at === undefined || first.bytes) return first.bytes;
    // It may have ended between the two reads.
    const { at, bytes } = await bytesOf();
    if (at === undefined || bytes) return bytes;
    throw new StoreUnavailable(
      `The bytes of bundle "${bundleId}" are not at ${at}, which its transfer names.`,
      'Restore the table and the payload bucket from a backup; payloads have to be kept for as long as bundles live.',
    );
  }

  async change(change: TransferChange): Promise<boolean> {
    const by = nonce();
    const { bundleId } = change;
    return this.#untilSettled(bundleId, async () => {
      const item = await this.#item(bundleId);
      if (item?.by === by) return true;
      const standing = item && transferOf(item);
      const next = standing && changedBy(change, standing);
      if (!next) return false;
      if (!(await this.#commit(changing(item, standing, next, by)))) return undefined;
      if (!isOpen(next)) await this.#bytes.letGo(bundleId, item.bytesAt);
      return true;
    });
  }

  async due(atMs: number, limit: number): Promise<Transfer[]> {
    const first = await this.#first(DUE_PKS, limit, {
      that: '#sk < :until',
      values: { until: dueUntil(atMs) },
      consistent: true,
      only: ['sk'],
    });
    first.sort((a, b) => (a.sk < b.sk ? -1 : 1));
    const found = await this.#read(first.slice(0, limit).map(({ sk }) => transferKeyOfDue(sk)));
    return found.filter(({ dueMs }) => dueMs <= atMs).sort((a, b) => a.dueMs - b.dueMs);
  }

  async open(filter: TransferFilter & { limit?: number; cursor?: string } = {}): Promise<TransferPage> {
    const { state, to, limit = PAGE_LIMIT, cursor } = filter;
    if (cursor !== undefined && !isOpenOrder(cursor)) throw notACursor(cursor);
    const isFiltered = to === undefined && state !== undefined;
    const first = await this.#first(to === undefined ? OPEN_PKS : [neighbourPk(to)], limit + 1, {
      index: to === undefined ? LISTED : RELATED,
      ...(cursor !== undefined && { that: '#order > :cursor' }),
      values: { ...(cursor !== undefined && { cursor }), ...(isFiltered && { state }) },
      ...(isFiltered && { filter: '#status = :state' }),
      only: ['pk', 'sk', 'order'],
    });
    first.sort(byOrder);
    const page = first.slice(0, limit);
    const place = new Map(page.map(({ pk }, at) => [pk, at]));
    const found = await this.#read(page);
    const placeOf = ({ bundleId }: Transfer) => place.get(transferKey(bundleId).pk)!;
    const transfers = found
      .filter((one) => (state ?? one.state) === one.state && (to ?? one.hop?.to) === one.hop?.to)
      .sort((a, b) => placeOf(a) - placeOf(b));
    return { transfers, ...(first.length > limit && { cursor: page.at(-1)!.order }) };
  }

  async totals(): Promise<CustodyTotals> {
    const totals = noTotals();
    for (const item of await this.#table.getAll<Key & Record<string, number>>(TOTALS_KEYS)) {
      for (const [name, total] of Object.entries(totals)) {
        total.bundles += item[`${name}Bundles`] ?? 0;
        total.bytes += item[`${name}Bytes`] ?? 0;
      }
    }
    return totals;
  }

  async forget(beforeMs: number, limit: number): Promise<number> {
    const first = await this.#first(OVER_PKS, limit, {
      index: LISTED,
      that: '#order < :before',
      values: { before: overBefore(beforeMs) },
      only: ['pk', 'sk', 'order'],
    });
    first.sort(byOrder);
    let count = 0;
    await eachOf(first.slice(0, limit), WRITES_AT_ONCE, async ({ pk, sk }) => {
      if (await this.#table.delete({ pk, sk }, isOver(beforeMs))) count++;
    });
    return count;
  }

  #item(bundleId: string): Promise<TransferItem | undefined> {
    return this.#table.get<TransferItem>(transferKey(bundleId));
  }

  /** Those that are open, in any order. */
  async #read(keys: readonly Key[]): Promise<Transfer[]> {
    const items = await this.#table.getAll<TransferItem>(keys.map(({ pk, sk }) => ({ pk, sk })));
    return items.map(transferOf).filter(isOpen);
  }

  /** The first ones of each partition. */
  async #first(pks: readonly string[], limit: number, request: Omit<QueryRequest, 'pk'>): Promise<Indexed[]> {
    const found = await Promise.all(pks.map((pk) => this.#table.query<Indexed>({ ...request, pk, limit })));
    return found.flat();
  }

  async #commit(actions: readonly Action[]): Promise<boolean> {
    const { client, tableName } = this.#options;
    return (await transact(client, tableName, actions)).done;
  }

  /** Tries again while others are at work on the same items. */
  async #untilSettled(bundleId: string, attempt: () => Promise<boolean | undefined>): Promise<boolean> {
    const { clock, random } = this.#options;
    for (let tried = 0; tried < TRIES_MAX; tried++) {
      const settled = await attempt();
      if (settled !== undefined) return settled;
      await clock.sleep(random.next() * Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** tried));
    }
    throw new StoreUnavailable(
      `The table did not settle bundle "${bundleId}": too many change bundles at the same instant.`,
      'Try again in a moment; adapters/aws/custody-store.ts says how many steps a second it carries.',
    );
  }
}

const LISTED = { name: 'listed', partitionKey: 'list' };
const RELATED = { name: 'related', partitionKey: 'related' };

/** Tells this write from any other: one whose answer got lost knows itself again. */
const nonce = (): string => randomBytes(9).toString('base64url');

const byOrder = (a: Indexed, b: Indexed): number => (a.order < b.order ? -1 : 1);

/** The writes of one change. */
function changing(item: TransferItem, standing: Transfer, next: Transfer, by: string): Action[] {
  const { bundleId, sizeBytes } = standing;
  const only = { that: '#by = :seen', values: { seen: item.by } };
  const actions: Action[] = [{ put: itemOf(next, item.bytesAt, by), only }];
  const [due, nextDue] = [dueKey(standing), dueKey(next)];
  const stays = isOpen(next) && due.sk === nextDue.sk;
  if (!stays) actions.push({ delete: due });
  if (!stays && isOpen(next)) actions.push({ put: { ...nextDue } });
  if (next.state !== standing.state)
    actions.push(added(bundleId, { [standing.state]: -1, [next.state]: 1 }, sizeBytes));
  return actions;
}

/** Counts bundles in or out, each with its bytes. */
function added(bundleId: string, counts: Record<string, number>, sizeBytes: number): Action {
  const parts: string[] = [];
  const values: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts)) {
    parts.push(`#${name}Bundles :${name}Bundles`, `#${name}Bytes :${name}Bytes`);
    values[`${name}Bundles`] = count;
    values[`${name}Bytes`] = count * sizeBytes;
  }
  return { update: totalsKeyOf(bundleId), to: `ADD ${parts.join(', ')}`, values };
}

const isOver = (beforeMs: number) => ({
  that: '#status IN (:acknowledged, :expired, :dead) AND #expiresMs < :before',
  values: { acknowledged: 'acknowledged', expired: 'expired', dead: 'dead', before: beforeMs },
});
