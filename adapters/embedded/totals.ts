import type { DatabaseSync } from 'node:sqlite';

/** How many executions and tasks there are by status, kept as they change: nobody has to count a million rows. */
export class Totals {
  readonly #upsert;
  readonly #changes = { execution: new Map<string, number>(), task: new Map<string, number>() };

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare(
      'INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
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
