import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../adapters/embedded/store.ts';
import { TRANSFER_STATES, type TransferState } from '../../../core/custody/transfer.ts';
import { bytesOf, LANE } from '../../ports/custody-fixtures.ts';
import { temporaryFolder } from './temporary.ts';

/** Lets a writer run on the store until it has acknowledged so many steps, then kills it; returns all it acknowledged. */
async function writeUntilKilled(
  writer: string,
  dataDir: string,
  round: number,
  acknowledgements: number,
): Promise<string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, writer), dataDir, `r${round}`], {
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
      acknowledged.push(...(await writeUntilKilled('kill-writer.ts', dataDir, round, after)));
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

  it('leaves each bundle in the state that it acknowledged or a later one, with its bytes, and totals that add up', async () => {
    const dataDir = temporaryFolder();
    const reached = new Map<string, TransferState>();
    for (const [round, after] of [1, 50, 300].entries()) {
      for (const line of await writeUntilKilled('custody-kill-writer.ts', dataDir, round, after)) {
        const [bundleId, state] = line.split(' ') as [string, TransferState];
        reached.set(bundleId, state);
      }
      const store = openStore({ dataDir });
      for (const [bundleId, state] of reached) {
        const transfer = (await store.custody.get(bundleId))!;
        expect(TRANSFER_STATES.indexOf(transfer.state)).toBeGreaterThanOrEqual(
          TRANSFER_STATES.indexOf(state),
        );
        const bytes = await store.custody.bytes(bundleId);
        expect(bytes).toEqual(transfer.state === 'acknowledged' ? undefined : bytesOf(300));
      }
      const { accepted, ...rest } = await store.custody.totals();
      expect(Object.values(rest).reduce((sum, { bundles }) => sum + bundles, 0)).toBe(accepted.bundles);
      // Whatever was released had been put into the lane.
      expect(await store.lanes.depth(LANE)).toBeGreaterThanOrEqual(
        rest.released.bundles + rest.acknowledged.bundles,
      );
      store.close();
    }
  });
});
