import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors.ts';

/** "HOLD" in the file's header, so that another program's database is never taken for ours. */
const APPLICATION_ID = 0x484f4c44;

/** A task's row key is `execution * TASKS_PER_EXECUTION + index`: one integer lookup, rows of an execution side by side. */
export const TASKS_PER_EXECUTION = 2 ** 20;

const FIRST = `
CREATE TABLE definitions (
  hash TEXT PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  definition TEXT NOT NULL
);

CREATE TABLE workflow_versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES definitions (hash),
  title TEXT,
  task_count INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (name, version),
  UNIQUE (name, hash)
) WITHOUT ROWID;

-- What each Idempotency-Key submitted.
CREATE TABLE submissions (
  key TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE executions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  workflow TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition_hash TEXT NOT NULL,
  status TEXT NOT NULL,
  run INTEGER NOT NULL,
  priority REAL NOT NULL,
  parent_execution TEXT,
  parent_task TEXT,
  parent_attempt INTEGER,
  after_ids TEXT NOT NULL,
  correlation_id TEXT,
  request_hash TEXT NOT NULL,
  submitted_ms INTEGER NOT NULL,
  started_ms INTEGER,
  deadline_ms INTEGER,
  ended_ms INTEGER,
  token TEXT,
  admit_token TEXT,
  task_counts TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  attempt_floor INTEGER NOT NULL,
  errors TEXT NOT NULL,
  output_ref TEXT,
  output TEXT
);
CREATE INDEX executions_by_status ON executions (status);
CREATE INDEX executions_by_workflow ON executions (workflow);
CREATE INDEX executions_by_parent ON executions (parent_execution) WHERE parent_execution IS NOT NULL;
CREATE INDEX executions_by_correlation ON executions (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX executions_by_end ON executions (ended_ms) WHERE ended_ms IS NOT NULL;

-- Apart from their execution, whose row is rewritten by every batch that touches it.
CREATE TABLE execution_variables (execution INTEGER PRIMARY KEY, variables TEXT NOT NULL);

CREATE TABLE execution_after (
  after_id TEXT NOT NULL,
  execution INTEGER NOT NULL,
  PRIMARY KEY (after_id, execution)
) WITHOUT ROWID;

CREATE TABLE tasks (
  key INTEGER PRIMARY KEY,
  execution INTEGER AS (key / ${TASKS_PER_EXECUTION}) VIRTUAL,
  place INTEGER AS (key % ${TASKS_PER_EXECUTION}) VIRTUAL,
  task_id TEXT NOT NULL,
  type TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  interruptions INTEGER NOT NULL,
  remaining INTEGER NOT NULL,
  unmet INTEGER NOT NULL,
  triggered INTEGER NOT NULL,
  priority REAL NOT NULL,
  reason TEXT,
  failure TEXT,
  due_ms INTEGER,
  child_id TEXT,
  ready_ms INTEGER,
  started_ms INTEGER,
  ended_ms INTEGER,
  output_ref TEXT,
  output TEXT
);
CREATE INDEX tasks_parked ON tasks (type) WHERE status = 'PARKED';

-- The events that one batch appended to one execution; cursor and seq are those of the last of them. While an execution
-- goes on, its task counts are those of its newest row here: its own row is written only when it itself changes.
CREATE TABLE event_log (
  cursor INTEGER PRIMARY KEY,
  execution INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  task_counts TEXT NOT NULL,
  events TEXT NOT NULL
);
CREATE UNIQUE INDEX event_log_by_execution ON event_log (execution, seq);

CREATE VIEW events AS
SELECT
  event_log.cursor - json_array_length(events) + 1 + each.key AS cursor,
  executions.id AS execution_id,
  event_log.seq - json_array_length(events) + 1 + each.key AS seq,
  datetime((each.value ->> 'atMs') / 1000, 'unixepoch') AS at,
  each.value ->> 'type' AS type,
  each.value ->> 'taskId' AS task_id,
  each.value ->> 'attempt' AS attempt,
  each.value -> 'data' AS data
FROM event_log JOIN executions ON executions.key = event_log.execution, json_each(event_log.events) AS each;

CREATE TABLE checkpoints (
  execution INTEGER NOT NULL,
  task_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (execution, task_id)
) WITHOUT ROWID;

CREATE TABLE signals (
  key INTEGER PRIMARY KEY,
  execution INTEGER NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE (execution, id)
);

-- What the rows of executions add up to; what came since is in the newest rows of event_log.
CREATE TABLE totals (
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (kind, status)
) WITHOUT ROWID;
`;

const SECOND = `
-- What is registered, in one row; texts of constellations and contact plans aside.
CREATE TABLE network (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  version INTEGER NOT NULL,
  registered TEXT NOT NULL
);

CREATE TABLE network_texts (
  id TEXT PRIMARY KEY,
  text TEXT NOT NULL
);

CREATE TABLE link_states (
  link_id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;

CREATE VIEW nodes AS
SELECT
  each.value ->> 'id' AS id,
  each.value ->> 'kind' AS kind,
  each.value -> 'capabilities' AS capabilities,
  each.value -> 'position' AS position
FROM network, json_each(registered, '$.nodes') AS each;

CREATE VIEW links AS
SELECT
  each.value ->> 'id' AS id,
  each.value ->> 'from' AS "from",
  each.value ->> 'to' AS "to",
  each.value ->> 'channel' AS channel,
  each.value ->> 'rateBitsPerSecond' AS rate_bits_per_second,
  each.value ->> 'delayMs' AS delay_ms,
  state ->> 'status' AS status
FROM network, json_each(registered, '$.links') AS each
LEFT JOIN link_states ON link_id = each.value ->> 'id';
`;

const THIRD = `
-- Bundles that this node answers for, and those that it lately did.
CREATE TABLE transfers (
  bundle_id TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  from_node TEXT,
  precedence TEXT NOT NULL,
  rank INTEGER NOT NULL,
  label TEXT,
  size_bytes INTEGER NOT NULL,
  accepted_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  hop_to TEXT AS (hop ->> 'to') STORED,
  hop TEXT,
  due_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  ended_ms INTEGER
) WITHOUT ROWID;
CREATE INDEX transfers_due ON transfers (due_ms) WHERE state IN ('waiting', 'booked', 'released');
CREATE INDEX transfers_open ON transfers (rank, expires_ms, bundle_id) WHERE state IN ('waiting', 'booked', 'released');
CREATE INDEX transfers_to ON transfers (hop_to, rank, expires_ms, bundle_id)
  WHERE state IN ('waiting', 'booked', 'released') AND hop_to IS NOT NULL;
CREATE INDEX transfers_over ON transfers (expires_ms) WHERE state IN ('acknowledged', 'expired', 'dead');

-- Of the open ones, apart from what changes with each step.
CREATE TABLE transfer_bytes (bundle_id TEXT PRIMARY KEY, bytes BLOB NOT NULL);

-- What was accepted, and where it is; what was forgotten is in it.
CREATE TABLE custody_totals (
  state TEXT PRIMARY KEY,
  bundles INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) WITHOUT ROWID;

-- What may leave in a contact that is on. hidden_until_ms is 0 for what nobody has taken.
CREATE TABLE release_lanes (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  link TEXT NOT NULL,
  to_node TEXT NOT NULL,
  precedence TEXT NOT NULL,
  bundle_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  flow TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  hidden_until_ms INTEGER NOT NULL DEFAULT 0,
  takes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (link, to_node, precedence, bundle_id, attempt)
);
CREATE INDEX release_lanes_in_order ON release_lanes (link, to_node, precedence, key);
CREATE INDEX release_lanes_held ON release_lanes (link, to_node, precedence, hidden_until_ms, flow)
  WHERE hidden_until_ms > 0;
`;

const PLACEMENT = `
-- Tasks on other nodes, and tasks that no node can run.
ALTER TABLE tasks ADD COLUMN node_id TEXT;
ALTER TABLE tasks ADD COLUMN unplaced INTEGER;
CREATE INDEX tasks_unplaced ON tasks (key) WHERE status = 'PARKED' AND unplaced = 1;

-- Work for other nodes: who waits for its end, and whether that was told.
ALTER TABLE executions ADD COLUMN origin TEXT;
ALTER TABLE executions ADD COLUMN answered INTEGER;
CREATE INDEX executions_unanswered ON executions (key) WHERE origin IS NOT NULL AND answered IS NULL;
`;

const NODES = `
-- Nodes that may connect; of their secrets the SHA-256.
CREATE TABLE node_secrets (
  node_id TEXT PRIMARY KEY,
  hash BLOB NOT NULL,
  registered_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- What nodes last said of themselves.
CREATE TABLE node_reports (
  node_id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  report TEXT NOT NULL
) WITHOUT ROWID;
`;

const BUNDLE_KEYS = `
-- Protects bundles to and from a node; none of those that were registered before there were keys.
ALTER TABLE node_secrets ADD COLUMN bundle_key BLOB;
`;

const FORMER_KEYS = `
-- Keys that nodes had before: what is under way may be protected with them, for a while.
CREATE TABLE former_keys (
  node_id TEXT NOT NULL,
  bundle_key BLOB NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (node_id, bundle_key)
) WITHOUT ROWID;
`;

const TOLD_LINKS = `
-- What nodes were told of links that others measured; no links: they are told of all again.
CREATE TABLE told_links (
  node_id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  links TEXT
) WITHOUT ROWID;
`;

/** In order, each run once; a file's `user_version` is how many of them it has had. Never edit one that was released. */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  SECOND,
  THIRD,
  PLACEMENT,
  NODES,
  BUNDLE_KEYS,
  FORMER_KEYS,
  TOLD_LINKS,
];

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/**
 * Brings a file up to what this program knows, each migration whole or not at all.
 * Refuses with `StoreUnavailable` a file that a newer program wrote or that isn't Holdfast's; it is left untouched.
 */
export function migrate(db: DatabaseSync, file: string, migrations: readonly string[] = MIGRATIONS): void {
  const version = pragma(db, 'user_version');
  if (pragma(db, 'application_id') !== APPLICATION_ID) refuseForeign(db, file);
  if (version > migrations.length) {
    throw new StoreUnavailable(
      `${file} has schema version ${version}; this program knows versions up to ${migrations.length}.`,
      'Run the newer Holdfast that wrote it, or name another data directory. The file was left as it is.',
    );
  }
  for (let next = version; next < migrations.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migrations[next]!);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function refuseForeign(db: DatabaseSync, file: string): void {
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (tables === 0) return;
  throw new StoreUnavailable(
    `${file} is a database of another program (it has ${tables} tables and indexes, none of them Holdfast's).`,
    'Name another data directory, or move that file aside. The file was left as it is.',
  );
}
