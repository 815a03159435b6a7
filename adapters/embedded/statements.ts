import type { DatabaseSync, StatementSync } from 'node:sqlite';

const STATEMENTS_MAX = 200;
const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/** The statement of a connection for this text, prepared once. For queries read to their end at once. */
export function statement(db: DatabaseSync, sql: string, options: { arrays?: boolean } = {}): StatementSync {
  let statements = prepared.get(db);
  if (!statements) prepared.set(db, (statements = new Map()));
  const key = options.arrays ? `[] ${sql}` : sql;
  let found = statements.get(key);
  if (!found) {
    if (statements.size >= STATEMENTS_MAX) statements.clear();
    found = db.prepare(sql);
    if (options.arrays) found.setReturnArrays(true);
    statements.set(key, found);
  }
  return found;
}
