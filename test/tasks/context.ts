import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { TaskContext } from '../../core/task/handler.ts';

export function contextOf(more: Partial<TaskContext> = {}): TaskContext {
  return {
    executionId: 'exe_1',
    taskId: 'task',
    type: 'test',
    attempt: 1,
    idempotencyKey: 'exe_1/task/1',
    signal: new AbortController().signal,
    heartbeat() {},
    checkpoint: { load: async () => undefined, save: async () => {} },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...more,
  };
}

/** A data directory of its own for each test of the file. */
export function useDataDir(): { path(...parts: string[]): string } {
  let dir = '';
  const before = { ...process.env };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'holdfast-data-'));
    process.env.HOLDFAST_DATA_DIR = dir;
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(dir, { recursive: true, force: true });
  });
  return { path: (...parts) => join(dir, ...parts) };
}
