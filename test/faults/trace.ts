/** What task handlers leave behind, outside the store under test. A write that returned survives the process's death. */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '../../core/json.ts';
import { PermanentFailure, type TaskContext, type TaskHandler } from '../../core/task/handler.ts';

export interface TraceLine {
  kind: 'start' | 'loaded' | 'saved';
  executionId: string;
  taskId: string;
  attempt: number;
  atMs: number;
  /** The checkpoint's value, where it is about one. */
  count?: number;
}

export interface Effect {
  key: string;
  executionId: string;
  taskId: string;
}

const effectsFile = (dir: string) => join(dir, 'effects.db');
const traceFile = (dir: string) => join(dir, 'trace.jsonl');

/** The handlers of the workload. */
export function tracedHandlers(dir: string): Record<string, TaskHandler> {
  const trace = openSync(traceFile(dir), 'a');
  const effects = new DatabaseSync(effectsFile(dir), { timeout: 5000 });
  // A kill leaves the page cache alone: no fsync is needed to outlive it.
  effects.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
  effects.exec('CREATE TABLE IF NOT EXISTS effects (key TEXT PRIMARY KEY, execution TEXT, task TEXT)');
  const commit = effects.prepare('INSERT OR IGNORE INTO effects VALUES (?, ?, ?)');

  const write = (kind: TraceLine['kind'], { executionId, taskId, attempt }: TaskContext, count?: number) => {
    const line: TraceLine = { kind, executionId, taskId, attempt, atMs: Date.now(), count };
    writeSync(trace, `${JSON.stringify(line)}\n`);
  };
  const traced =
    <Input>(work: (input: Input, context: TaskContext) => Promise<JsonValue>) =>
    async (input: Input, context: TaskContext) => {
      write('start', context);
      const output = await work(input, context);
      commit.run(context.idempotencyKey, context.executionId, context.taskId);
      return output;
    };

  return {
    add: traced(async ({ value, ms }: { value: number; ms: number }) => {
      await sleep(ms);
      return { value: value + 1 };
    }),
    flaky: traced(async (_, { attempt }) => {
      if (attempt < 3) throw new Error('not yet');
      return null;
    }),
    broken: traced(async () => {
      throw new PermanentFailure('it never works');
    }),
    count: traced(async ({ to }: { to: number }, context) => {
      let count = (await context.checkpoint.load<number>()) ?? 0;
      write('loaded', context, count);
      while (count < to) {
        await sleep(8);
        await context.checkpoint.save(++count);
        write('saved', context, count);
      }
      return { count };
    }),
  };
}

export function readTrace(dir: string): TraceLine[] {
  if (!existsSync(traceFile(dir))) return [];
  const lines = readFileSync(traceFile(dir), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as TraceLine);
}

export function readEffects(dir: string): Effect[] {
  const db = new DatabaseSync(effectsFile(dir), { readOnly: true });
  const rows = db.prepare('SELECT key, execution AS executionId, task AS taskId FROM effects').all();
  db.close();
  return rows as unknown as Effect[];
}
