/** Workflow versions and definitions on SQLite; see the port. */
import type { JsonObject } from '../../core/json.ts';
import type { WorkflowStore, WorkflowSummary, WorkflowVersion } from '../../core/ports/workflow-store.ts';
import type { WorkflowDefinition } from '../../core/workflow/definition.ts';
import type { Database } from './database.ts';
import { fromJson, fromNull, toJson } from './json-column.ts';

type Row = JsonObject;

const VERSION = `SELECT name, version, hash, workflow_versions.created_ms, definition
  FROM workflow_versions JOIN definitions USING (hash)`;
const SUMMARIES = `SELECT name, title, max(version) AS version, task_count, created_ms
  FROM workflow_versions WHERE name > ? GROUP BY name ORDER BY name LIMIT ?`;

export class SqliteWorkflowStore implements WorkflowStore {
  readonly #database: Database;
  readonly #putDefinition;
  readonly #putVersion;
  readonly #byHash;
  readonly #latest;
  readonly #definition;

  constructor(database: Database) {
    const { writer } = database;
    this.#database = database;
    this.#putDefinition = writer.prepare('INSERT OR IGNORE INTO definitions VALUES (?, ?, ?)');
    this.#putVersion = writer.prepare('INSERT INTO workflow_versions VALUES (?, ?, ?, ?, ?, ?)');
    this.#byHash = writer.prepare(
      'SELECT version, created_ms FROM workflow_versions WHERE name = ? AND hash = ?',
    );
    this.#latest = writer.prepare('SELECT max(version) AS version FROM workflow_versions WHERE name = ?');
    this.#definition = writer.prepare('SELECT definition FROM definitions WHERE hash = ?');
  }

  putVersion(
    definition: WorkflowDefinition,
    hash: string,
    nowMs: number,
  ): Promise<{ version: WorkflowVersion; created: boolean }> {
    return this.#database.write(() => {
      const { name } = definition;
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
          ? db.prepare(`${VERSION} WHERE name = ? ORDER BY version DESC LIMIT 1`).get(name)
          : db.prepare(`${VERSION} WHERE name = ? AND version = ?`).get(name, version);
      return row && { ...versionOf(row as Row), definition: fromJson<WorkflowDefinition>(row.definition)! };
    });
  }

  /** Sees what is being stored, too: the engine asks for it. */
  getDefinition(hash: string): Promise<WorkflowDefinition | undefined> {
    return this.#database.peek(() => fromJson(this.#definition.get(hash)?.definition));
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
