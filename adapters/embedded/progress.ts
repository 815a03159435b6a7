/** What lies beside the tasks: checkpoints and kept signals. */
import type { DatabaseSync } from 'node:sqlite';
import type { AttemptRef } from '../../core/execution/execution.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Signal } from '../../core/ports/execution-store.ts';
import { fromJson } from './json-column.ts';

export class Progress {
  readonly #saveCheckpoint;
  readonly #checkpoint;
  readonly #putSignal;
  readonly #signal;

  constructor(db: DatabaseSync) {
    this.#saveCheckpoint = db.prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)');
    this.#checkpoint = db.prepare('SELECT value FROM checkpoints WHERE execution = ? AND task_id = ?');
    this.#putSignal = db.prepare(
      'INSERT OR IGNORE INTO signals (execution, id, name, at_ms, payload) VALUES (?, ?, ?, ?, ?)',
    );
    this.#signal = db.prepare(
      'SELECT id, name, at_ms, payload FROM signals WHERE execution = ? AND name = ? ORDER BY key DESC LIMIT 1',
    );
  }

  saveCheckpoint(execution: number, { taskId, attempt }: AttemptRef, text: string): void {
    this.#saveCheckpoint.run(execution, taskId, attempt, text);
  }

  checkpoint(execution: number, taskId: string): JsonValue | undefined {
    return fromJson(this.#checkpoint.get(execution, taskId)?.value);
  }

  /** False when the id was kept already. */
  putSignal(execution: number, { id, name, atMs }: Signal, payload: string): boolean {
    return this.#putSignal.run(execution, id, name, atMs, payload).changes === 1;
  }

  signal(execution: number, name: string): Signal | undefined {
    const row = this.#signal.get(execution, name);
    return (
      row && {
        id: row.id as string,
        name: row.name as string,
        payload: fromJson<JsonValue>(row.payload)!,
        atMs: row.at_ms as number,
      }
    );
  }
}
