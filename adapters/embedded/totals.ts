import type { DatabaseSync } from 'node:sqlite';
import type { TaskStatus } from '../../core/execution/execution.ts';
import type { ExecutionRecord } from './execution-rows.ts';

/** How many executions and tasks there are by status in the rows of executions: nobody has to count a million of them. */
export class Totals {
  readonly #upsert;
  readonly #changes = { execution: new Map<string, number>(), task: new Map<string, number>() };

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare(
      'INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
  }

  /** Counts an execution's row as it is now, in place of what it was. */
  recount(record: ExecutionRecord): void {
    const { status } = record.execution;
    const { counted, counts } = record;
    if (counted) this.add('execution', counted.status, -1);
    this.add('execution', status, 1);
    for (const task in counts) {
      const by = counts[task as TaskStatus] - (counted?.counts[task as TaskStatus] ?? 0);
      if (by !== 0) this.add('task', task, by);
    }
    record.counted = { status, counts: { ...counts } };
  }

  add(kind: 'execution' | 'task', status: string, by: number): void {
    const changes = this.#changes[kind];
    changes.set(status, (changes.get(status) ?? 0) + by);
  }

  flush(): void {
    for (const kind of ['execution', 'task'] as const) {
      for (const [status, by] of this.#changes[kind]) if (by !== 0) this.#upsert.run(kind, status, by);
      this.#changes[kind].clear();
    }
  }
}
