/** Opens everything that one SQLite file keeps. */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { StoreUnavailable } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { CustodyStore } from '../../core/ports/custody-store.ts';
import type { ExecutionReader, ExecutionStore, HostRecovery } from '../../core/ports/execution-store.ts';
import type { NetworkStore } from '../../core/ports/network-store.ts';
import type { ReleaseLanes } from '../../core/ports/release-lanes.ts';
import type { WorkflowStore } from '../../core/ports/workflow-store.ts';
import { SystemClock } from '../system/clock.ts';
import { SqliteCustodyStore } from './custody-store.ts';
import { type Database, type DatabaseOptions, openDatabase } from './database.ts';
import type { CommittedEvents } from './event-log.ts';
import { SqliteExecutionReader } from './execution-reader.ts';
import { SqliteExecutionStore } from './execution-store.ts';
import { SqliteNetworkStore } from './network-store.ts';
import { SqliteNodeRegistry } from './node-registry.ts';
import { SqliteReleaseLanes } from './release-lanes.ts';
import { storeUnavailable } from './sqlite-errors.ts';
import { SqliteWorkflowStore } from './workflow-store.ts';

export interface StoreOptions extends DatabaseOptions {
  /** Executions and tasks kept in memory, about 400 bytes each. Default 200,000. */
  cachedRecordsMax?: number;
  /** Says how long lanes hide what is taken, and when nodes were registered. @default the system's */
  clock?: Pick<Clock, 'now'>;
}

export interface EmbeddedStore {
  executions: ExecutionStore & HostRecovery;
  reader: ExecutionReader;
  workflows: WorkflowStore;
  network: NetworkStore;
  nodes: SqliteNodeRegistry;
  custody: CustodyStore;
  lanes: ReleaseLanes;
  /** Tells of events once they are durable, never before. */
  onCommitted(listener: (batch: CommittedEvents) => void): void;
  /** Tells that nothing can be written any more (disk full, I/O error); every later call rejects with the same error. */
  onFailure(listener: (error: StoreUnavailable) => void): void;
  /**
   * Deletes the oldest executions that ended before a time, at most `limit`, with all that belongs to them; those that an unended
   * one waits for stay. Returns how many. A repeated Idempotency-Key of one that is gone starts a new one. Durable.
   */
  prune(request: { endedBeforeMs: number; limit: number }): Promise<number>;
  /** Commits so far. */
  commits(): number;
  /** Makes everything durable and lets the next host in. */
  close(): void;
  /** Ends as a power cut would; in memory, what was durable comes back to be opened again as `survivor`. */
  crash(): DatabaseSync | undefined;
}

/** Throws `StoreUnavailable`: locked by another host, read-only, corrupt, newer than this program, not ours. */
export function openStore(options: StoreOptions): EmbeddedStore {
  const database = openDatabase(options);
  try {
    return storeOn(database, options);
  } catch (error) {
    // Damage may show only where the first statements look.
    database.crash();
    throw storeUnavailable(join(options.dataDir, 'holdfast.db'), error);
  }
}

function storeOn(database: Database, options: StoreOptions): EmbeddedStore {
  const executions = new SqliteExecutionStore(database, options);
  const { clock = new SystemClock() } = options;
  return {
    executions,
    reader: new SqliteExecutionReader(database),
    workflows: new SqliteWorkflowStore(database),
    network: new SqliteNetworkStore(database),
    nodes: new SqliteNodeRegistry(database, clock),
    custody: new SqliteCustodyStore(database),
    lanes: new SqliteReleaseLanes(database, clock),
    onCommitted: (listener) => executions.events.onCommitted(listener),
    onFailure: (listener) => database.onFailure(listener),
    prune: (request) => executions.prune(request),
    commits: () => database.commits,
    close: () => database.close(),
    crash: () => database.crash(),
  };
}
