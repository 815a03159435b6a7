/**
 * Removes files from the host's files folder: what `files` names, by name or glob pattern, of at least `olderThanMs`. Nothing else can
 * be reached, and a file that is gone already is no failure. An empty input removes nothing. Output: `{removed, count, freedBytes}`.
 */
import { rm } from 'node:fs/promises';
import type { JsonObject } from '../core/json.ts';
import type { TaskContext } from '../core/task/handler.ts';
import { findFiles } from './lib/files.ts';

export interface CleanupInput {
  files?: string | string[];
  /** Since the last change. */
  olderThanMs?: number;
  /** Says what it would remove, and doesn't. */
  dryRun?: boolean;
}

export const inputSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    files: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, maxItems: 1000 }] },
    olderThanMs: { type: 'integer', minimum: 0 },
    dryRun: { type: 'boolean' },
  },
};

export async function handler(input: CleanupInput, context: TaskContext): Promise<JsonObject> {
  const newestMs = Date.now() - (input.olderThanMs ?? 0);
  const removed: string[] = [];
  let freedBytes = 0;
  for (const file of await findFiles([input.files ?? []].flat())) {
    context.signal.throwIfAborted();
    if (input.olderThanMs !== undefined && file.modifiedMs > newestMs) continue;
    if (input.dryRun !== true) await rm(file.path, { force: true });
    removed.push(file.name);
    freedBytes += file.sizeBytes;
  }
  return { removed, count: removed.length, freedBytes, ...(input.dryRun === true ? { dryRun: true } : {}) };
}
