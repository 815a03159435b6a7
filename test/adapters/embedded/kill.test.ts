import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { temporaryFolder } from './temporary.ts';

const WRITER = join(import.meta.dirname, 'kill-writer.ts');

/** Lets a writer run on the store until it has acknowledged `acknowledgements` tasks, then kills it; returns all it acknowledged. */
async function writeUntilKilled(dataDir: string, round: number, acknowledgements: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, dataDir, `r${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === acknowledgements) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return acknowledged;
}

describe('a writer that is killed', () => {
  it('leaves everything it acknowledged, and whole transactions only', async () => {
    const dataDir = temporaryFolder();
    const acknowledged: string[] = [];
    for (const [round, after] of [1, 40, 333].entries()) {
      acknowledged.push(...(await writeUntilKilled(dataDir, round, after)));
      const store = openStore({ dataDir });
      const ended = new Set<string>();
      for (const execution of await store.executions.unfinished()) {
        const tasks = await store.executions.tasks(execution.id);
        const done = tasks.filter(({ status }) => status === 'SUCCEEDED');
        for (const { taskId } of done) ended.add(`${execution.id}/${taskId}`);
        // The join of the fan was told of each task in the transaction that ended it.
        const join = tasks.find(({ taskId }) => taskId === 'join');
        if (join) expect(join.remaining).toBe(tasks.length - 1 - done.length);
        const events = await store.reader.events(execution.id, { limit: 10_000 });
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
        expect(events.filter(({ type }) => type === 'task.succeeded')).toHaveLength(done.length);
      }
      expect(acknowledged.filter((one) => !ended.has(one))).toEqual([]);
      store.close();
    }
  });
});
