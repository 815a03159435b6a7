/** The bytes of bundles in custody: apart from their transfers, which are written at each step. */
import { createHash } from 'node:crypto';
import { StoreUnavailable } from '../../core/errors.ts';
import type { Transfer } from '../../core/custody/transfer.ts';
import type { PayloadStore } from '../../core/ports/payload-store.ts';
import { bytesKey } from './custody-items.ts';
import type { ItemTable, Key } from './item-table.ts';

/**
 * What an item beside the transfer costs, written and deleted: 2 write units a KB, $1.25 a million. A payload in S3 costs $5.40
 * a million and two round trips: worth it well above 4 KB.
 */
const ITEM_BYTES_MAX = 16 * 1024;
/** DynamoDB deletes what a crash left over so long after nobody can want it. */
const LEFT_OVER_MS = 30 * 24 * 3600 * 1000;

interface BytesItem extends Key {
  bytes: Uint8Array;
}

export class CustodyBytes {
  readonly #table: ItemTable;
  readonly #payloads: PayloadStore;

  constructor(table: ItemTable, payloads: PayloadStore) {
    this.#table = table;
    this.#payloads = payloads;
  }

  /** Writes them, under their hash: whoever accepts the same bundle with other bytes is not in the way. Returns where they are. */
  async put({ bundleId, expiresMs }: Transfer, bytes: Uint8Array): Promise<string> {
    if (bytes.byteLength > ITEM_BYTES_MAX) return this.#payloads.put(bytes);
    const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    const at = `B#${hash}`;
    const expires = Math.ceil((expiresMs + LEFT_OVER_MS) / 1000);
    await this.#table.put({ ...bytesKey(bundleId, at), bytes, expires });
    return at;
  }

  async get(bundleId: string, at: string): Promise<Uint8Array | undefined> {
    if (!isItem(at)) return this.#payloads.get(at);
    return (await this.#table.get<BytesItem>(bytesKey(bundleId, at)))?.bytes;
  }

  /** What isn't deleted now, DynamoDB deletes later. Payloads stay: something else may be the same. */
  async letGo(bundleId: string, at: string): Promise<void> {
    if (!isItem(at)) return;
    try {
      await this.#table.delete(bytesKey(bundleId, at));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

const isItem = (at: string): boolean => at.startsWith('B#');
