import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors.ts';
import { sqliteCode, storeUnavailable } from './sqlite-errors.ts';

const BUSY = 5;

interface Holder {
  pid: number;
  host: string;
  started: string;
}

/**
 * Makes this process the only host on `dataDir` until it releases the lock or ends, however it ends: the operating
 * system takes an SQLite write lock away from a dead process. A RESERVED lock leaves the holder's row readable to the
 * one that is refused. https://sqlite.org/lockingv3.html
 *
 * Throws `StoreUnavailable` naming the holder.
 */
export function lockDirectory(dataDir: string, startedMs: number): { release(): void } {
  const file = join(dataDir, 'holdfast.lock');
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw storeUnavailable(file, error);
  }
  try {
    db.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid, host, started); DELETE FROM holder');
    db.prepare('INSERT INTO holder VALUES (?, ?, ?)').run(
      process.pid,
      hostname(),
      new Date(startedMs).toISOString(),
    );
    db.exec('COMMIT; BEGIN IMMEDIATE');
    return { release: () => db.isOpen && db.close() };
  } catch (error) {
    const refusal =
      sqliteCode(error) === BUSY ? heldBy(readHolder(db), dataDir) : storeUnavailable(file, error);
    db.close();
    throw refusal;
  }
}

function readHolder(db: DatabaseSync): Holder | undefined {
  try {
    if (db.isTransaction) db.exec('ROLLBACK');
    return db.prepare('SELECT pid, host, started FROM holder').get() as unknown as Holder | undefined;
  } catch {
    return undefined; // The holder is starting at this very moment and hasn't written its name yet.
  }
}

function heldBy(holder: Holder | undefined, dataDir: string): StoreUnavailable {
  const who = holder
    ? `process ${holder.pid} on ${holder.host}, which started at ${holder.started}`
    : 'another process that is just starting';
  return new StoreUnavailable(
    `The data directory ${dataDir} is in use by ${who}. Two hosts on one store would run tasks twice.`,
    `${holder ? `Stop it (kill ${holder.pid}), talk to it over its HTTP API instead` : 'Try again'}, or start with another data directory.`,
  );
}
