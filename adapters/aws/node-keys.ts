/**
 * The keys that nodes share with this host: an item each, `KEYS`/`<node>`, encrypted at rest with the data key as the whole table
 * is. Only functions that take bundles in, or send them, may read them.
 */
import { randomBytes } from 'node:crypto';
import { BUNDLE_KEY_BYTES } from '../../core/ports/node-registry.ts';
import type { ItemTable, Key } from './item-table.ts';

interface KeyItem extends Key {
  /** Base64url. */
  bundleKey: string;
}

export class DynamoNodeKeys {
  readonly #table: ItemTable;

  constructor(table: ItemTable) {
    this.#table = table;
  }

  /** In place of any that the node had. Base64url. Errors: `StoreUnavailable`. */
  async make(nodeId: string): Promise<string> {
    const bundleKey = randomBytes(BUNDLE_KEY_BYTES).toString('base64url');
    await this.#table.put({ ...keyOf(nodeId), bundleKey });
    return bundleKey;
  }

  /** Undefined: the node has none, or is not registered. Errors: `StoreUnavailable`. */
  async get(nodeId: string): Promise<Uint8Array | undefined> {
    const item = await this.#table.get<KeyItem>(keyOf(nodeId));
    return item && Buffer.from(item.bundleKey, 'base64url');
  }

  async forget(nodeId: string): Promise<void> {
    await this.#table.delete(keyOf(nodeId));
  }
}

const keyOf = (nodeId: string): Key => ({ pk: 'KEYS', sk: nodeId });
