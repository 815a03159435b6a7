/** Workflow versions and definitions on SQLite; see the port. */
import type { DatabaseSync } from 'node:sqlite';
import { Conflict } from '../../core/errors.ts';
import { type JsonObject, toJson } from '../../core/json.ts';
import type { WorkflowStore, WorkflowSummary, WorkflowVersion } from '../../core/ports/workflow-store.ts';
import { Recent } from '../../core/recent.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import type { Database } from './database.ts';
import { fromJson, fromNull } from './json-column.ts';
import { statement } from './statements.ts';

type Row = JsonObject;

const VERSION = 'SELECT name, version, hash, created_ms FROM workflow_versions';
const DEFINITION = 'SELECT definition FROM definitions WHERE hash = ?';
/** Definitions never change, so they are parsed once while they are in use. */
const DEFINITIONS_MAX = 100;
const SUMMARIES = `SELECT name, title, max(version) AS version, task_count, created_ms
  FROM workflow_versions WHERE name > ? GROUP BY name ORDER BY name LIMIT ?`;

export class SqliteWorkflowStore implements WorkflowStore {
  readonly #database: Database;
  readonly #putDefinition;
  readonly #putVersion;
  readonly #byHash;
  readonly #latest;
  readonly #byKey;
  readonly #putKey;
  readonly #definitions = new Recent<string, WorkflowDefinition>(DEFINITIONS_MAX);

  constructor(database: Database) {
    const { writer } = database;
    this.#database = database;
    this.#putDefinition = writer.prepare('INSERT OR IGNORE INTO definitions VALUES (?, ?, ?)');
    this.#putVersion = writer.prepare('INSERT INTO workflow_versions VALUES (?, ?, ?, ?, ?, ?)');
    this.#byHash = writer.prepare(
      'SELECT version, created_ms FROM workflow_versions WHERE name = ? AND hash = ?',
    );
    this.#latest = writer.prepare('SELECT max(version) AS version FROM workflow_versions WHERE name = ?');
    this.#byKey = writer.prepare('SELECT name, hash FROM submissions WHERE key = ?');
    this.#putKey = writer.prepare('INSERT OR IGNORE INTO submissions VALUES (?, ?, ?)');
  }

  putVersion(
    definition: WorkflowDefinition,
    hash: string,
    nowMs: number,
    idempotencyKey?: string,
  ): Promise<{ version: WorkflowVersion; created: boolean }> {
    return this.#database.write(() => {
      const { name } = definition;
      if (idempotencyKey !== undefined) this.#claimKey(idempotencyKey, name, hash);
      const existing = this.#byHash.get(name, hash) as { version: number; created_ms: number } | undefined;
      if (existing) {
        const { version, created_ms: createdMs } = existing;
        return { version: { name, version, hash, createdMs, definition }, created: false };
      }
      this.#keep(definition, hash, nowMs);
      const version = Number(this.#latest.get(name)?.version ?? 0) + 1;
      this.#putVersion.run(name, version, hash, definition.title ?? null, definition.tasks.length, nowMs);
      return { version: { name, version, hash, createdMs: nowMs, definition }, created: true };
    }, 'durable');
  }

  putDefinition(definition: WorkflowDefinition, hash: string, nowMs: number): Promise<void> {
    return this.#database.write(() => this.#keep(definition, hash, nowMs), 'durable');
  }

  getVersion(name: string, version?: number): Promise<WorkflowVersion | undefined> {
    return this.#database.read((db) => {
      const row =
        version === undefined
          ? statement(db, `${VERSION} WHERE name = ? ORDER BY version DESC LIMIT 1`).get(name)
          : statement(db, `${VERSION} WHERE name = ? AND version = ?`).get(name, version);
      return row && { ...versionOf(row as Row), definition: this.#definitionOf(row.hash as string, db)! };
    });
  }

  /** Sees what is being stored, too: the engine asks for it. */
  getDefinition(hash: string): Promise<WorkflowDefinition | undefined> {
    return this.#database.peek(() => this.#definitionOf(hash, this.#database.writer));
  }

  listVersions(name: string): Promise<Omit<WorkflowVersion, 'definition'>[]> {
    return this.#database.read((db) =>
      db
        .prepare('SELECT * FROM workflow_versions WHERE name = ? ORDER BY version')
        .all(name)
        .map((row) => versionOf(row as Row)),
    );
  }

  list({ afterName = '', limit }: { afterName?: string; limit: number }): Promise<WorkflowSummary[]> {
    return this.#database.read((db) =>
      db
        .prepare(SUMMARIES)
        .all(afterName, limit)
        .map((row) => ({
          name: row.name as string,
          title: fromNull<string>(row.title),
          latestVersion: row.version as number,
          taskCount: row.task_count as number,
          createdMs: row.created_ms as number,
        })),
    );
  }

  #claimKey(key: string, name: string, hash: string): void {
    const before = this.#byKey.get(key);
    if (before && (before.name !== name || before.hash !== hash)) {
      throw new Conflict(
        `The idempotency key "${key}" was used for another definition, of "${before.name as string}".`,
        'Use a new key for a new definition.',
      );
    }
    this.#putKey.run(key, name, hash);
  }

  #definitionOf(hash: string, db: DatabaseSync): WorkflowDefinition | undefined {
    const known = this.#definitions.get(hash);
    if (known) return known;
    const definition = fromJson<WorkflowDefinition>(statement(db, DEFINITION).get(hash)?.definition);
    return definition && this.#definitions.set(hash, definition);
  }

  #keep(definition: WorkflowDefinition, hash: string, nowMs: number): void {
    const text = toJson(definition, 'definition')!;
    this.#putDefinition.run(hash, nowMs, text);
    this.#database.grow(text.length);
  }
}

function versionOf(row: Row): Omit<WorkflowVersion, 'definition'> {
  return {
    name: row.name as string,
    version: row.version as number,
    hash: row.hash as string,
    createdMs: row.created_ms as number,
  };
}
