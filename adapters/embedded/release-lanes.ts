/** Release lanes on SQLite; see the port. What is taken is hidden by the clock of this host. */
import type { Clock } from '../../core/ports/clock.ts';
import type { Lane, LaneLink, Released, ReleaseLanes, Taken } from '../../core/ports/release-lanes.ts';
import type { Database } from './database.ts';
import { statement } from './statements.ts';

const IN_LANE = 'link = ? AND to_node = ? AND precedence = ?';
const PUT = `INSERT INTO release_lanes
  (link, to_node, precedence, bundle_id, attempt, flow, size_bytes, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;
/** "Above 0" is what the index of what is held knows. */
const NEXT = `SELECT * FROM release_lanes WHERE ${IN_LANE}
  AND flow NOT IN
  (SELECT flow FROM release_lanes WHERE ${IN_LANE} AND hidden_until_ms > 0 AND hidden_until_ms > ?)
  ORDER BY key LIMIT ?`;
const HIDE = 'UPDATE release_lanes SET hidden_until_ms = ?, takes = takes + 1 WHERE key = ?';
/** Whoever took it last holds it. */
const HELD = 'key = ? AND takes = ?';

export class SqliteReleaseLanes implements ReleaseLanes {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(database: Database, clock: Pick<Clock, 'now'>) {
    this.#database = database;
    this.#clock = clock;
  }

  put(lane: Lane, released: readonly Released[]): Promise<void> {
    return this.#database.write(() => {
      const put = statement(this.#database.writer, PUT);
      for (const { bundleId, attempt, flow, sizeBytes, expiresMs } of released)
        put.run(...keyOf(lane), bundleId, attempt, flow, sizeBytes, expiresMs);
    }, 'durable');
  }

  take(lane: Lane, max: number, holdMs: number): Promise<Taken[]> {
    return this.#database.write(() => {
      const { writer } = this.#database;
      const nowMs = this.#clock.now();
      const rows = statement(writer, NEXT).all(...keyOf(lane), ...keyOf(lane), nowMs, max);
      for (const { key } of rows) statement(writer, HIDE).run(nowMs + holdMs, key as number);
      return rows.map((row) => ({
        bundleId: row.bundle_id as string,
        attempt: row.attempt as number,
        flow: row.flow as string,
        sizeBytes: row.size_bytes as number,
        expiresMs: row.expires_ms as number,
        receipt: `${row.key as number}.${(row.takes as number) + 1}`,
      }));
    }, 'ordered');
  }

  done(_lane: Lane, taken: readonly Taken[]): Promise<void> {
    return this.#each(`DELETE FROM release_lanes WHERE ${HELD}`, taken);
  }

  giveBack(_lane: Lane, taken: readonly Taken[]): Promise<void> {
    return this.#each(`UPDATE release_lanes SET hidden_until_ms = 0 WHERE ${HELD}`, taken);
  }

  depth(lane: Lane): Promise<number> {
    const count = `SELECT count(*) AS depth FROM release_lanes WHERE ${IN_LANE}`;
    return this.#database.peek(
      () => statement(this.#database.writer, count).get(...keyOf(lane))!.depth as number,
    );
  }

  close({ link, to }: LaneLink): Promise<void> {
    return this.#database.write(() => {
      const empty = 'DELETE FROM release_lanes WHERE link = ? AND to_node = ?';
      statement(this.#database.writer, empty).run(link, to);
    }, 'durable');
  }

  /** What a crash undoes of it comes again, and is stale by the ledger: nobody has to wait for the disk. */
  #each(sql: string, taken: readonly Taken[]): Promise<void> {
    return this.#database.write(() => {
      const each = statement(this.#database.writer, sql);
      for (const { receipt } of taken) each.run(...receipt.split('.').map(Number));
    }, 'ordered');
  }
}

const keyOf = ({ link, to, precedence }: Lane) => [link, to, precedence] as const;
