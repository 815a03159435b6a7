import type { DatabaseSync } from 'node:sqlite';
import type { TaskCounts } from '../../core/ports/execution-store.ts';
import { fromJson } from './json-column.ts';
import { taskKey } from './task-rows.ts';
import { Totals } from './totals.ts';

const ENDED = `
SELECT key, id, status, task_counts FROM executions AS old
WHERE ended_ms < ? AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND (origin IS NULL OR answered = 1)
  AND NOT EXISTS (
    SELECT 1 FROM executions AS parent WHERE parent.id = old.parent_execution AND parent.ended_ms IS NULL)
  AND NOT EXISTS (
    SELECT 1 FROM execution_after JOIN executions AS later ON later.key = execution_after.execution
    WHERE after_id = old.id AND later.ended_ms IS NULL)
ORDER BY ended_ms LIMIT ?`;

const OF_EXECUTION = [
  'DELETE FROM executions WHERE key = ?',
  'DELETE FROM execution_variables WHERE execution = ?',
  'DELETE FROM event_log WHERE execution = ?',
  'DELETE FROM checkpoints WHERE execution = ?',
  'DELETE FROM signals WHERE execution = ?',
];

/** Deletes executions that are over; the file keeps its size and fills the room again. */
export class Retention {
  readonly #ended;
  readonly #deletes;
  readonly #deleteTasks;
  readonly #deleteAfter;
  readonly #after;
  readonly #totals: Totals;

  constructor(db: DatabaseSync) {
    this.#ended = db.prepare(ENDED);
    this.#deletes = OF_EXECUTION.map((sql) => db.prepare(sql));
    this.#deleteTasks = db.prepare('DELETE FROM tasks WHERE key >= ? AND key < ?');
    this.#deleteAfter = db.prepare('DELETE FROM execution_after WHERE after_id = ? AND execution = ?');
    this.#after = db.prepare('SELECT after_ids FROM executions WHERE key = ?');
    this.#totals = new Totals(db);
  }

  /** The ids of those it deleted. */
  prune({ endedBeforeMs, limit }: { endedBeforeMs: number; limit: number }): string[] {
    const ended = this.#ended.all(endedBeforeMs, limit);
    for (const row of ended) {
      const key = row.key as number;
      for (const id of fromJson<string[]>(this.#after.get(key)?.after_ids) ?? []) {
        this.#deleteAfter.run(id, key);
      }
      this.#deleteTasks.run(taskKey(key, 0), taskKey(key + 1, 0));
      for (const statement of this.#deletes) statement.run(key);
      this.#totals.add('execution', row.status as string, -1);
      const counts = fromJson<Partial<TaskCounts>>(row.task_counts) ?? {};
      for (const [status, count] of Object.entries(counts)) this.#totals.add('task', status, -count);
    }
    this.#totals.flush();
    return ended.map((row) => row.id as string);
  }
}
