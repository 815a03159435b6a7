/** Nodes, the hashes of their secrets and the keys of their bundles on SQLite; see the port. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import { FORMER_KEY_MS, FORMER_KEYS_MAX } from '../../core/node/former-keys.ts';
import { checkedNodeId } from '../../core/node/topics.ts';
import type { Clock } from '../../core/ports/clock.ts';
import {
  BUNDLE_KEY_BYTES,
  type NodePage,
  type NodeRegistry,
  type SecretCredentials,
} from '../../core/ports/node-registry.ts';
import type { Database } from './database.ts';
import { statement } from './statements.ts';

const PUT = 'INSERT INTO node_secrets VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
const FORMER = `INSERT OR REPLACE INTO former_keys
  SELECT node_id, bundle_key, ? FROM node_secrets WHERE node_id = ? AND bundle_key IS NOT NULL`;
const FORMERS =
  'SELECT bundle_key FROM former_keys WHERE node_id = ? AND until_ms > ? ORDER BY until_ms DESC LIMIT ?';
const PAGE = 'SELECT node_id, registered_ms FROM node_secrets WHERE node_id > ? ORDER BY node_id LIMIT ?';

export class SqliteNodeRegistry implements NodeRegistry {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(database: Database, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#clock = clock;
  }

  async register(
    nodeId: string,
    csrPem?: string,
    secret = randomBytes(32).toString('base64url'),
  ): Promise<SecretCredentials> {
    checkedNodeId(nodeId);
    if (csrPem !== undefined)
      throw new InvalidInput(
        'A certificate signing request came, and nodes of this host have secrets.',
        'Leave "csrPem" out.',
      );
    const bundleKey = randomBytes(BUNDLE_KEY_BYTES);
    const isNew = await this.#database.write(() => {
      const put = statement(this.#database.writer, PUT);
      return put.run(nodeId, sha256(secret), this.#clock.now(), bundleKey).changes > 0;
    }, 'durable');
    if (!isNew && (await this.isSecret(nodeId, secret))) {
      const kept = await this.bundleKey(nodeId);
      return { nodeId, secret, ...(kept && { bundleKey: Buffer.from(kept).toString('base64url') }) };
    }
    if (isNew) return { nodeId, secret, bundleKey: bundleKey.toString('base64url') };
    throw new Conflict(
      `The node "${nodeId}" has credentials.`,
      `Take them back first: npx holdfast nodes revoke ${nodeId}, or DELETE /nodes/${nodeId}/credentials.`,
    );
  }

  unregister(nodeId: string): Promise<boolean> {
    checkedNodeId(nodeId);
    return this.#database.write(() => {
      const { writer } = this.#database;
      const nowMs = this.#clock.now();
      statement(writer, 'DELETE FROM former_keys WHERE until_ms <= ?').run(nowMs);
      statement(writer, FORMER).run(nowMs + FORMER_KEY_MS, nodeId);
      return statement(writer, 'DELETE FROM node_secrets WHERE node_id = ?').run(nodeId).changes > 0;
    }, 'durable');
  }

  list({ cursor = '', limit = 100 }: { cursor?: string; limit?: number } = {}): Promise<NodePage> {
    return this.#database.read((db) => {
      const rows = statement(db, PAGE).all(cursor, limit + 1);
      const nodes = rows.slice(0, limit).map((row) => ({
        nodeId: row.node_id as string,
        registeredMs: row.registered_ms as number,
      }));
      return { nodes, ...(rows.length > limit && { cursor: nodes.at(-1)!.nodeId }) };
    });
  }

  /** Undefined: the node has none, or is not registered. */
  bundleKey(nodeId: string): Promise<Uint8Array | undefined> {
    return this.#database.read((db) => {
      const row = statement(db, 'SELECT bundle_key FROM node_secrets WHERE node_id = ?').get(nodeId);
      return (row?.bundle_key as Uint8Array | null | undefined) ?? undefined;
    });
  }

  /** Those that it had within `FORMER_KEY_MS`, the last first. */
  formerKeys(nodeId: string): Promise<Uint8Array[]> {
    return this.#database.read((db) =>
      statement(db, FORMERS)
        .all(nodeId, this.#clock.now(), FORMER_KEYS_MAX)
        .map((row) => row.bundle_key as Uint8Array),
    );
  }

  /** Whether it is this node's; takes as long whichever byte is wrong. */
  async isSecret(nodeId: string, secret: string): Promise<boolean> {
    const kept = await this.#database.read(
      (db) => statement(db, 'SELECT hash FROM node_secrets WHERE node_id = ?').get(nodeId)?.hash,
    );
    return timingSafeEqual(sha256(secret), (kept as Uint8Array | undefined) ?? NOBODYS) && kept !== undefined;
  }
}

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const NOBODYS = new Uint8Array(32);
