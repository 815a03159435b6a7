/** The network on SQLite; see the port. */
import type { DatabaseSync } from 'node:sqlite';
import { toJson } from '../../core/json.ts';
import { NOTHING_REGISTERED, type Registered } from '../../core/network/network.ts';
import type {
  MeasuredLink,
  NetworkEdit,
  NetworkStore,
  NodeReport,
  ToldLink,
  ToldLinks,
} from '../../core/ports/network-store.ts';
import type { Database } from './database.ts';
import { fromJson } from './json-column.ts';
import { statement } from './statements.ts';

const REGISTERED = 'SELECT version, registered FROM network';
const newest = (table: string, key: string, value: string): string => `INSERT INTO ${table} VALUES (?, ?, ?)
  ON CONFLICT (${key}) DO UPDATE SET at_ms = excluded.at_ms, ${value} = excluded.${value}
  WHERE excluded.at_ms >= ${table}.at_ms`;
const PUT_STATE = newest('link_states', 'link_id', 'state');
const PUT_REPORT = newest('node_reports', 'node_id', 'report');
const PUT_TOLD = newest('told_links', 'node_id', 'links');

export class SqliteNetworkStore implements NetworkStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  version(): Promise<number> {
    return this.#database.read((db) =>
      Number(statement(db, 'SELECT version FROM network').get()?.version ?? 0),
    );
  }

  registered(): Promise<Registered> {
    return this.#database.read(registeredIn);
  }

  change(edit: (standing: Registered) => NetworkEdit | undefined): Promise<Registered> {
    return this.#database.write(() => {
      const { writer } = this.#database;
      const standing = registeredIn(writer);
      const edited = edit(standing);
      if (edited === undefined) return standing;
      const { texts = {}, ...lists } = edited;
      const next = { ...standing, ...lists, version: standing.version + 1 };
      const { version, ...rest } = next;
      const registered = toJson(rest, 'network')!;
      for (const [id, text] of Object.entries(texts)) {
        statement(writer, 'INSERT INTO network_texts VALUES (?, ?)').run(id, text);
        this.#database.grow(text.length);
      }
      statement(writer, 'INSERT OR REPLACE INTO network VALUES (1, ?, ?)').run(version, registered);
      this.#database.grow(registered.length);
      forget(writer, next);
      return next;
    }, 'durable');
  }

  text(textId: string): Promise<string | undefined> {
    return this.#database.read(
      (db) =>
        statement(db, 'SELECT text FROM network_texts WHERE id = ?').get(textId)?.text as string | undefined,
    );
  }

  putLinkState({ linkId, atMs, ...state }: MeasuredLink): Promise<boolean> {
    return this.#putNewest(PUT_STATE, [linkId, atMs], state, 'state of a link');
  }

  linkStates(): Promise<MeasuredLink[]> {
    return this.#database.read((db) =>
      statement(db, 'SELECT * FROM link_states')
        .all()
        .map((row) => ({
          linkId: row.link_id as string,
          atMs: row.at_ms as number,
          ...fromJson<Omit<MeasuredLink, 'linkId' | 'atMs'>>(row.state)!,
        })),
    );
  }

  putNodeReport({ nodeId, atMs, ...report }: NodeReport): Promise<boolean> {
    return this.#putNewest(PUT_REPORT, [nodeId, atMs], report, 'report of a node');
  }

  nodeReports(): Promise<NodeReport[]> {
    return this.#database.read((db) =>
      statement(db, 'SELECT * FROM node_reports')
        .all()
        .map((row) => ({
          nodeId: row.node_id as string,
          atMs: row.at_ms as number,
          ...fromJson<Omit<NodeReport, 'nodeId' | 'atMs'>>(row.report)!,
        })),
    );
  }

  putToldLinks({ nodeId, atMs, links }: ToldLinks): Promise<boolean> {
    const told = links && [...links];
    return this.#putNewest(PUT_TOLD, [nodeId, atMs], told, 'links that a node was told of');
  }

  toldLinks(): Promise<ToldLinks[]> {
    return this.#database.read((db) =>
      statement(db, 'SELECT * FROM told_links')
        .all()
        .map((row) => ({
          nodeId: row.node_id as string,
          atMs: row.at_ms as number,
          links: row.links === null ? undefined : new Map(fromJson<[string, ToldLink][]>(row.links)),
        })),
    );
  }

  #putNewest(sql: string, [id, atMs]: [string, number], value: unknown, what: string): Promise<boolean> {
    return this.#database.write(() => {
      const put = statement(this.#database.writer, sql);
      return put.run(id, atMs, toJson(value, what) ?? null).changes > 0;
    }, 'durable');
  }
}

function registeredIn(db: DatabaseSync): Registered {
  const row = statement(db, REGISTERED).get();
  if (row === undefined) return NOTHING_REGISTERED;
  return { version: row.version as number, ...fromJson<Omit<Registered, 'version'>>(row.registered)! };
}

function forget(db: DatabaseSync, { nodes, links, constellations, plans }: Registered): void {
  const kept = new Set([...constellations, ...plans].map(({ textId }) => textId));
  for (const { id } of statement(db, 'SELECT id FROM network_texts').all())
    if (!kept.has(id as string)) statement(db, 'DELETE FROM network_texts WHERE id = ?').run(id!);
  const ids = new Set(links.map(({ id }) => id));
  for (const { link_id: id } of statement(db, 'SELECT link_id FROM link_states').all())
    if (!ids.has(id as string)) statement(db, 'DELETE FROM link_states WHERE link_id = ?').run(id!);
  const nodeIds = new Set(nodes.map(({ id }) => id));
  for (const table of ['node_reports', 'told_links'])
    for (const { node_id: id } of statement(db, `SELECT node_id FROM ${table}`).all())
      if (!nodeIds.has(id as string)) statement(db, `DELETE FROM ${table} WHERE node_id = ?`).run(id!);
}
