/**
 * The keys that nodes share with this host: an item each, `KEYS`/`<node>`, encrypted at rest with the data key as the whole table
 * is. Only functions that let nodes in, take bundles in, or send them, may read them.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import { type FormerKey, replaced, stillRead } from '../../core/node/former-keys.ts';
import { BUNDLE_KEY_BYTES } from '../../core/ports/node-registry.ts';
import type { ItemTable, Key } from './item-table.ts';

/** Keys are base64url. */
interface KeyItem extends Key {
  /** Absent where its credentials were taken back. */
  bundleKey?: string;
  /** SHA-256, base64url: of the secret that the node joined with. */
  secretHash?: string;
  /** The last first. */
  former: FormerKey[];
}

export interface NodeKeys {
  present: Uint8Array;
  /** Those that it had within `FORMER_KEY_MS`, the last first. */
  former: Uint8Array[];
}

export class DynamoNodeKeys {
  readonly #table: ItemTable;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(table: ItemTable, clock: Pick<Clock, 'now'>) {
    this.#table = table;
    this.#clock = clock;
  }

  /** In place of any that the node had, unless it comes with the same secret as before. Base64url. Errors: `StoreUnavailable`. */
  async make(nodeId: string, secret?: string): Promise<string> {
    const item = await this.#item(nodeId);
    if (item?.bundleKey !== undefined && isOf(item, secret)) return item.bundleKey;
    const bundleKey = randomBytes(BUNDLE_KEY_BYTES).toString('base64url');
    await this.#table.put({
      ...keyOf(nodeId),
      bundleKey,
      ...(secret !== undefined && { secretHash: hashOf(secret).toString('base64url') }),
      former: this.#replaced(item),
    });
    return bundleKey;
  }

  /** Undefined: the node has none, or is not registered. Errors: `StoreUnavailable`. */
  async get(nodeId: string): Promise<NodeKeys | undefined> {
    const { bundleKey, former = [] } = (await this.#item(nodeId)) ?? {};
    if (bundleKey === undefined) return undefined;
    const still = stillRead(former, this.#clock.now());
    return { present: bytesOf(bundleKey), former: still.map((one) => bytesOf(one.bundleKey)) };
  }

  /** Whether the node joined with it, and its credentials were not taken back since. Errors: `StoreUnavailable`. */
  async isSecret(nodeId: string, secret: string): Promise<boolean> {
    const item = await this.#item(nodeId);
    return item !== undefined && isOf(item, secret);
  }

  /** What is under way is still read with its key if the node joins again. Errors: `StoreUnavailable`. */
  async forget(nodeId: string): Promise<void> {
    const item = await this.#item(nodeId);
    if (item?.bundleKey === undefined) return;
    const former = this.#replaced(item);
    const expires = Math.ceil(former[0]!.untilMs / 1000);
    await this.#table.put({ ...keyOf(nodeId), former, expires });
  }

  #item = (nodeId: string): Promise<KeyItem | undefined> => this.#table.get<KeyItem>(keyOf(nodeId));

  #replaced = (item: KeyItem | undefined): FormerKey[] =>
    replaced(item?.bundleKey, item?.former ?? [], this.#clock.now());
}

const keyOf = (nodeId: string): Key => ({ pk: 'KEYS', sk: nodeId });
const bytesOf = (bundleKey: string): Uint8Array => Buffer.from(bundleKey, 'base64url');
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

const isOf = ({ secretHash }: KeyItem, secret: string | undefined): boolean =>
  secretHash !== undefined &&
  secret !== undefined &&
  timingSafeEqual(hashOf(secret), Buffer.from(secretHash, 'base64url'));
