/** The ledger of bundles on SQLite; see the port. The totals change in the transaction that changes a transfer. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { changedBy, checkAccepted, isOpen } from '../../core/custody/change.ts';
import { PAGE_LIMIT } from '../../core/custody/listing.ts';
import { noTotals } from '../../core/custody/totals.ts';
import type { CustodyTotals, Transfer } from '../../core/custody/transfer.ts';
import type {
  CustodyStore,
  TransferChange,
  TransferFilter,
  TransferPage,
} from '../../core/ports/custody-store.ts';
import type { Database } from './database.ts';
import { statement } from './statements.ts';
import {
  cursorOf,
  INSERT,
  insertValues,
  OPEN,
  OVER,
  placeOf,
  transferOf,
  UPDATE,
  updateValues,
} from './transfer-rows.ts';

const ADD = `INSERT INTO custody_totals VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET bundles = bundles + excluded.bundles, bytes = bytes + excluded.bytes`;
const FORGET = `DELETE FROM transfers WHERE bundle_id IN
  (SELECT bundle_id FROM transfers WHERE ${OVER} AND expires_ms < ? ORDER BY expires_ms LIMIT ?)`;
const BYTES = `SELECT bytes FROM transfer_bytes WHERE bundle_id = ?`;

export class SqliteCustodyStore implements CustodyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  accept(transfer: Transfer, bytes: Uint8Array): Promise<boolean> {
    return this.#database.write(() => {
      const { writer } = this.#database;
      checkAccepted(transfer, bytes);
      if (transferIn(writer, transfer.bundleId)) return false;
      const { state, sizeBytes } = transfer;
      statement(writer, INSERT).run(...insertValues(transfer));
      statement(writer, 'INSERT INTO transfer_bytes VALUES (?, ?)').run(transfer.bundleId, bytes);
      for (const name of ['accepted', state]) statement(writer, ADD).run(name, 1, sizeBytes);
      this.#database.grow(bytes.byteLength);
      return true;
    }, 'durable');
  }

  get(bundleId: string): Promise<Transfer | undefined> {
    return this.#database.read((db) => transferIn(db, bundleId));
  }

  bytes(bundleId: string): Promise<Uint8Array | undefined> {
    return this.#database.read((db) => statement(db, BYTES).get(bundleId)?.bytes as Uint8Array | undefined);
  }

  change(change: TransferChange): Promise<boolean> {
    return this.#database.write(() => {
      const { writer } = this.#database;
      const standing = transferIn(writer, change.bundleId);
      const next = standing && changedBy(change, standing);
      if (!next) return false;
      statement(writer, UPDATE).run(...updateValues(next));
      if (next.state !== standing.state) {
        statement(writer, ADD).run(standing.state, -1, -standing.sizeBytes);
        statement(writer, ADD).run(next.state, 1, next.sizeBytes);
      }
      if (!isOpen(next))
        statement(writer, 'DELETE FROM transfer_bytes WHERE bundle_id = ?').run(next.bundleId);
      return true;
    }, 'durable');
  }

  due(atMs: number, limit: number): Promise<Transfer[]> {
    const due = `SELECT * FROM transfers WHERE ${OPEN} AND due_ms <= ? ORDER BY due_ms LIMIT ?`;
    return this.#database.read((db) => statement(db, due).all(atMs, limit).map(transferOf));
  }

  async open(filter: TransferFilter & { limit?: number; cursor?: string } = {}): Promise<TransferPage> {
    const { limit = PAGE_LIMIT, cursor } = filter;
    const { sql, values } = listing(filter, cursor);
    const found = await this.#database.read((db) => statement(db, sql).all(...values, limit + 1));
    const transfers = found.slice(0, limit).map(transferOf);
    if (found.length <= limit) return { transfers };
    return { transfers, cursor: cursorOf(transfers.at(-1)!) };
  }

  totals(): Promise<CustodyTotals> {
    return this.#database.read((db) => {
      const totals = noTotals();
      for (const { state, bundles, bytes } of statement(db, 'SELECT * FROM custody_totals').all())
        totals[state as keyof CustodyTotals] = { bundles: bundles as number, bytes: bytes as number };
      return totals;
    });
  }

  forget(beforeMs: number, limit: number): Promise<number> {
    return this.#database.write(
      () => Number(statement(this.#database.writer, FORGET).run(beforeMs, limit).changes),
      'durable',
    );
  }
}

function transferIn(db: DatabaseSync, bundleId: string): Transfer | undefined {
  const row = statement(db, 'SELECT * FROM transfers WHERE bundle_id = ?').get(bundleId);
  return row && transferOf(row);
}

function listing({ state, to }: TransferFilter, cursor: string | undefined) {
  const wanted = [OPEN];
  const values: SQLInputValue[] = [];
  if (to !== undefined) {
    wanted.push('hop_to = ?');
    values.push(to);
  }
  if (state !== undefined) {
    wanted.push('state = ?');
    values.push(state);
  }
  if (cursor !== undefined) {
    wanted.push('(rank, expires_ms, bundle_id) > (?, ?, ?)');
    values.push(...placeOf(cursor));
  }
  const order = 'ORDER BY rank, expires_ms, bundle_id LIMIT ?';
  return { sql: `SELECT * FROM transfers WHERE ${wanted.join(' AND ')} ${order}`, values };
}
