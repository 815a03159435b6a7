/**
 * One SQLite file, one writer. Writes of one turn share a transaction and one fsync (group commit): their outcome is
 * known at once, they become durable together.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError, StoreUnavailable } from '../../core/errors.ts';
import { lockDirectory } from './lock.ts';
import { migrate } from './migrations.ts';
import { sqliteCode, storeUnavailable } from './sqlite-errors.ts';

export interface DatabaseOptions {
  /** Where `holdfast.db` is; made if missing. `:memory:` keeps everything in this process. */
  dataDir: string;
  /** Calls `commit` once the current turn's writes are in; `setImmediate` unless given. */
  defer?: (commit: () => void) => void;
  /** A batch that reaches either bound commits at once. Default 1000 operations, 4 MiB. */
  batchOperationsMax?: number;
  batchSizeBytesMax?: number;
  /** Pages the file may have; for tests of a full disk. */
  pagesMax?: number;
  /** Shown to a second host that is refused. Default now. */
  startedMs?: number;
  /** What `crash()` of an in-memory database handed back: opens what was durable then. */
  survivor?: DatabaseSync;
}

/** Turns that a batch nobody waits for stays open, for a durable write to share its fsync. */
const UNAWAITED_TURNS = 4;

interface Batch {
  operations: number;
  sizeBytes: number;
  durable?: PromiseWithResolvers<void>;
}

// A checkpoint each 8 MiB: a WAL that is soon written over again syncs faster than one that grows. 64 MiB of page cache.
const PRAGMAS = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;
`;

export function openDatabase(options: DatabaseOptions): Database {
  if (options.dataDir === ':memory:') {
    const connection = options.survivor ?? new DatabaseSync(':memory:');
    if (!options.survivor) migrate(connection, ':memory:');
    return new Database(options, connection, connection, () => undefined);
  }
  const file = join(options.dataDir, 'holdfast.db');
  prepareDirectory(options.dataDir);
  const lock = lockDirectory(options.dataDir, options.startedMs ?? Date.now());
  let writer: DatabaseSync | undefined;
  try {
    writer = new DatabaseSync(file, { timeout: 5000 });
    writer.exec(PRAGMAS);
    if (options.pagesMax !== undefined) writer.exec(`PRAGMA max_page_count = ${options.pagesMax}`);
    migrate(writer, file);
    const reader = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    return new Database(options, writer, reader, () => lock.release());
  } catch (error) {
    if (writer?.isOpen) writer.close();
    lock.release();
    throw storeUnavailable(file, error);
  }
}

function prepareDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StoreUnavailable(
      `The data directory ${dataDir} can not be written to (${error instanceof Error ? error.message : String(error)}).`,
      'Make it writable by this user, or name another with --data-dir.',
      { cause: error },
    );
  }
}

export class Database {
  readonly writer: DatabaseSync;
  /** Commits so far. */
  commits = 0;
  readonly #reader: DatabaseSync;
  readonly #file: string;
  readonly #defer: (commit: () => void) => void;
  readonly #operationsMax: number;
  readonly #sizeBytesMax: number;
  readonly #unlock: () => void;
  readonly #flushers: (() => void)[] = [];
  readonly #committed: (() => void)[] = [];
  readonly #failed: ((error: StoreUnavailable) => void)[] = [];
  #batch: Batch | undefined;
  #failure: StoreUnavailable | undefined;

  constructor(options: DatabaseOptions, writer: DatabaseSync, reader: DatabaseSync, unlock: () => void) {
    this.writer = writer;
    this.#reader = reader;
    this.#file = writer === reader ? ':memory:' : join(options.dataDir, 'holdfast.db');
    this.#defer = options.defer ?? setImmediate;
    this.#operationsMax = options.batchOperationsMax ?? 1000;
    this.#sizeBytesMax = options.batchSizeBytesMax ?? 4 * 1024 * 1024;
    this.#unlock = unlock;
  }

  /**
   * Runs `operation` in the current batch, at once. It must check before its first change: an ordinary error it throws
   * rejects this call alone; an error of SQLite's fails the database. Resolves when the batch is durable, or at once if `ordered`.
   */
  write<T>(operation: () => T, durability: 'durable' | 'ordered'): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    let result: T;
    let batch: Batch;
    try {
      batch = this.#batch ??= this.#begin();
      result = operation();
    } catch (error) {
      // Whatever isn't a refusal of ours may have left a change half done.
      return Promise.reject(error instanceof HoldfastError ? error : this.#fail(error));
    }
    batch.operations++;
    const durable =
      durability === 'durable' ? (batch.durable ??= Promise.withResolvers<void>()).promise : undefined;
    if (batch.operations >= this.#operationsMax || batch.sizeBytes >= this.#sizeBytesMax) this.commit();
    return durable ? durable.then(() => result) : Promise.resolve(result);
  }

  /** Reads what this host has written so far, durable or not; flushes nothing. */
  peek<T>(query: () => T): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    try {
      return Promise.resolve(query());
    } catch (error) {
      return Promise.reject(sqliteCode(error) === undefined ? error : this.#fail(error));
    }
  }

  /**
   * Reads what is durable, even after a failure. In memory there is one connection, so the batch is committed first.
   */
  read<T>(query: (connection: DatabaseSync) => T): Promise<T> {
    try {
      if (this.#reader === this.writer) this.commit();
      if (!this.#reader.isOpen) throw this.#failure ?? closedError(this.#file);
      return Promise.resolve(query(this.#reader));
    } catch (error) {
      return Promise.reject(sqliteCode(error) === undefined ? error : storeUnavailable(this.#file, error));
    }
  }

  /** Tells the batch how much it grew, so that it stays bounded. */
  grow(sizeBytes: number): void {
    if (this.#batch) this.#batch.sizeBytes += sizeBytes;
  }

  /** Writes what stores keep in memory into the open transaction, so that queries see it. */
  flush(): void {
    if (this.#batch) for (const flush of this.#flushers) flush();
  }

  /** Makes the batch durable now. A failure rejects its waiters and fails the database. */
  commit(): void {
    const batch = this.#batch;
    if (!batch) return;
    try {
      this.flush();
      this.writer.exec('COMMIT');
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#batch = undefined;
    this.commits++;
    batch.durable?.resolve();
    for (const tell of this.#committed) tell();
  }

  /** Called before each COMMIT, and before queries that must see everything. */
  onFlush(flush: () => void): void {
    this.#flushers.push(flush);
  }

  /** Called after each COMMIT. */
  onCommit(tell: () => void): void {
    this.#committed.push(tell);
  }

  /** Called once, when the database can take no more writes. */
  onFailure(tell: (error: StoreUnavailable) => void): void {
    this.#failed.push(tell);
  }

  /** Makes everything durable, checkpoints the WAL and lets the next host in. */
  close(): void {
    if (!this.writer.isOpen) return;
    this.commit();
    this.#failure ??= closedError(this.#file);
    this.#closeConnections();
  }

  /**
   * Ends as a power cut would: the batch is lost, its waiters reject. An in-memory database hands back what was durable,
   * to be opened again as `survivor`.
   */
  crash(): DatabaseSync | undefined {
    this.#fail(closedError(this.#file), false);
    if (this.#reader === this.writer) return this.writer;
    this.#closeConnections();
    return undefined;
  }

  #begin(): Batch {
    this.writer.exec('BEGIN IMMEDIATE');
    const batch: Batch = { operations: 0, sizeBytes: 0 };
    let turns = 0;
    const turn = () => {
      if (this.#batch !== batch) return;
      if (batch.durable || ++turns >= UNAWAITED_TURNS) this.commit();
      else this.#defer(turn);
    };
    this.#defer(turn);
    return batch;
  }

  #fail(error: unknown, tell = true): StoreUnavailable {
    if (this.#failure) return this.#failure;
    const failure = storeUnavailable(this.#file, error);
    this.#failure = failure;
    const batch = this.#batch;
    this.#batch = undefined;
    if (this.writer.isOpen && this.writer.isTransaction) this.writer.exec('ROLLBACK');
    batch?.durable?.reject(failure);
    if (tell) for (const listener of this.#failed) listener(failure);
    return failure;
  }

  #closeConnections(): void {
    if (this.#reader !== this.writer) this.#reader.close();
    this.writer.close();
    this.#unlock();
  }
}

function closedError(file: string): StoreUnavailable {
  return new StoreUnavailable(`The store ${file} is closed.`, 'Open it again.');
}
